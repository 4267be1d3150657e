"""The committed units of one segment, and what each hypothesis says after them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile
from typing import Final

from sidecar.domain import Hypothesis
from sidecar.stabilizer.placing import Unit, place
from sidecar.stabilizer.seam import find_seam
from sidecar.text.spacing import join_pieces

_REACH: Final = 24  # committed units in which a seam is looked for
_MISSES: Final = 3  # passes without a seam before the text is cut by position or time
_MISS_S: Final = 4.0  # or audio heard in such passes


class Frontier:
    """Splits hypotheses where the committed text ends; never lets any of it through twice.

    Attributes:
        units: all that is committed, in order.
        diverged: hypotheses that said otherwise about the committed audio.
    """

    def __init__(self) -> None:
        self.units: list[Unit] = []
        self.diverged = 0
        self._n_before = 0  # units of the last hypothesis that are committed
        self._n_missed = 0
        self._missed_since_s = 0.0

    def text(self, start_s: float) -> str:
        """The committed text that an engine hears in audio from `start_s` on."""
        return "".join(unit.text for unit in self._inside(start_s)).lstrip()

    def commit(self, units: Sequence[Unit]) -> None:
        """Append units that followed the committed ones in the last hypothesis."""
        self.units.extend(units)
        self._n_before += len(units)

    def tail(
        self, hypothesis: Hypothesis, heard_s: float, start_s: float, *, patient: bool = True
    ) -> tuple[Unit, ...] | None:
        """The units after the committed ones; None, if patient, where that is not clear yet."""
        known = self.text(start_s)
        if known and hypothesis.text.strip().startswith(known):
            tail = place(hypothesis, start_s, heard_s, skip=len(known))
            self._found(len(self._inside(start_s)))
            return tail
        units = place(hypothesis, start_s, heard_s)
        seam = self._seam(units, heard_s, start_s, patient=patient)
        if seam is None:
            return None
        self._found(seam)
        return self._spaced(units, seam)

    def _inside(self, start_s: float) -> list[Unit]:
        inside = takewhile(lambda unit: unit.middle_s >= start_s, reversed(self.units))
        return [*inside][::-1]

    def _found(self, n_before: int) -> None:
        self._n_before, self._n_missed = n_before, 0

    def _seam(
        self, units: Sequence[Unit], heard_s: float, start_s: float, *, patient: bool
    ) -> int | None:
        inside = self._inside(start_s)
        if not inside:
            return 0
        near = inside[-_REACH:]
        guess = self._guess(units, near)
        seam = find_seam(near, units, guess, whole=near == inside)
        self.diverged += seam is None or not _repeats(near, units[:seam])
        if seam is not None:
            return seam
        has_times = bool(units) and not units[0].estimated
        return guess if has_times or not patient or self._is_lost(heard_s) else None

    def _guess(self, units: Sequence[Unit], near: Sequence[Unit]) -> int:
        """Where the committed text ends as far as times, or else positions, can tell."""
        if units and not units[0].estimated:
            return sum(unit.middle_s <= near[-1].end_s for unit in units)
        return self._n_before  # even where this hypothesis is shorter: the next is not

    def _is_lost(self, heard_s: float) -> bool:
        """Whether no seam was found for too long. Until then nothing is let through."""
        if not self._n_missed:
            self._missed_since_s = heard_s
        self._n_missed += 1
        return self._n_missed >= _MISSES or heard_s - self._missed_since_s >= _MISS_S

    def _spaced(self, units: Sequence[Unit], seam: int) -> tuple[Unit, ...]:
        """The units after the seam, of which the first must fit the committed text."""
        tail = tuple(units[seam:])
        if not self.units:
            return tail
        last = self.units[-1]
        heard = units[seam - 1 : seam]
        if heard and heard[0].key == last.key:
            return _with_punctuation(last, heard[0], tail)
        if not tail:
            return tail
        text = join_pieces((last.text[-1], tail[0].text))[1:]
        return (replace(tail[0], text=text), *tail[1:])


def _repeats(near: Sequence[Unit], units: Sequence[Unit]) -> bool:
    n = min(len(near), len(units))
    return [unit.key for unit in near[-n:]] == [unit.key for unit in units[-n:]]


def _with_punctuation(last: Unit, heard: Unit, tail: tuple[Unit, ...]) -> tuple[Unit, ...]:
    """The tail, led by the comma or full stop that the last committed unit has got since."""
    known, text = last.text.strip(), heard.text.strip()
    late = text[len(known) :] if text.lower().startswith(known.lower()) else ""
    if not late:
        return tail
    if not tail:
        return (Unit(late, "", heard.end_s, heard.end_s, heard.estimated),)
    return (replace(tail[0], text=late + tail[0].text), *tail[1:])
