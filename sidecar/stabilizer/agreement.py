"""LocalAgreement: what several passes in a row agree on is settled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final, TypeAlias

from sidecar.stabilizer.placing import Unit

MOST_TAILS: Final = 8  # that are remembered


@dataclass(frozen=True, slots=True)
class Tail:
    """What one pass has found after the committed text.

    Attributes:
        units: the uncommitted units.
        heard_s: how much of the utterance the pass had heard.
    """

    units: tuple[Unit, ...]
    heard_s: float

    @property
    def keys(self) -> tuple[str, ...]:
        """The units as they are compared."""
        return tuple(unit.key for unit in self.units)


Settled: TypeAlias = Callable[[Sequence[Tail]], int]
"""How many leading units of the newest of the tails, oldest first, will not change again."""


@dataclass(frozen=True, slots=True)
class LocalAgreement:
    """The longest common prefix of the last `n` tails (Macháček et al., arXiv 2307.14743).

    Attributes:
        n: how many passes must agree.
        close_s: passes with less new audio between them are hardly independent: one more
            of them must agree.
    """

    n: int = 2
    close_s: float = 0.5

    def __post_init__(self) -> None:
        if not 2 <= self.n < MOST_TAILS:
            raise ValueError(f"n is {self.n}: from 2 to {MOST_TAILS - 1} passes can agree")

    def __call__(self, tails: Sequence[Tail]) -> int:
        """How many leading units of the newest tail all of them share."""
        n = self.n + self._is_close(tails)
        if len(tails) < n:
            return 0
        columns = zip(*(tail.keys for tail in tails[-n:]), strict=False)
        return sum(1 for _ in takewhile(lambda keys: len(set(keys)) == 1, columns))

    def _is_close(self, tails: Sequence[Tail]) -> bool:
        return len(tails) > 1 and tails[-1].heard_s - tails[-2].heard_s < self.close_s
