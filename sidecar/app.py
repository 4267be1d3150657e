"""The sidecar put together: what lasts as long as it does, and its beginning and end.

What an answer to the first call needs is imported at the top; the rest follows (`parts`).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import stat
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from sidecar.config import MAX_LINE_BYTES, ConfigError, Settings, settings_from_parent
from sidecar.host.connection import AlreadyRunningError, ConnectionInfo, Publication
from sidecar.host.parent import ParentWatch
from sidecar.host.paths import data_dir, private_dir, runtime_dir, socket_dir_parent
from sidecar.host.rundir import RunDir
from sidecar.parts import Once, Parts, catalogue
from sidecar.rpc.auth import Role, new_key_pair
from sidecar.rpc.server import Server
from sidecar.rpc.transport import check_libzmq
from sidecar.telemetry.logs import EventLog, start_logging

EXIT_ASKED, EXIT_INTERNAL, EXIT_RETRY, EXIT_CONFIG = 0, 70, 75, 78
DRAIN_S = 1.5
ORPHAN_GRACE_S = 3.0
LEAVE_S = 2.0


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
        catalogue(settings)  # what is wrong with it is told now
    with contextlib.ExitStack() as cleanup:
        home = _Home(settings, cleanup)
        parts = Parts(settings, home.uploads, log)
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
        self.uploads = Once(lambda: _claim_uploads(settings, cleanup))
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
