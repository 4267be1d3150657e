"""Levenshtein's distance between short sequences, and what was changed.

Own code: the sequences are at most some dozens of units, for which a dependency that
does it faster would save less than a millisecond a pass.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import TypeAlias

Step: TypeAlias = "tuple[int | None, int | None]"
"""Index in the old and in the new sequence; None in the one that has no such item."""


def prefix_distances(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[int]:
    """The distance of `old` to each prefix of `new`, beginning with the empty one."""
    return _table(old, new)[-1]


def similarity(old: str, new: str) -> float:
    """1 for equal words, 0 for words that share no letter."""
    longest = max(len(old), len(new))
    return 1 - prefix_distances(old, new)[-1] / longest if longest else 1.0


def align(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Step]:
    """The shortest way from one sequence to the other, kept and replaced items paired."""
    return list(_steps_back(_table(old, new), old, new))[::-1]


def _table(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[list[int]]:
    """Row i, column j: the distance of old[:i] to new[:j]."""
    rows = [list(range(len(new) + 1))]
    for i, item in enumerate(old, 1):
        above, row = rows[-1], [i]
        for j, other in enumerate(new, 1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (item != other)))
        rows.append(row)
    return rows


def _steps_back(
    rows: list[list[int]], old: Sequence[Hashable], new: Sequence[Hashable]
) -> Iterator[Step]:
    i, j = len(old), len(new)
    while i or j:
        if i and j and rows[i][j] == rows[i - 1][j - 1] + (old[i - 1] != new[j - 1]):
            i, j = i - 1, j - 1
            yield i, j
        elif j and rows[i][j] == rows[i][j - 1] + 1:
            j -= 1
            yield None, j
        else:
            i -= 1
            yield i, None
