"""An engine that does what a test tells it to, and otherwise proves what it has heard.

A script is a list of commands, `verb` or `verb:value`. `$SOTTO_SCRIPT` (split at spaces)
runs in `load`; the hotwords of a segment run in each of its passes, so that a test can
send a script over the whole wire. What is said depends on the audio alone: on how much of
the segment was heard, never on when, or in how many passes.

    say:TEXT    the text of the hypothesis
    at:S TEXT   the same from S seconds of audio on; what is said before is earlier commands'
    final:TEXT  what final passes say instead
    flip:S      partial passes mistake every word that ends in the last S seconds of the
                audio, each time otherwise
    rtf:R       work for R seconds per second of audio that no pass has heard before
    sleep:S     work for S seconds, asking every 10 ms whether to stop, as `rtf` does
    meet:N      the same until N passes are here at once, which only those made together can be
    stall:S     work for S seconds without asking
    hold:S      the same while holding the GIL, as careless native code does
    crash       end the process at once
    segfault    end it as a bad pointer does
    kill        end it as a system short of memory does
    leak:MB     allocate and keep that much
    raise:NAME  raise the class NAME of `sidecar.errors` or of `builtins`
    print:TEXT  print to stdout, from Python and past it
    fuse:NAME   skip the rest, unless a file NAME or NAME.* is in `$SOTTO_FUSES`, which is
                removed: `fuse:a crash` crashes once per such file, whichever process tries

Unless told what to say it answers with a word per half second of sound: a checksum of
those samples (`echo`), which proves that each was decoded once and in its place.
"""

from __future__ import annotations

import os
import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from typing import ClassVar

import numpy as np

from sidecar.domain import SAMPLE_RATE_HZ, Hypothesis, Samples, Word
from sidecar.engine.base import Abort, Ask, Capabilities, SegmentOptions, SegmentPass
from sidecar.errors import CancelledError
from sidecar.testing.commands import STEP_S, Script, run
from sidecar.text.units import is_character, split_units

WORD_SAMPLES = SAMPLE_RATE_HZ // 2
_AUDIBLE = 1e-3  # of full scale; below that it is silence


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
    """Can do all there is; see the module."""

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
        run(os.environ.get("SOTTO_SCRIPT", "").split(), lambda: False)

    def open(self, options: SegmentOptions) -> ScriptedSegment:
        """Begin a segment whose script is its hotwords."""
        return ScriptedSegment(options, self.capabilities)


class FreeEngine(ScriptedEngine):
    """Cannot be forced to begin with what was committed: its words are told apart by time."""

    capabilities = replace(ScriptedEngine.capabilities, forced_prefix=False, drafts=False)


class UntimedEngine(ScriptedEngine):
    """Gives text alone, which can only be aligned."""

    capabilities = replace(FreeEngine.capabilities, word_times=False, confidences=False)


class UnsettledEngine(ScriptedEngine):
    """Says of its partials that they are for show, and of its finals that they are dear."""

    capabilities = replace(FreeEngine.capabilities, agreement=0, resumes=False)


class TogetherEngine(ScriptedEngine):
    """Makes up to four passes together, which take as long as the longest of them."""

    capabilities = replace(ScriptedEngine.capabilities, together=4)

    def decode_together(
        self, passes: Sequence[SegmentPass]
    ) -> Iterator[tuple[int, Hypothesis | BaseException]]:
        """Follow the scripts of all segments at once."""
        with ThreadPoolExecutor(len(passes)) as threads:
            runs = {
                threads.submit(own.segment.decode, own.ask, own.abort): place
                for place, own in enumerate(passes)
            }
            for run_ in as_completed(runs):
                yield runs[run_], run_.exception() or run_.result()


class ScriptedSegment:
    """Keeps what it is fed, and follows its script in every pass."""

    def __init__(
        self, options: SegmentOptions, capabilities: Capabilities = ScriptedEngine.capabilities
    ) -> None:
        self._options = options
        self._capabilities = capabilities
        self._samples: Samples = np.empty(0, np.float32)
        self._worked_s = 0.0  # of the audio, with `rtf`

    def feed(self, samples: Samples) -> None:
        """Append samples, shape (n,)."""
        self._samples = np.concatenate((self._samples, samples))

    def decode(self, ask: Ask, abort: Abort) -> Hypothesis:
        """Follow the script, then say what it says, or echo the audio."""
        if abort():
            raise CancelledError("The pass was aborted.")
        script = run(self._options.hotwords, abort)
        self._work(script.rtf, abort)
        units, words = self._heard(script, final=ask.final)
        if self._capabilities.forced_prefix:
            units, words = _with_prefix(units, words, ask.prefix)
        return Hypothesis(
            "".join(units).strip(),
            tuple(words) if self._capabilities.word_times else (),
            self._options.language,
            final=ask.final,
        )

    def close(self) -> None:
        """Forget the samples."""
        self._samples = np.empty(0, np.float32)

    @property
    def _heard_s(self) -> float:
        return len(self._samples) / SAMPLE_RATE_HZ

    def _work(self, rtf: float, abort: Abort) -> None:
        """Take `rtf` seconds for each second that was not heard yet. An abort loses none."""
        while rtf and self._worked_s < self._heard_s:
            if abort():
                raise CancelledError("The pass was aborted.")
            step_s = min(STEP_S / rtf, self._heard_s - self._worked_s)
            time.sleep(step_s * rtf)
            self._worked_s += step_s

    def _heard(self, script: Script, *, final: bool) -> tuple[list[str], list[Word]]:
        """What is said, as units that join to the text, and the same as words."""
        said = script.said(self._heard_s, final=final)
        if said is None:
            words = list(echo(self._samples))
            units = [" " + word.text for word in words]
        else:
            units = list(split_units(said))
            ends_s = script.ends_s(len(units), self._heard_s)
            edges = zip(units, [0.0, *ends_s], ends_s, strict=False)
            words = [Word(unit.strip(), a, b, 1.0) for unit, a, b in edges]
        if not final:
            self._flip(units, words, self._heard_s - script.flip_s)
        return units, words

    def _flip(self, units: list[str], words: list[Word], settled_s: float) -> None:
        """Mistake the words that end later than that, otherwise for every amount of audio."""
        for at, word in enumerate(words):
            if word.end_s > settled_s:
                mistake = _mistaken(word.text, len(self._samples))
                units[at] = units[at].replace(word.text, mistake)
                words[at] = replace(word, text=mistake, confidence=0.5)


def _mistaken(text: str, n_samples: int) -> str:
    number = zlib.crc32(f"{text} {n_samples}".encode())
    return chr(0x4E00 + number % 0x1000) if is_character(text) else f"{text}{number % 1000}"


def _with_prefix(units: list[str], words: list[Word], prefix: str) -> tuple[list[str], list[Word]]:
    """The units, made to begin with those of the prefix in place of as many of their own."""
    if "".join(units).strip().startswith(prefix):
        return units, words
    forced = list(split_units(prefix))
    times = [*words, *(words[-1:] or [Word("", 0.0, 0.0, 1.0)]) * len(forced)]
    renamed = [replace(w, text=unit.strip()) for w, unit in zip(times, forced, strict=False)]
    return forced + units[len(forced) :], renamed + words[len(forced) :]
