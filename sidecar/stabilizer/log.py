"""The committed text of a dictation, which only grows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sidecar.domain import Word
from sidecar.stabilizer.placing import Unit
from sidecar.text.spacing import join_pieces


@dataclass(frozen=True, slots=True)
class Commit:
    """Text appended to a dictation. All commits joined, without spaces, are its text.

    Attributes:
        offset: how many characters (code points) the text had before.
        text: what is appended, with the space before it where one belongs.
        start_s: where it begins, in seconds of the dictation.
        end_s: where it ends.
        words: its words with times of the dictation; empty where the engine gives none.
    """

    offset: int
    text: str
    start_s: float
    end_s: float
    words: tuple[Word, ...] = ()


class CommitLog:
    """All commits of one dictation, whose segments are stabilised one after the other."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._start_s = 0.0
        self._at_seam = False

    @property
    def text(self) -> str:
        """Everything committed so far."""
        return "".join(self._pieces)

    def begin(self, start_s: float) -> None:
        """Begin a segment: times of the units that follow count from there."""
        self._start_s = start_s
        self._at_seam = True

    def append(self, units: Sequence[Unit]) -> Commit | None:
        """Append what a stabiliser has committed; None where it has not."""
        if not units:
            return None
        text = self._joined("".join(unit.text for unit in units))
        start_s, end_s = self._start_s + units[0].start_s, self._start_s + units[-1].end_s
        words = tuple(self._word(unit) for unit in units if unit.key and not unit.estimated)
        commit = Commit(self._length, text, start_s, end_s, words)
        self._pieces.append(text)
        self._length += len(text)
        self._at_seam = False
        return commit

    def _joined(self, text: str) -> str:
        if not (self._at_seam and self._pieces):
            return text
        last = self._pieces[-1][-1]
        return join_pieces((last, text))[len(last) :]

    def _word(self, unit: Unit) -> Word:
        start_s, end_s = self._start_s + unit.start_s, self._start_s + unit.end_s
        return Word(unit.text.strip(), start_s, end_s, unit.confidence)
