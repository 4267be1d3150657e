"""Finding, in a new hypothesis, where the committed text ends.

An engine hears the audio of committed words again in each pass, and may then write them
otherwise or move them in time. So the seam is sought by text, near where it must be.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sidecar.stabilizer.distance import prefix_distances
from sidecar.stabilizer.placing import Unit
from sidecar.text.units import is_character

_SLACK: Final = 4  # units by which a hypothesis may have more than the committed text
_DRIFT_S: Final = 0.6  # by which word times differ between passes
_EDIT_COST: Final = 4  # matching units that outweigh one that differs
_NEAR: Final = 2  # units around the guess in which one word is looked for


@dataclass(frozen=True, slots=True)
class Script:
    """What is enough evidence, in units: a character says less than a word."""

    tail: int
    least: int
    distance: float


WORDS: Final = Script(tail=12, least=3, distance=0.25)
CHARACTERS: Final = Script(tail=24, least=4, distance=0.30)


def find_seam(
    committed: Sequence[Unit], units: Sequence[Unit], guess: int, *, whole: bool
) -> int | None:
    """How many units of a hypothesis repeat committed ones; None where the text does not say.

    The end of the committed text is aligned with the beginning of the hypothesis (Whispy,
    arXiv 2405.03484). One word alone counts only where it lies at the same time: "very"
    after a committed "very" is said again, unless it is the same sound.

    Args:
        committed: the last units that lie in the audio of the hypothesis, not empty.
        units: of the hypothesis.
        guess: the answer as time or position suggests it.
        whole: they are all that do, so the hypothesis begins with the first of them.
    """
    script = CHARACTERS if is_character(committed[-1].text) else WORDS
    tail = committed[-script.tail :]
    first = max(0, guess - len(tail))
    near = units[first : guess + _SLACK]
    anchored = whole and first == 0 and len(tail) == len(committed)
    least = min(script.least, len(tail)) if anchored else script.least
    seams = _aligned(tail, near, least, script.distance)
    best = max(seams, key=lambda seam: (seam[0], -abs(first + seam[1] - guess)), default=None)
    if best is not None:
        return first + best[1]
    return _same_word(committed[-1], units, guess)


def _aligned(
    tail: Sequence[Unit], units: Sequence[Unit], least: int, limit: float
) -> Iterator[tuple[int, int]]:
    """Every alignment that is close enough: how much it proves, and where it ends."""
    new = [unit.key for unit in units]
    for length in range(least, len(tail) + 1):
        old = [unit.key for unit in tail[-length:]]
        distances = prefix_distances(old, new[: length + _SLACK])
        for end, distance in enumerate(distances[1:], 1):
            if distance <= limit * max(length, end) and _is_near(tail[-1], units[end - 1]):
                yield length - _EDIT_COST * distance, end


def _is_near(last: Unit, unit: Unit) -> bool:
    estimated = last.estimated or unit.estimated
    return estimated or abs(unit.end_s - last.end_s) <= _DRIFT_S


def _same_word(last: Unit, units: Sequence[Unit], guess: int) -> int | None:
    ends = range(max(1, guess - _NEAR), min(len(units), guess + _NEAR) + 1)
    same = [
        end for end in ends if units[end - 1].key == last.key and _overlap(last, units[end - 1])
    ]
    return min(same, key=lambda end: abs(end - guess), default=None)


def _overlap(last: Unit, unit: Unit) -> bool:
    """Whether they share more than half of the time of the shorter one."""
    shared_s = min(last.end_s, unit.end_s) - max(last.start_s, unit.start_s)
    return shared_s > 0.5 * min(last.end_s - last.start_s, unit.end_s - unit.start_s)
