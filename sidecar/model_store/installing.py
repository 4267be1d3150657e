"""One model on its way in: fetched or copied, converted, checked, and then put in its place.

    .work/<id>/plan.json     what is downloaded (see `plan`)
    .work/<id>/files/        the checkpoint, as far as it is here
    .work/<id>/making-*/     a model that grows, or what a run that was killed has left of one
    .work/<id>/model/        the model that is made of it

Everything but the last step happens there, so that whatever ends it leaves the models as
they were, and what was done is not done again.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import msgspec

from sidecar.clock import Clock
from sidecar.errors import (
    ChecksumError,
    DownloadError,
    LicenceError,
    ModelCorruptError,
)
from sidecar.model_store import manifest as manifests
from sidecar.model_store.catalogue import CatalogueEntry
from sidecar.model_store.conversion import Convert
from sidecar.model_store.disk import check_room, copy_file, publish
from sidecar.model_store.download import Download
from sidecar.model_store.manifest import Manifest, Report
from sidecar.model_store.options import StoreOptions, WebOptions
from sidecar.model_store.partial import bytes_there, discard, is_whole
from sidecar.model_store.plan import (
    Plan,
    PlannedFile,
    discard_plan,
    make_plan,
    read_plan,
    write_plan,
)
from sidecar.model_store.progress import ModelProgress, OnProgress
from sidecar.model_store.sources import HuggingFace, Source, source_named
from sidecar.model_store.threads import in_thread, in_thread_told
from sidecar.model_store.web import Web

FILES, MAKING, MODEL, ASIDE = "files", "making-", "model", "aside"
_NOT_FOR_TOKENS = "hf-mirror"  # it is somebody else's


class Installation:
    """Brings one model here. Whoever uses it holds the model's lock.

    Args:
        work: the folder of its work; made if absent.
        place: where the model will be.
    """

    def __init__(
        self,
        work: Path,
        place: Path,
        *,
        options: StoreOptions,
        convert: Convert,
        clock: Clock,
        on_progress: OnProgress,
    ) -> None:
        self._work = work
        self._place = place
        self._options = options
        self._convert = convert
        self._clock = clock
        self._on_progress = on_progress
        self._work.mkdir(mode=0o700, parents=True, exist_ok=True)

    async def from_sources(self, entry: CatalogueEntry, names: Sequence[str]) -> None:
        """Download a model from the first source that gives it.

        Raises:
            SottoError: no source gives it (why is that of the last one), or what came of it
                cannot be used.
        """
        if await self._is_made():
            await self._finish(entry, entry.repo, entry.revision)
            return
        plan = await self._fetch_from_any(entry, [source_named(name) for name in names])
        await self._make(self._work / FILES, entry.id)
        await self._finish(entry, plan.repo, plan.revision)

    async def from_checkpoint(self, folder: Path, model: str, entry: CatalogueEntry | None) -> None:
        """Convert an official checkpoint that is on this machine.

        Raises:
            ChecksumError: `entry` has other files.
            SottoError: it cannot be converted.
        """
        size = entry.installed_bytes if entry else await in_thread(_size, folder)
        self._check_room(size)
        if entry is not None:
            await self._compare(folder, entry)
        await self._make(folder, model)
        if entry is not None:
            await self._finish(entry, entry.repo, entry.revision)
        else:
            await self._publish()

    async def from_model(self, folder: Path, model: str) -> None:
        """Copy a model that was installed elsewhere.

        Raises:
            ModelCorruptError: a file of it is not what its manifest says.
        """
        found = await in_thread(manifests.read_manifest, folder)
        self._check_room(found.total_bytes)
        target = self._cleared()
        target.mkdir(mode=0o700)
        copy = partial(_copy_model, folder, target, found)
        await in_thread_told(copy, "copying", self._clock, self._on_progress)
        manifests.write_manifest(target, msgspec.structs.replace(found, id=model))
        await self._publish()

    async def _fetch_from_any(self, entry: CatalogueEntry, sources: Sequence[Source]) -> Plan:
        """As `_fetch`, from the first source that gives it; only the last is waited for long."""
        hasty = replace(self._options.web, waits_s=self._options.web.waits_s[:1])
        for source in sources[:-1]:
            with suppress(DownloadError, LicenceError, ChecksumError):
                return await self._fetch(entry, source, hasty)
        return await self._fetch(entry, sources[-1], self._options.web)

    async def _fetch(self, entry: CatalogueEntry, source: Source, web: WebOptions) -> Plan:
        """Have all files of the checkpoint here."""
        async with Web(web, self._tokens(source)) as opened:
            plan = await self._plan(entry, source, opened)
            files = self._work / FILES
            missing = plan.n_bytes - sum(bytes_there(files, file) for file in plan.files)
            self._check_room(missing + entry.installed_bytes)
            download = Download(
                opened, source, plan, files, clock=self._clock, on_progress=self._on_progress
            )
            try:
                await download.run()
            except ChecksumError:
                discard_plan(self._work)  # it may be the plan that is wrong
                raise
        return plan

    async def _plan(self, entry: CatalogueEntry, source: Source, web: Web) -> Plan:
        """The plan of the run before, if it still holds; else what the source has now."""
        before = read_plan(self._work)
        if before is not None and _still_holds(before, entry, source):
            return before
        self._on_progress(ModelProgress("listing"))
        plan = make_plan(entry, source, await source.listing(web, entry.repo, entry.revision))
        for file in before.files if before else ():
            if file not in plan.files:
                discard(self._work / FILES, file)
        write_plan(self._work, plan)
        return plan

    async def _compare(self, folder: Path, entry: CatalogueEntry) -> None:
        """Refuse a checkpoint that is not the one that the catalogue means."""

        def compare(report: Report) -> None:
            done = 0
            for file in entry.files:
                report(done, entry.download_bytes)
                wanted = PlannedFile(name=file.name, bytes=file.bytes, sha256=file.sha256)
                if not is_whole(folder / file.name, wanted):
                    raise ChecksumError(
                        f"This folder does not have the files of {entry.id} as they were"
                        " published. To import another model, give it another name.",
                        detail=file.name,
                    )
                done += file.bytes
            report(done, entry.download_bytes)

        await in_thread_told(compare, "checking", self._clock, self._on_progress)

    async def _make(self, checkpoint: Path, model: str) -> None:
        """Convert, and check what came of it as it is on the disk."""
        target = self._cleared()
        # Under a name of its own: the converter of a run that was killed may not have ended yet.
        growing = self._work / f"{MAKING}{secrets.token_hex(4)}"
        await self._convert(checkpoint, growing, model, self._on_progress)
        await self._verify(growing)
        growing.rename(target)

    async def _is_made(self) -> bool:
        """Whether a run before has converted it, and was ended before it was in its place."""
        with suppress(ModelCorruptError):
            await self._verify(self._work / MODEL)
            return True
        return False

    async def _verify(self, folder: Path) -> None:
        await in_thread_told(
            partial(manifests.verify, folder), "checking", self._clock, self._on_progress
        )

    async def _finish(self, entry: CatalogueEntry, repo: str, revision: str) -> None:
        """Say in the manifest what the catalogue knows, and put the model in its place."""
        folder = self._work / MODEL
        made = await in_thread(manifests.read_manifest, folder)
        if made.family != entry.family:
            shutil.rmtree(folder)
            raise ModelCorruptError(
                f"What was converted is not a model of the family {entry.family}: choose another"
                " source.",
                detail=manifests.FILE,
            )
        known = msgspec.structs.replace(
            made,
            id=entry.id,
            name=entry.name,
            languages=entry.languages,
            licence=entry.licence,
            source=msgspec.structs.replace(made.source, repo=repo, revision=revision),
        )
        manifests.write_manifest(folder, known)
        await self._publish()

    async def _publish(self) -> None:
        await in_thread(publish, self._work / MODEL, self._place, self._work / ASIDE)
        await in_thread(shutil.rmtree, self._work)

    def _cleared(self) -> Path:
        """Where the model is made; what an earlier run has made there is gone."""
        for left in (self._work / MODEL, *self._work.glob(f"*{MAKING}*")):
            shutil.rmtree(left, ignore_errors=True)
        return self._work / MODEL

    def _check_room(self, needed_bytes: int) -> None:
        check_room(self._work, needed_bytes, self._options.spare_bytes)

    def _tokens(self, source: Source) -> dict[str, str]:
        token = self._options.hf_token
        trusted = isinstance(source, HuggingFace) and source.name != _NOT_FOR_TOKENS
        return {source.origin: token} if token and trusted else {}


def _still_holds(plan: Plan, entry: CatalogueEntry, source: Source) -> bool:
    pinned = {(file.name, file.bytes, file.sha256) for file in entry.files}
    planned = {(file.name, file.bytes, file.sha256) for file in plan.files}
    same_files = not pinned or pinned == planned
    return (plan.source, plan.repo) == (source.name, entry.repo) and same_files


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file())


def _copy_model(folder: Path, target: Path, manifest: Manifest, report: Report) -> None:
    done = 0
    for name, stored in manifest.files.items():
        before = done

        def count(copied: int, _: int, before: int = before) -> None:
            report(before + copied, manifest.total_bytes)

        if copy_file(folder / name, target / name, count) != stored:
            raise ModelCorruptError(
                "A file of the model in this folder is damaged: copy the folder again.",
                detail=name,
            )
        done += stored.bytes
