"""The committed text of a dictation, which only grows."""

from __future__ import annotations

from collections.abc import Sequence

from sidecar.domain import Commit, Word
from sidecar.stabilizer.placing import Unit
from sidecar.text.spacing import join_pieces


class CommitLog:
    """All commits of one dictation, whose segments are stabilised one after the other."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._segment = 0
        self._start_s = 0.0
        self._at_seam = False

    @property
    def text(self) -> str:
        """Everything committed so far."""
        return "".join(self._pieces)

    def begin(self, segment: int, start_s: float) -> None:
        """Begin a segment: it has this number, and times of its units count from there."""
        self._segment = segment
        self._start_s = start_s
        self._at_seam = True

    def append(self, units: Sequence[Unit]) -> Commit | None:
        """Append what a stabiliser has committed; None where it has not."""
        if not units:
            return None
        text = self._joined("".join(unit.text for unit in units))
        start_s, end_s = self._start_s + units[0].start_s, self._start_s + units[-1].end_s
        words = tuple(self._word(unit) for unit in units if unit.key and not unit.estimated)
        commit = Commit(self._segment, self._length, text, start_s, end_s, words)
        self._pieces.append(text)
        self._length += len(text)
        self._at_seam = False
        return commit

    def following(self, tentative: str) -> str:
        """Text that is not committed, with the space before it where one belongs."""
        return self._joined(tentative)

    def _joined(self, text: str) -> str:
        if not (self._at_seam and self._pieces and text):
            return text
        last = self._pieces[-1][-1]
        return join_pieces((last, text))[len(last) :]

    def _word(self, unit: Unit) -> Word:
        start_s, end_s = self._start_s + unit.start_s, self._start_s + unit.end_s
        return Word(unit.text.strip(), start_s, end_s, unit.confidence)
