"""The commands of the scripted engine; `sidecar.testing.scripted` says what each does."""

from __future__ import annotations

import builtins
import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sidecar import errors
from sidecar.engine.base import Abort
from sidecar.errors import CancelledError
from sidecar.text.units import split_units

STEP_S = 0.01  # of work between two questions whether to stop
_leaked: list[bytearray] = []


@dataclass(slots=True)
class Script:
    """What a script says, once its other commands have run.

    Attributes:
        says: (seconds of audio, what is said from then on), in order.
        final: what final passes say, if anything else.
        flip_s: see `flip`.
        rtf: see `rtf`.
    """

    says: list[tuple[float, str]]
    final: str | None = None
    flip_s: float = 0.0
    rtf: float = 0.0

    def said(self, heard_s: float, *, final: bool) -> str | None:
        """What is said of so much audio; None where the script has nothing to say at all."""
        if final and self.final is not None:
            return self.final
        if not self.says:
            return None
        return next((text for at_s, text in reversed(self.says) if at_s <= heard_s), "")

    def ends_s(self, n_units: int, heard_s: float) -> list[float]:
        """When each unit ends: before it is said for the first time, evenly spread."""
        ends_s: list[float] = []
        for at_s, text in [*self.says, (heard_s, "")]:
            last_s = ends_s[-1] if ends_s else 0.0
            if last_s < at_s <= heard_s:
                n = (len(split_units(text)) if text else n_units) - len(ends_s)
                ends_s += [last_s + (at_s - last_s) * (i + 1) / n for i in range(n)]
        return (ends_s + n_units * [heard_s])[:n_units]


def run(commands: Iterable[str], abort: Abort) -> Script:
    """Run commands until a fuse is missing; gives what is left to say."""
    script = Script([])
    for command in commands:
        verb, _, value = command.partition(":")
        if verb == "fuse" and not _blow(value):
            break
        if verb == "sleep":
            _sleep(float(value), abort)
        elif verb == "meet":
            _meeting.join(int(value), abort)
        elif verb in _TROUBLES:
            _TROUBLES[verb](value)
        elif verb in _SAYINGS:
            _SAYINGS[verb](script, value)
    return script


class _Meeting:
    """Where passes wait for each other: each until as many are there as it wants."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._n_here = 0

    def join(self, n: int, abort: Abort) -> None:
        with self._lock:
            self._n_here += 1
            enough = -(-self._n_here // n) * n
        while self._n_here < enough:
            if abort():
                with self._lock:
                    self._n_here -= 1
                raise CancelledError("The pass was aborted.")
            time.sleep(STEP_S)


_meeting = _Meeting()


def _say_from(script: Script, value: str) -> None:
    at_s, _, text = value.partition(" ")
    script.says.append((float(at_s), text))


def _say_last(script: Script, text: str) -> None:
    script.final = text


def _flip(script: Script, seconds: str) -> None:
    script.flip_s = float(seconds)


def _slow_down(script: Script, rtf: str) -> None:
    script.rtf = float(rtf)


def _blow(name: str) -> bool:
    """Remove a fuse; whether one was still there."""
    folder = Path(os.environ["SOTTO_FUSES"])
    for fuse in (folder / name, *folder.glob(f"{name}.*")):
        with suppress(FileNotFoundError):
            fuse.unlink()
            return True
    return False


def _sleep(seconds: float, abort: Abort) -> None:
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        if abort():
            raise CancelledError("The pass was aborted.")
        time.sleep(STEP_S)


def _hold_gil(seconds: float) -> None:
    if sys.platform == "win32":
        ctypes.PyDLL("kernel32").Sleep(int(seconds * 1_000))
    else:
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:  # a signal cuts usleep short
            ctypes.PyDLL(None).usleep(int(1e6 * max(0.0, end_s - time.monotonic())))


def _print(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - what it is for
    os.write(1, text.encode())


def _raise(name: str) -> None:
    error = getattr(errors, name, None) or getattr(builtins, name)
    raise error("The script said so.")


_SAYINGS: dict[str, Callable[[Script, str], None]] = {
    "say": lambda script, text: script.says.append((0.0, text)),
    "at": _say_from,
    "final": _say_last,
    "flip": _flip,
    "rtf": _slow_down,
}

_TROUBLES: dict[str, Callable[[str], object]] = {
    "stall": lambda seconds: time.sleep(float(seconds)),
    "hold": lambda seconds: _hold_gil(float(seconds)),
    "crash": lambda _: os._exit(70),
    "kill": lambda _: os.kill(os.getpid(), signal.SIGKILL),
    "segfault": lambda _: ctypes.string_at(0),
    "leak": lambda megabytes: _leaked.append(bytearray(os.urandom(1 << 20) * int(megabytes))),
    "raise": _raise,
    "print": _print,
}
