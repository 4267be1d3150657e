"""Starting a private sidecar, and ending it for sure.

The child gets one line of settings on stdin and answers with one ready line on stdout.
Our end of its stdin is its lease of life: when we die, it sees the end of file and goes.
"""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec

from sidecar.host import program
from sidecar.host.connection import ConnectionInfo

KEPT_LINES = 40
LEAVE_S, TERM_S, KILL_S = 3.5, 2.0, 1.0  # the ladder after stdin closes; it drains for 3 s
# Ctrl-C in a terminal is for the program there, which may still want text from its sidecar.
_NO_CTRL_C: int = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)  # only Windows has these
_NO_CONSOLE_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)
# What would change which code the child runs. The rest (PATH, HOME, proxies) it may need.
DANGEROUS = ("PYTHON", "LD_", "DYLD_", "ELECTRON_")
DANGEROUS_NAMES = ("NODE_OPTIONS",)


class LaunchError(Exception):
    """The sidecar did not start; the message says what it said last."""


@dataclass(frozen=True, slots=True)
class LaunchOptions:
    """How a private sidecar is started. What is None is left to the sidecar.

    Attributes:
        publish: let other programs of this user join it.
        extra_env: variables for the child, after dangerous ones of ours are left out.
        ready_timeout_s: how long it may take until it can be spoken to.
    """

    runtime_dir: Path | None = None
    data_dir: Path | None = None
    engine: str | None = None
    log_level: str | None = None
    transport: str | None = None
    publish: bool = False
    extra_env: Mapping[str, str] = field(default_factory=dict)
    ready_timeout_s: float = 10.0


class _Ready(msgspec.Struct, tag_field="ev", tag="ready"):
    """The one line that a sidecar writes on stdout."""

    endpoint: str
    server_key: str
    epoch: str
    pid: int


class RunningSidecar:
    """A sidecar that is ours. Leaving the `with` block ends it."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self._stderr: deque[str] = deque(maxlen=KEPT_LINES)
        self._stdout: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._readers = [_in_thread(self._read_stdout), _in_thread(self._read_stderr)]

    def stderr_tail(self) -> tuple[str, ...]:
        """The last lines of its log."""
        return tuple(self._stderr)

    def ready_line(self, timeout_s: float) -> bytes:
        """Its first line on stdout; empty if it ended without one.

        Raises:
            queue.Empty: no line in time.
        """
        return self._stdout.get(timeout=timeout_s)

    def stop(self) -> int:
        """End it, more and more firmly. Blocks for 7 s at most. Returns its exit code."""
        assert self.process.stdin is not None
        with suppress(OSError):
            self.process.stdin.close()
        for press, patience_s in (
            (None, LEAVE_S),
            (self.process.terminate, TERM_S),
            (self.process.kill, KILL_S),
        ):
            if press is not None:
                press()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(patience_s)
                break
        for reader in self._readers:
            reader.join(KILL_S)
        return self.process.wait()

    def __enter__(self) -> RunningSidecar:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _read_stdout(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as stream:
            self._stdout.put(stream.readline())
            while stream.read(4096):
                pass

    def _read_stderr(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as stream:
            for line in stream:
                self._stderr.append(line.decode("utf-8", "replace").rstrip())


def launch_sidecar(
    public_key: str, secret_key: str, options: LaunchOptions | None = None
) -> tuple[RunningSidecar, ConnectionInfo]:
    """Start a sidecar that admits this key pair as its owner. Blocks until it can be reached.

    Only the public key leaves this process.

    Raises:
        LaunchError: it ended, or was not ready in time.
    """
    options = options or LaunchOptions()
    sidecar = RunningSidecar(_spawn(options.extra_env))
    try:
        _send_settings(sidecar.process, public_key, options)
        ready = _await_ready(sidecar, options.ready_timeout_s)
    except BaseException:
        sidecar.process.kill()
        sidecar.stop()
        raise
    return sidecar, ConnectionInfo(
        endpoint=ready.endpoint,
        server_key=ready.server_key,
        public_key=public_key,
        secret_key=secret_key,
        epoch=ready.epoch,
        pid=ready.pid,
    )


def child_environment(extra: Mapping[str, str], base: Mapping[str, str]) -> dict[str, str]:
    """The environment of a sidecar: `base` without what changes its code, and `extra`.

    >>> child_environment({"A": "1"}, {"LD_PRELOAD": "x", "HOME": "/h"})
    {'HOME': '/h', 'PYTHONUTF8': '1', 'A': '1'}
    """
    kept = {
        name: value
        for name, value in base.items()
        if not name.startswith(DANGEROUS) and name not in DANGEROUS_NAMES
    }
    return {**kept, "PYTHONUTF8": "1", **extra}


def _spawn(extra_env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603 - our own program
            program.command(*program.SUPERVISED),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=child_environment(extra_env, os.environ),
            creationflags=_NO_CONSOLE_WINDOW | _NO_CTRL_C,
            process_group=None if sys.platform == "win32" else 0,
        )
    except OSError as error:
        raise LaunchError(
            f"No sidecar can be started ({error.strerror}): close other programs and try again."
        ) from error


def _send_settings(
    process: subprocess.Popen[bytes], public_key: str, options: LaunchOptions
) -> None:
    given: dict[str, Any] = {"public_key": public_key, "publish": options.publish}
    for name in ("runtime_dir", "data_dir", "engine", "log_level", "transport"):
        value = getattr(options, name)
        if value is not None:
            given[name] = str(value)
    assert process.stdin is not None
    with suppress(OSError):  # it has ended already; what it said is read next
        process.stdin.write(msgspec.json.encode(given) + b"\n")
        process.stdin.flush()


def _await_ready(sidecar: RunningSidecar, timeout_s: float) -> _Ready:
    try:
        line = sidecar.ready_line(timeout_s)
    except queue.Empty:
        raise LaunchError(
            f"The sidecar was not ready within {timeout_s:.0f} s. {_last_words(sidecar)}"
        ) from None
    try:
        return msgspec.json.decode(line, type=_Ready)
    except msgspec.DecodeError:
        with suppress(subprocess.TimeoutExpired):
            sidecar.process.wait(KILL_S)
        raise LaunchError(f"The sidecar did not start. {_last_words(sidecar)}") from None


def _last_words(sidecar: RunningSidecar) -> str:
    code = sidecar.process.poll()
    ended = "It is still running" if code is None else f"It ended with code {code}"
    said = "\n".join(sidecar.stderr_tail()) or "nothing"
    return f"{ended}, and said last:\n{said}"


def _in_thread(target: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=target, daemon=True)
    thread.start()
    return thread
