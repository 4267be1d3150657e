"""Confirmation by alignment: one word that flips does not hold up those after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sidecar.stabilizer.agreement import Tail
from sidecar.stabilizer.distance import Step, align, similarity

_LONGEST: Final = 64  # units that are aligned; more are not open but before the first pass


@dataclass(frozen=True, slots=True)
class AlignedAgreement:
    """The run, from the committed text on, in which the last two tails align.

    After Whispy (arXiv 2405.03484), with our own parameters. A unit that differs is settled
    as the newest pass has it where it is nearly the same word, or where the units after it
    agree.

    Attributes:
        similar: how much alike two words must be.
        letters: shorter words are never nearly the same.
        after: how many units must agree after one that differs.
    """

    similar: float = 0.8
    letters: int = 5
    after: int = 3

    def __call__(self, tails: Sequence[Tail]) -> int:
        """How many leading units of the newest tail are settled."""
        if len(tails) < 2:
            return 0
        old, new = (tail.keys[:_LONGEST] for tail in tails[-2:])
        steps = align(old, new)
        same = [_same(old, new, step) for step in steps]
        settled = 0
        for at, step in enumerate(steps):
            if not (same[at] or self._alike(old, new, step) or self._agree_after(same, at)):
                break
            settled = settled if step[1] is None else step[1] + 1
        return settled

    def _agree_after(self, same: Sequence[bool], at: int) -> bool:
        following = same[at + 1 : at + 1 + self.after]
        return len(following) == self.after and all(following)

    def _alike(self, old: Sequence[str], new: Sequence[str], step: Step) -> bool:
        i, j = step
        if i is None or j is None or min(len(old[i]), len(new[j])) < self.letters:
            return False
        return similarity(old[i], new[j]) >= self.similar


def _same(old: Sequence[str], new: Sequence[str], step: Step) -> bool:
    i, j = step
    return i is not None and j is not None and old[i] == new[j]
