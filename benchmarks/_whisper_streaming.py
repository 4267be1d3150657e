"""The policy of ufal/whisper_streaming as published, to compare ours with on equal terms.

LocalAgreement-2 on raw strings, one pass per second of new audio, and `segment` trimming
at 15 s (Macháček et al., arXiv 2307.14743, and the behaviour of its reference code). It
is a `Stabilizer`, so any engine and any replayer can drive it. What is not here: the 200
characters of prompt, which belong to the engine, and Whisper's own segments, for which
sentences and pauses stand in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise, takewhile

from sidecar.domain import Hypothesis
from sidecar.engine.base import Ask
from sidecar.stabilizer.base import Update
from sidecar.stabilizer.placing import Unit

MIN_CHUNK_S = 1.0  # of new audio before each pass
TRIM_S = 15.0  # of audio in the buffer beyond which it is cut
_PAUSE_S = 0.5
_LONGEST_REPEAT = 5  # words


class WhisperStreaming:
    """The published policy, its faults included: it waits for commas, eats repeats."""

    def __init__(self) -> None:
        self._in_buffer: list[Unit] = []  # committed words whose audio is not cut yet
        self._tail: list[Unit] = []
        self._last_s = 0.0
        self._n_committed = 0
        self._segment_ends_s: list[float] = []
        self._heard_s = 0.0
        self._start_s = 0.0

    def update(self, hypothesis: Hypothesis, heard_s: float, start_s: float = 0.0) -> Update:
        """Commit what this pass and the one before begin with in common."""
        self._heard_s, self._start_s = heard_s, start_s
        heard = [
            Unit(" " + word.text, word.text, start_s + word.start_s, start_s + word.end_s)
            for word in hypothesis.words
        ]
        self._segment_ends_s = _segment_ends_s(heard)
        new = [unit for unit in heard if unit.start_s > self._last_s - 0.1]
        new = new[self._n_repeated(new) :]
        pairs = zip(new, self._tail, strict=False)
        n = sum(1 for _ in takewhile(lambda pair: pair[0].key == pair[1].key, pairs))
        self._tail = new[n:]
        return self._committed(new[:n])

    def finish(
        self,
        hypothesis: Hypothesis,  # noqa: ARG002 - the published policy makes no final pass
        heard_s: float,  # noqa: ARG002
        start_s: float = 0.0,  # noqa: ARG002
    ) -> Update:
        """Commit the last tail as it is."""
        tail, self._tail = self._tail, []
        return self._committed(tail)

    def ask(self, *, final: bool = False, start_s: float = 0.0) -> Ask:  # noqa: ARG002
        """A pass over everything in the buffer."""
        return Ask(final)

    def cut_s(
        self,
        silences: Iterable[tuple[float, float]],  # noqa: ARG002 - it knows none
        after_s: float = 0.0,  # noqa: ARG002
    ) -> float | None:
        """The end of the last segment but one that is committed, if the buffer is too long."""
        if self._heard_s - self._start_s <= TRIM_S or not self._in_buffer:
            return None
        committed = [end_s for end_s in self._segment_ends_s[:-1] if end_s <= self._last_s]
        if not committed:
            return None
        self._in_buffer = [unit for unit in self._in_buffer if unit.end_s > committed[-1]]
        return committed[-1]

    def _committed(self, units: Sequence[Unit]) -> Update:
        if units:
            self._last_s = units[-1].end_s
        self._in_buffer += units
        first = () if self._n_committed else _without_space(units[:1])
        self._n_committed += len(units)
        tentative = "".join(unit.text for unit in self._tail)
        shown = tentative if self._n_committed else tentative.lstrip()
        return Update((*first, *units[len(first) :]), shown)

    def _n_repeated(self, new: Sequence[Unit]) -> int:
        """How many words repeat the committed ones; the fewest that match, as published."""
        if not new or abs(new[0].start_s - self._last_s) >= 1:
            return 0
        for n in range(1, min(len(new), len(self._in_buffer), _LONGEST_REPEAT) + 1):
            if _words(self._in_buffer[-n:]) == _words(new[:n]):
                return n
        return 0


def _without_space(units: Sequence[Unit]) -> tuple[Unit, ...]:
    return tuple(Unit(unit.key, unit.key, unit.start_s, unit.end_s) for unit in units)


def _words(units: Sequence[Unit]) -> str:
    return " ".join(unit.key for unit in units)


def _segment_ends_s(units: Sequence[Unit]) -> list[float]:
    """Where sentences end or speakers pause, and where the last word ends."""
    ends_s = [
        unit.end_s
        for unit, following in pairwise(units)
        if unit.key.endswith((".", "!", "?")) or following.start_s - unit.end_s >= _PAUSE_S
    ]
    return [*ends_s, *(unit.end_s for unit in units[-1:])]
