"""Which bytes of a file are there: a set of half-open ranges, as a value."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import TypeAlias

Span: TypeAlias = tuple[int, int]
"""The bytes from the first offset to before the second."""


class Ranges:
    """A set of byte offsets, kept as disjoint spans that do not touch, in order."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    @property
    def n_bytes(self) -> int:
        """How many bytes are in the set."""
        return sum(self._ends) - sum(self._starts)

    @property
    def head(self) -> int:
        """How many bytes from offset 0 on are there without a gap."""
        return self._ends[0] if self._starts and self._starts[0] == 0 else 0

    def add(self, start: int, end: int) -> None:
        """Add the bytes from `start` to before `end`, with 0 <= start <= end."""
        if start == end:
            return
        first = bisect_left(self._ends, start)
        last = bisect_right(self._starts, end)
        start = min([start, *self._starts[first:last][:1]])
        end = max([end, *self._ends[first:last][-1:]])
        self._starts[first:last] = [start]
        self._ends[first:last] = [end]

    def spans(self) -> Iterator[Span]:
        """What is there, in order."""
        return zip(self._starts, self._ends, strict=True)

    def gaps(self, total: int) -> Iterator[Span]:
        """The spans below `total` that are missing, in order."""
        at = 0
        for start, end in self.spans():
            if at < min(start, total):
                yield at, min(start, total)
            at = max(at, end)
        if at < total:
            yield at, total


def pieces(span: Span, longest: int) -> Iterator[Span]:
    """The span in pieces of at most `longest` bytes.

    >>> list(pieces((0, 25), 10))
    [(0, 10), (10, 20), (20, 25)]
    """
    start, end = span
    for at in range(start, end, longest):
        yield at, min(at + longest, end)
