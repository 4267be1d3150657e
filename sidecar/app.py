"""The sidecar put together: the only place that knows every part.

What an answer to the first call needs is imported at the top. The engines' part follows
when first asked about, and what transcribing needs (numpy, the decoders, the voice
detector) in a thread, once somebody was answered.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import importlib
import json
import os
import signal
import stat
import sys
import threading
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from sidecar.config import MAX_LINE_BYTES, ConfigError, Settings, settings_from_parent
from sidecar.errors import DiskFullError, EngineError, SottoError
from sidecar.host.connection import AlreadyRunningError, ConnectionInfo, Publication
from sidecar.host.parent import ParentWatch
from sidecar.host.paths import data_dir, private_dir, runtime_dir, socket_dir_parent
from sidecar.host.rundir import RunDir
from sidecar.rpc.auth import Role, new_key_pair
from sidecar.rpc.config import TellChanged
from sidecar.rpc.server import Server
from sidecar.rpc.services import Dictations, Services
from sidecar.rpc.transport import check_libzmq
from sidecar.telemetry.logs import EventLog, start_logging

if TYPE_CHECKING:
    from sidecar.engine.client import EnginePool, EngineState
    from sidecar.history.database import Database
    from sidecar.history.history import History
    from sidecar.history.preferences import PreferenceStore
    from sidecar.model_store.catalogue import Catalogue
    from sidecar.model_store.store import ModelStore
    from sidecar.session.journal import Journal
    from sidecar.session.transcriber import Transcriber

EXIT_ASKED, EXIT_INTERNAL, EXIT_RETRY, EXIT_CONFIG = 0, 70, 75, 78
DRAIN_S = 1.5
ORPHAN_GRACE_S = 3.0
POOL_CLOSE_S = 3.0
LEAVE_S = 2.0
JOURNAL, MODELS, HISTORY = "journal", "models", "history"  # within the data folder
DATABASE = "history.db"
FIRST_CLIENT_S = 1.0  # the imports wait so long for a first answer to be sent before them

T = TypeVar("T")


def serve_supervised() -> int:
    """Serve the program that started us, until it ends or asks us to. Returns the exit code."""
    _never_wait_for_who_reads_the_log()
    try:
        line = sys.stdin.buffer.readline(MAX_LINE_BYTES)
        settings = settings_from_parent(line, os.environ)
    except ConfigError as error:
        return _refuse(EXIT_CONFIG, str(error))
    return serve(settings)


def serve(settings: Settings, on_ready: Callable[[str], None] = lambda _: None) -> int:
    """Serve until asked to stop. Returns the exit code.

    Args:
        settings: how.
        on_ready: told the address once we can be reached, and stopped.
    """
    os.umask(0o077)  # whatever we or a library write is for this user alone, and ours to read
    log = start_logging(settings.log_level)
    try:
        check_libzmq()
        # ZeroMQ needs a loop that watches descriptors; on Windows the default does not.
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            runner.run(_run(settings, log, on_ready))
            _leave_in(LEAVE_S)
    except ConfigError as error:
        return _refuse(EXIT_CONFIG, str(error))
    except AlreadyRunningError as error:
        return _refuse(EXIT_RETRY, str(error))
    except Exception as error:
        log_id = log.fault("sidecar-failed", error)
        why = getattr(error, "strerror", None) or type(error).__name__  # ZeroMQ's have it too
        return _refuse(EXIT_INTERNAL, f"The sidecar failed ({why}): see {log_id} in its log.")
    return EXIT_ASKED


async def _run(settings: Settings, log: EventLog, on_ready: Callable[[str], None]) -> None:
    """Open what lasts as long as we do, serve, and close it in reverse."""
    if settings.model_catalogue is not None:
        _catalogue(settings)  # what is wrong with it is told now
    with contextlib.ExitStack() as cleanup:
        home = _Home(settings, cleanup)
        parts = _Parts(settings, home, log)
        server = Server(
            home.keys,
            home.allowed,
            parts.services(home.epoch),
            log=log,
        )
        parts.listeners.append(server.tell_state)
        parts.tell_changed = server.tell_changed
        address = server.bind(home.socket_dir)
        _stop_on_signals(server)  # first: whoever knows of us may want us to leave
        home.announce(address, server)
        log.info("listening", transport=address.partition(":")[0], pid=os.getpid())
        if settings.owner_key is not None:
            _follow_parent(server, cleanup)
        on_ready(address)
        preparing = asyncio.create_task(parts.prepare(server.met_a_client))
        try:
            await server.run()
        finally:
            log.info("leaving")
            preparing.cancel()
            await parts.close()


class _Home:
    """Our keys, folders and name; undone by `cleanup`."""

    def __init__(self, settings: Settings, cleanup: contextlib.ExitStack) -> None:
        self.keys = new_key_pair()
        self.epoch = os.urandom(8).hex()
        self._supervised = settings.owner_key is not None
        self._joiner = new_key_pair()
        runtime = runtime_dir(settings.runtime_dir)
        self._publication = self._publish(settings, runtime)
        if self._publication is not None:
            cleanup.callback(self._publication.withdraw)
        self.socket_dir: Path | None = None
        if _wants_ipc(settings):
            run_dir = RunDir.claim(socket_dir_parent(runtime))
            cleanup.callback(run_dir.remove)
            self.socket_dir = run_dir.path
        self.uploads = _Once(lambda: _claim_uploads(settings, cleanup))
        self.allowed = self._allow(settings)

    def announce(self, address: str, server: Server) -> None:
        """Say where we are: to the parent on stdout, to others in the connection file."""
        if self._publication is not None:
            self._publication.write(
                ConnectionInfo(
                    endpoint=address,
                    server_key=self.keys.public,
                    public_key=self._joiner.public,
                    secret_key=self._joiner.secret,
                    epoch=self.epoch,
                    pid=os.getpid(),
                )
            )
        if self._supervised:
            _say_ready(address, self.keys.public, self.epoch, server.proto)

    def _publish(self, settings: Settings, runtime: Path) -> Publication | None:
        """The right to publish. Under a parent we do without if another sidecar has it."""
        if not settings.publish:
            return None
        try:
            return Publication(runtime)
        except AlreadyRunningError:
            if self._supervised:
                return None
            raise

    def _allow(self, settings: Settings) -> dict[str, Role]:
        if settings.owner_key is None:
            return {self._joiner.public: "owner"}
        if self._publication is None:
            return {settings.owner_key: "owner"}
        return {self._joiner.public: "guest", settings.owner_key: "owner"}


class _Parts:
    """The engines, and what makes transcripts of recordings with them."""

    def __init__(self, settings: Settings, home: _Home, log: EventLog) -> None:
        self._settings = settings
        self._home = home
        self._log = log
        self.listeners: list[Callable[[str, EngineState, str], None]] = []
        self.tell_changed: TellChanged = lambda _: None
        self._pool: EnginePool | None = None
        self._store: ModelStore | None = None
        self._opened: Database | None = None
        self._making = threading.RLock()  # parts are asked for by the loop and by threads
        self._transcriber = _Once(self._make_transcriber)
        self._dictations = _Once(self._make_dictations)

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
        from sidecar.model_store.conversion import ConvertProcess
        from sidecar.model_store.options import StoreOptions
        from sidecar.model_store.store import ModelStore

        options = StoreOptions(
            source=self._settings.model_source,
            hf_token=os.environ.get("HF_TOKEN", ""),
            libraries=("gguf", "llama_cpp", "onnx", "safetensors"),
        )
        folder = data_dir(self._settings.data_dir) / MODELS
        return ModelStore(folder, _catalogue(self._settings), ConvertProcess(), options)

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
            upload_folder=self._home.uploads,
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
            await self._home.uploads()
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


class _Once(Generic[T]):
    """Makes a value in a thread when first asked for, and again only if that failed."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._making: asyncio.Task[T] | None = None

    def __call__(self) -> Awaitable[T]:
        failed = self._making is not None and self._making.done() and self._making.exception()
        if self._making is None or failed:
            self._making = asyncio.create_task(asyncio.to_thread(self._make))
        return asyncio.shield(self._making)


def _catalogue(settings: Settings) -> Catalogue:
    from sidecar.model_store.catalogue import BUILT_IN, read_catalogue

    return read_catalogue(settings.model_catalogue or BUILT_IN)


def _claim_uploads(settings: Settings, cleanup: contextlib.ExitStack) -> Path:
    folder = RunDir.claim(private_dir(data_dir(settings.data_dir) / "uploads"))
    cleanup.callback(folder.remove)
    return folder.path


def _wants_ipc(settings: Settings) -> bool:
    # pyzmq's wheels for Windows have no ipc: it crashed (pyzmq#1981).
    return settings.transport == "ipc" or (settings.transport == "auto" and sys.platform != "win32")


def _say_ready(address: str, server_key: str, epoch: str, proto: tuple[int, int]) -> None:
    """The one line on stdout; from then on what libraries print there goes to stderr."""
    ready = {
        "ev": "ready",
        "endpoint": address,
        "server_key": server_key,
        "epoch": epoch,
        "proto": proto,
        "pid": os.getpid(),
    }
    os.write(1, json.dumps(ready).encode() + b"\n")
    os.dup2(2, 1)


def _never_wait_for_who_reads_the_log() -> None:
    """A parent that does not read our stderr loses entries, and must not stop us."""
    if sys.platform != "win32" and stat.S_ISFIFO(os.fstat(2).st_mode):
        os.set_blocking(2, False)


def _stop_on_signals(server: Server) -> None:
    stop = _stopping(server)
    # A closed terminal sends SIGHUP, which nohup has us ignore; SIGBREAK is Windows'.
    for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGBREAK"):
        number = getattr(signal, name, None)
        if number is None or (name == "SIGHUP" and signal.getsignal(number) is signal.SIG_IGN):
            continue
        signal.signal(number, stop)


def _follow_parent(server: Server, cleanup: contextlib.ExitStack) -> None:
    ParentWatch(_stopping(server), cleanup.close, ORPHAN_GRACE_S).start()


def _stopping(server: Server) -> Callable[..., None]:
    """What asks the server to stop, from a thread or a signal, also when it is gone."""
    loop = asyncio.get_running_loop()

    def stop(*_: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: we are leaving already
            loop.call_soon_threadsafe(server.stop_soon, DRAIN_S)

    return stop


def _leave_in(seconds: float) -> None:
    """End the process even if a thread (say, in a decoder) does not end."""
    timer = threading.Timer(seconds, os._exit, (EXIT_ASKED,))
    timer.daemon = True
    timer.start()


def _refuse(code: int, sentence: str) -> int:
    print(sentence, file=sys.stderr, flush=True)  # noqa: T201 (for a person, not the log)
    return code
