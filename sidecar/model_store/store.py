"""The models of this machine: which there are, which there could be, and changing that.

<data>/models/<id>/          an installed model (see `manifest`)
<data>/models/.work/<id>/    one on its way in (see `installing`)
<data>/models/.locks/<id>    held by whoever changes that model, in whichever process
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sidecar.clock import Clock, SystemClock
from sidecar.config import ENGINE_NAME
from sidecar.errors import (
    BusyError,
    EngineMissingError,
    InvalidParamsError,
    LoadFailedError,
    ModelCorruptError,
)
from sidecar.host.rundir import FileLock, LockHeldError
from sidecar.model_store import manifest as manifests
from sidecar.model_store.catalogue import Catalogue, matches
from sidecar.model_store.conversion import Convert
from sidecar.model_store.disk import written
from sidecar.model_store.options import StoreOptions
from sidecar.model_store.partial import bytes_there
from sidecar.model_store.plan import read_plan
from sidecar.model_store.progress import OnProgress
from sidecar.model_store.status import ModelStatus, State, of_damaged, of_entry, of_manifest
from sidecar.model_store.threads import in_thread, in_thread_told

if TYPE_CHECKING:
    from sidecar.model_store.installing import Installation

LOCK_TRIES, LOCK_S = 5, 0.02
WORK, LOCKS = ".work", ".locks"  # no name of a model begins with a dot
FILES = "files"


class ModelStore:
    """The models below one folder. Use it on one event loop.

    Args:
        folder: private to this user; it exists.
        catalogue: what can be installed.
        convert: makes models of checkpoints.
    """

    def __init__(
        self,
        folder: Path,
        catalogue: Catalogue,
        convert: Convert,
        options: StoreOptions | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._folder = folder
        self._catalogue = catalogue
        self._convert = convert
        self._options = options or StoreOptions()
        self._clock = clock or SystemClock()

    def installed(self) -> Mapping[str, Path]:
        """The folders of installed models by their ids, sorted. Cheap: nothing is read.

        Whether one can be used shows when its manifest is read.
        """
        with contextlib.suppress(FileNotFoundError):
            return {
                path.name: path
                for path in sorted(self._folder.iterdir())
                if ENGINE_NAME.fullmatch(path.name) and (path / manifests.FILE).is_file()
            }
        return {}

    def models(self, query: str = "", language: str = "") -> tuple[ModelStatus, ...]:
        """What is installed, and what the catalogue has. Reads small files.

        Args:
            query: words that the id or the name must have.
            language: BCP 47 tag that the model must understand, or a variety of it.
        """
        return tuple(
            each
            for each in self._all()
            if matches(f"{each.id} {each.name}", each.languages, query, language)
        )

    def _all(self) -> Iterator[ModelStatus]:
        """The catalogue's models, then others that are here; not what is removed meanwhile."""
        others = sorted(set(self.installed()) - set(self._catalogue.entries))
        for model in (*self._catalogue.entries, *others):
            with contextlib.suppress(EngineMissingError):
                yield self.status(model)

    def status(self, model: str) -> ModelStatus:
        """What is known of a model.

        Raises:
            EngineMissingError: it is neither installed nor in the catalogue.
        """
        entry = self._catalogue.entries.get(model)
        if model not in self.installed():
            return of_entry(self._catalogue.find(model), self._progress_of(model))
        with contextlib.suppress(ModelCorruptError):
            return of_manifest(manifests.read_manifest(self._folder / model), entry)
        return of_damaged(model, entry)

    async def install(self, model: str, on_progress: OnProgress, source: str = "") -> ModelStatus:
        """Have a model of the catalogue here; one that is here and whole is left as it is.

        Cancelling it keeps what has been downloaded, and the next call goes on from there.

        Args:
            model: its id.
            on_progress: told how far it is.
            source: where from (see `sources`); "" for what was set, or the catalogue's own.

        Raises:
            EngineMissingError: the catalogue has no such model.
            InvalidParamsError: there is no such source.
            BusyError: somebody is at it already.
            DownloadError, LicenceError: no source gives it.
            ChecksumError: what a source gives is not what it should be.
            DiskFullError: there is no room, or nothing can be written.
            LoadFailedError: a library is missing, or it cannot be converted.
            OutOfMemoryError, ModelCorruptError: it cannot be converted.
        """
        entry = self._catalogue.find(model)
        chosen = source or self._options.source
        async with self._turn(model):
            if model in self.installed():
                with contextlib.suppress(ModelCorruptError):
                    await self._verify(model, on_progress)
                    await in_thread(shutil.rmtree, self._folder / WORK / model, True)
                    return self.status(model)
            _check_libraries(self._options.libraries)
            installation = await self._begin(model, on_progress)
            await installation.from_sources(entry, (chosen,) if chosen else entry.sources)
            return self.status(model)

    async def bring(self, folder: Path, on_progress: OnProgress, model: str = "") -> ModelStatus:
        """Import a model from a folder: a checkpoint, or a model that was installed elsewhere.

        Args:
            folder: is only read.
            on_progress: told how far it is.
            model: what to call it; "" for what it is called, where that can be told.

        Raises:
            InvalidParamsError: there is no model in the folder, no name for it, or a model
                of that name is installed.
            BusyError: somebody is at it already.
            ChecksumError, ModelCorruptError: its files are not what they should be.
            DiskFullError, OutOfMemoryError, LoadFailedError: as for `install`.
        """
        made = (folder / manifests.FILE).is_file()
        if not made and not _is_checkpoint(folder):
            raise InvalidParamsError(
                "There is no model in this folder: give one with config.json and *.safetensors,"
                " or one with model.json.",
                detail="/path",
            )
        name = model or await in_thread(self._name_of, folder, made)
        async with self._turn(name):
            if name in self.installed():
                raise InvalidParamsError(
                    f"A model called {name} is installed: remove it, or give another name.",
                    detail="/model",
                )
            installation = await self._begin(name, on_progress)
            if made:
                await installation.from_model(folder, name)
            else:
                entry = self._catalogue.entries.get(name)
                await installation.from_checkpoint(folder, name, entry)
            return self.status(name)

    async def verify(self, model: str, on_progress: OnProgress) -> ModelStatus:
        """Read every file of an installed model and compare it with what it was.

        Raises:
            EngineMissingError: it is not installed.
            ModelCorruptError: a file has changed; `detail` is its name.
            BusyError: somebody changes the model.
        """
        self._check_installed(model)
        async with self._turn(model):
            await self._verify(model, on_progress)
        return self.status(model)

    async def remove(self, model: str) -> int:
        """Delete a model, or what has come of one. Gives how many bytes that has freed.

        Raises:
            EngineMissingError: there is nothing of it.
            BusyError: somebody is at it, or uses it where files in use cannot be deleted.
            DiskFullError: it cannot be deleted.
        """
        async with self._turn(model):
            return await in_thread(self._remove, model)

    def _remove(self, model: str) -> int:
        place, work = self._folder / model, self._folder / WORK / model
        freed = sum(_size(folder) for folder in (place, work))
        if not freed:
            shutil.rmtree(work, ignore_errors=True)  # an attempt that has brought nothing
            self._check_installed(model)
        work.mkdir(mode=0o700, parents=True, exist_ok=True)
        if place.exists():
            try:
                place.rename(work / "removed")  # in one step; what is left is no model any more
            except PermissionError as error:
                raise BusyError(
                    "The model is in use: close what uses it and try again.", retry_after_ms=1000
                ) from error
        shutil.rmtree(work)
        return freed

    async def _verify(self, model: str, on_progress: OnProgress) -> None:
        work = partial(manifests.verify, self._folder / model)
        await in_thread_told(work, "checking", self._clock, on_progress)

    async def _begin(self, model: str, on_progress: OnProgress) -> Installation:
        """The installation of a model; imports what only that needs."""
        from sidecar.model_store.installing import Installation

        return Installation(
            self._folder / WORK / model,
            self._folder / model,
            options=self._options,
            convert=self._convert,
            clock=self._clock,
            on_progress=on_progress,
        )

    def _check_installed(self, model: str) -> None:
        if model not in self.installed():
            raise EngineMissingError(
                "No model of that name is installed. List those there are with: sotto models list"
            )

    def _name_of(self, folder: Path, made: bool) -> str:
        """What the model in a folder is called."""
        if made:
            return manifests.read_manifest(folder).id
        for entry in self._catalogue.entries.values():
            sizes = {file.name: file.bytes for file in entry.files}
            if sizes and all(_size_of(folder / name) == size for name, size in sizes.items()):
                return entry.id
        raise InvalidParamsError(
            "The catalogue does not know the model in this folder: say what to call it.",
            detail="/model",
        )

    def _progress_of(self, model: str) -> tuple[State, int]:
        """Whether it is on its way in, and how much of its download is here."""
        work = self._folder / WORK / model
        plan = read_plan(work)
        here = sum(bytes_there(work / FILES, file) for file in plan.files) if plan else 0
        if not work.exists():
            return "available", 0
        try:
            self._lock(model).release()
        except LockHeldError:
            return "installing", here
        return ("partial" if here else "available"), here

    @contextlib.asynccontextmanager
    async def _turn(self, model: str) -> AsyncIterator[None]:
        """Be the only one, in all processes, who changes this model."""
        with written(), await self._patient_lock(model):
            yield

    async def _patient_lock(self, model: str) -> FileLock:
        for _ in range(LOCK_TRIES):  # whoever lists the models holds it for a moment
            with contextlib.suppress(LockHeldError):
                return self._lock(model)
            await asyncio.sleep(LOCK_S)
        raise BusyError(
            "Somebody is installing, checking or removing this model: wait until that is done.",
            retry_after_ms=1000,
        )

    def _lock(self, model: str) -> FileLock:
        if not ENGINE_NAME.fullmatch(model):
            raise InvalidParamsError(
                "A model's name has lower-case letters, digits, and . _ - in it.", detail="/model"
            )
        folder = self._folder / LOCKS
        folder.mkdir(mode=0o700, exist_ok=True)
        return FileLock(folder / model)


def _is_checkpoint(folder: Path) -> bool:
    return (folder / "config.json").is_file() and any(folder.glob("*.safetensors"))


def _size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _check_libraries(names: Sequence[str]) -> None:
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if missing:
        raise LoadFailedError(
            f"Models need {', '.join(missing)}: run `make models` in a checkout, or install"
            " Sotto with its extras gguf and convert. Nothing was downloaded."
        )
