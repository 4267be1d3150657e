"""An engine that does what a test tells it to, and otherwise proves what it has heard.

A script is a list of commands, `verb` or `verb:value`. `$SOTTO_SCRIPT` (split at spaces)
runs in `load`; the hotwords of a segment run in each of its passes, so that a test can
send a script over the whole wire.

    sleep:S     work for S seconds, asking every 10 ms whether to stop
    stall:S     work for S seconds without asking
    hold:S      the same while holding the GIL, as careless native code does
    crash       end the process at once
    segfault    end it as a bad pointer does
    kill        end it as a system short of memory does
    leak:MB     allocate and keep that much
    raise:NAME  raise the class NAME of `sidecar.errors` or of `builtins`
    print:TEXT  print to stdout, from Python and past it
    say:TEXT    the text of the hypothesis
    fuse:NAME   skip the rest, unless a file NAME or NAME.* is in `$SOTTO_FUSES`, which is
                removed: `fuse:a crash` crashes once per such file, whichever process tries

Unless told what to say it answers with a word per half second of sound: a checksum of
those samples (`echo`), which proves that each was decoded once and in its place.
"""

from __future__ import annotations

import builtins
import ctypes
import os
import signal
import sys
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

import numpy as np

from sidecar import errors
from sidecar.domain import SAMPLE_RATE_HZ, Hypothesis, Samples, Word
from sidecar.engine.base import Abort, Ask, Capabilities, SegmentOptions
from sidecar.errors import CancelledError

WORD_SAMPLES = SAMPLE_RATE_HZ // 2
_AUDIBLE = 1e-3  # of full scale; below that it is silence
_leaked: list[bytearray] = []


def echo(samples: Samples) -> tuple[Word, ...]:
    """The words for samples of shape (n,): one per half second that is not silent."""
    pieces = range(0, len(samples), WORD_SAMPLES)
    return tuple(_echo_words(samples, pieces))


def _echo_words(samples: Samples, starts: Iterable[int]) -> Iterator[Word]:
    for start in starts:
        piece = np.ascontiguousarray(samples[start : start + WORD_SAMPLES])
        if np.abs(piece).max() >= _AUDIBLE:
            text = f"{zlib.crc32(piece.tobytes()):08x}"
            end = start + len(piece)
            yield Word(text, start / SAMPLE_RATE_HZ, end / SAMPLE_RATE_HZ, 1.0)


class ScriptedEngine:
    """See the module."""

    capabilities: ClassVar[Capabilities] = Capabilities(
        word_times=True,
        confidences=True,
        partials=True,
        forced_prefix=True,
        drafts=True,
        hotwords=True,
        notice="This engine is for tests: it follows a script and does not listen.",
    )

    def load(self) -> None:
        """Run the script in `$SOTTO_SCRIPT`."""
        _run(os.environ.get("SOTTO_SCRIPT", "").split(), lambda: False)

    def open(self, options: SegmentOptions) -> ScriptedSegment:
        """Begin a segment whose script is its hotwords."""
        return ScriptedSegment(options)


class ScriptedSegment:
    """Keeps what it is fed, and follows its script in every pass."""

    def __init__(self, options: SegmentOptions) -> None:
        self._options = options
        self._samples: Samples = np.empty(0, np.float32)

    def feed(self, samples: Samples) -> None:
        """Append samples, shape (n,)."""
        self._samples = np.concatenate((self._samples, samples))

    def decode(self, ask: Ask, abort: Abort) -> Hypothesis:
        """Follow the script, then say what it says, or echo the audio."""
        if abort():
            raise CancelledError("The pass was aborted.")
        said = _run(self._options.hotwords, abort)
        words = echo(self._samples)
        text = said or " ".join(word.text for word in words)
        return Hypothesis(
            _with_prefix(text, ask.prefix),
            () if said else words,
            self._options.language,
            final=ask.final,
        )

    def close(self) -> None:
        """Forget the samples."""
        self._samples = np.empty(0, np.float32)


def _with_prefix(text: str, prefix: str) -> str:
    """The text, made to begin with the prefix in place of as many of its own words."""
    if text.startswith(prefix):
        return text
    return " ".join([prefix, *text.split()[len(prefix.split()) :]])


def _run(script: Iterable[str], abort: Abort) -> str:
    """Run commands until a fuse is missing; returns what they say."""
    said = ""
    for command in script:
        verb, _, value = command.partition(":")
        if verb == "fuse" and not _blow(value):
            break
        if verb == "say":
            said = value
        elif verb == "sleep":
            _sleep(float(value), abort)
        elif verb in _TROUBLES:
            _TROUBLES[verb](value)
    return said


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
        time.sleep(0.01)


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
