"""The sidecar's parts, each made when first asked for, once, by whichever thread asks.

The engines' part is imported when first asked about, and what transcribing needs (numpy, the
decoders, the voice detector) in a thread, once somebody was answered.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import importlib
import os
import threading
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from sidecar.config import ConfigError, Settings
from sidecar.errors import DiskFullError, EngineError, SottoError
from sidecar.host.paths import data_dir, private_dir
from sidecar.rpc.config import TellChanged
from sidecar.rpc.services import Dictations, Services
from sidecar.telemetry.logs import EventLog

if TYPE_CHECKING:
    from sidecar.engine.client import EnginePool, EngineState
    from sidecar.history.database import Database
    from sidecar.history.history import History
    from sidecar.history.preferences import PreferenceStore
    from sidecar.model_store.catalogue import Catalogue
    from sidecar.model_store.store import ModelStore
    from sidecar.session.journal import Journal
    from sidecar.session.transcriber import Transcriber

POOL_CLOSE_S = 3.0
JOURNAL, MODELS, HISTORY = "journal", "models", "history"  # within the data folder
DATABASE = "history.db"
FIRST_CLIENT_S = 1.0  # the imports wait so long for a first answer to be sent before them

T = TypeVar("T")


class Once(Generic[T]):
    """Makes a value in a thread when first asked for, and again only if that failed."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._making: asyncio.Task[T] | None = None

    def __call__(self) -> Awaitable[T]:
        """The value, once it is made. Whoever stops waiting leaves it to the others."""
        failed = self._making is not None and self._making.done() and self._making.exception()
        if self._making is None or failed:
            self._making = asyncio.create_task(asyncio.to_thread(self._make))
        return asyncio.shield(self._making)


class Parts:
    """The engines, and what makes transcripts of recordings with them."""

    def __init__(self, settings: Settings, uploads: Once[Path], log: EventLog) -> None:
        self._settings = settings
        self._uploads = uploads
        self._log = log
        self.listeners: list[Callable[[str, EngineState, str], None]] = []
        self.tell_changed: TellChanged = lambda _: None
        self._pool: EnginePool | None = None
        self._store: ModelStore | None = None
        self._opened: Database | None = None
        self._making = threading.RLock()  # parts are asked for by the loop and by threads
        self._transcriber = Once(self._make_transcriber)
        self._dictations = Once(self._make_dictations)

    def pool(self) -> EnginePool:
        """The engines; imported when first asked for."""
        with self._making:
            if self._pool is None:
                from sidecar.engine.client import EnginePool, WorkerOptions
                from sidecar.engine.registry import EngineRegistry

                registry = EngineRegistry(self._installed)
                self._pool = EnginePool(registry, WorkerOptions(), self._tell)
            return self._pool

    def store(self) -> ModelStore:
        """The models of this machine; its folder may not be there yet.

        Raises:
            ConfigError: the data folder cannot be used.
        """
        with self._making:
            if self._store is None:
                self._store = self._make_store()
            return self._store

    def _make_store(self) -> ModelStore:
        from sidecar.inference.threads import physical_cores
        from sidecar.model_store.conversion import ConvertProcess, convert_command
        from sidecar.model_store.options import StoreOptions
        from sidecar.model_store.store import ModelStore
        from sidecar.model_store.tuning import read_weights

        options = StoreOptions(
            source=self._settings.model_source,
            hf_token=os.environ.get("HF_TOKEN", ""),
            libraries=("gguf", "llama_cpp", "onnx", "safetensors"),
        )
        folder = data_dir(self._settings.data_dir) / MODELS

        def command(checkpoint: Path, target: Path, model: str) -> list[str]:
            weights = read_weights(folder, physical_cores())
            return convert_command(checkpoint, target, model, weights)

        return ModelStore(folder, catalogue(self._settings), ConvertProcess(command), options)

    async def close(self) -> None:
        """End the engines' workers, and close what is open."""
        if self._opened is not None:
            await asyncio.to_thread(self._opened.close)
        if self._pool is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._pool.close(), POOL_CLOSE_S)

    def services(self, epoch: str) -> Services:
        """What the server's handlers work with."""
        return Services(
            epoch=epoch,
            default_engine=self._default_engine,
            pool=self.pool,
            transcriber=self._transcriber,
            dictations=self._dictations,
            journal=self._journal,
            models=self._models,
            history=self._history,
            preferences=self._preferences,
            upload_folder=self._uploads,
        )

    async def prepare(self, met_a_client: asyncio.Event) -> None:
        """Import, sweep and warm what the first recording will need, after the first answer."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(met_a_client.wait(), FIRST_CLIENT_S)
        try:
            await asyncio.to_thread(importlib.import_module, "sidecar.engine.client")
            await asyncio.to_thread(lambda: self.pool().names())  # reads every package's metadata
            await self._transcriber()
            await self._dictations()
            await self._uploads()
            await asyncio.to_thread(self._sweep_journal)
            await self._sweep_history()
            await self.pool().start(self._default_engine())
        except EngineError as error:
            self._log.warning("engine-not-ready", engine=self._default_engine(), kind=error.kind)
        except Exception as error:
            self._log.fault("not-prepared", error)

    def _default_engine(self) -> str:
        """The engine that was chosen, or else the best there is: models come and go."""
        return self._settings.engine or self.pool().preferred()

    def _tell(self, engine: str, state: EngineState, message: str) -> None:
        for listener in self.listeners:
            listener(engine, state, message)

    def _make_transcriber(self) -> Transcriber:
        from sidecar.session.transcriber import Transcriber
        from sidecar.vad.default import make_vad

        return Transcriber(self.pool(), self._default_engine, make_vad)

    def _make_dictations(self) -> Dictations:
        from sidecar.session.live import LiveParts, LiveSession
        from sidecar.vad.default import make_vad

        parts = LiveParts(
            self.pool(),
            self._default_engine,
            make_vad,
            begin_recording=lambda info, name: self._journal().begin(info, name),
        )
        return functools.partial(LiveSession, parts)

    def _journal(self) -> Journal:
        """The journal, which keeps nothing in memory.

        Raises:
            DiskFullError: its folder cannot be used.
        """
        from sidecar.session.journal import Journal
        from sidecar.session.retention import DAY_S, Retention

        own = self._settings
        retention = Retention(
            finished_s=own.keep_finished_days * DAY_S,
            interrupted_s=own.keep_interrupted_days * DAY_S,
            max_bytes=int(own.keep_max_mb * (1 << 20)),
        )
        return Journal(self._folder(JOURNAL, "Recordings"), retention, self._log)

    def _installed(self) -> Mapping[str, Path]:
        """The installed models; none where their folder cannot be used, which is told elsewhere."""
        with contextlib.suppress(ConfigError, OSError):
            return self.store().installed()
        return {}

    def _models(self) -> ModelStore:
        """The models of this machine, in a folder of this user's own.

        Raises:
            DiskFullError: it cannot be used.
        """
        self._folder(MODELS, "Models")
        return self.store()

    def _history(self) -> History:
        """The history, which keeps nothing in memory.

        Raises:
            DiskFullError: its folders cannot be used.
        """
        from sidecar.history.history import History
        from sidecar.rpc.config import keep_audio_days

        return History(
            self._database(),
            self._folder(HISTORY, "The history"),
            self._journal(),
            lambda: keep_audio_days(self._preferences().all()),
            self._log,
        )

    def _preferences(self) -> PreferenceStore:
        from sidecar.history.preferences import PreferenceStore

        return PreferenceStore(self._database())

    def _database(self) -> Database:
        """What lasts beside recordings and models.

        Raises:
            DiskFullError: the data folder cannot be used.
        """
        from sidecar.history.database import Database

        with self._making:
            if self._opened is None:
                folder = self._folder("", "The history")
                self._opened = Database(folder / DATABASE, folder / HISTORY, self._log)
            return self._opened

    def _folder(self, name: str, what: str) -> Path:
        """A folder of this user's own within the data folder, or "" for that itself.

        Raises:
            DiskFullError: it cannot be used, so that `what` cannot be kept.
        """
        try:
            return private_dir(data_dir(self._settings.data_dir) / name)
        except ConfigError as error:
            raise DiskFullError(
                f"{what} cannot be kept: SOTTO_DATA_DIR must be a folder of yours alone."
            ) from error

    async def _sweep_history(self) -> None:
        with contextlib.suppress(SottoError):  # whoever asks for it is told
            await asyncio.to_thread(self._database().check)
            history = await asyncio.to_thread(self._history)
            if await asyncio.to_thread(history.sweep):
                self.tell_changed("history")

    def _sweep_journal(self) -> None:
        with contextlib.suppress(DiskFullError):  # whoever dictates is told
            self._journal().sweep()


def catalogue(settings: Settings) -> Catalogue:
    """The models that can be installed.

    Raises:
        ConfigError: the file that the settings name is not a catalogue.
    """
    from sidecar.model_store.catalogue import BUILT_IN, read_catalogue

    return read_catalogue(settings.model_catalogue or BUILT_IN)
