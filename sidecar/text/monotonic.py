"""Putting the times of words in order.

A forced aligner guesses each time on its own, so that some may lie before those before them.
The largest set of times that are in order is trusted, and the others are placed among them.
The result is that of `_fix_timestamps` in `processing_qwen3_asr.py` of transformers 5.23,
which follows
https://github.com/QwenLM/Qwen3-ASR/blob/c17a131/qwen_asr/inference/qwen3_forced_aligner.py#L147,
down to which set is taken where several are as large, but in O(n log n) and not O(n^2).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

_SNAPPED: Final = 2  # so many times in a row that are wrong move to the nearest that is right


def in_order(times_ms: Sequence[int]) -> tuple[int, ...]:
    """The times, those that are out of order replaced; milliseconds, never falling.

    Up to two wrong ones in a row become the nearer of the right ones around them (the left
    one where both are as near); more are spread evenly between these. At either end they
    become the only right one there is.

    >>> in_order([100, 900, 200, 300, 400])
    (100, 100, 200, 300, 400)
    >>> in_order([0, 900, 800, 700, 400, 500, 600, 650])
    (0, 100, 200, 300, 400, 500, 600, 650)
    """
    fixed = list(times_ms)
    right = _longest_run(times_ms)
    for before, after in pairwise([-1, *right, len(fixed)]):
        if n_wrong := after - before - 1:
            low_ms = times_ms[before if before >= 0 else after]
            high_ms = times_ms[after if after < len(fixed) else before]
            fixed[before + 1 : after] = _between(low_ms, high_ms, n_wrong)
    return tuple(fixed)


def _between(low_ms: int, high_ms: int, n: int) -> list[int]:
    """So many times for what lies between two that are right."""
    if n <= _SNAPPED:
        return [low_ms, high_ms][:n]
    step_ms = (high_ms - low_ms) / (n + 1)
    return [int(low_ms + step_ms * nth) for nth in range(1, n + 1)]


def _longest_run(values: Sequence[int]) -> list[int]:
    """The places of the longest subsequence that never falls."""
    levels: list[list[int]] = []  # by the length of the longest run that ends at a place
    parents: list[int] = []
    for place, value in enumerate(values):
        level = bisect_right(levels, value, key=lambda places: values[places[-1]])
        parents.append(_first_at_most(value, levels[level - 1], values) if level else -1)
        if level == len(levels):
            levels.append([])
        levels[level].append(place)
    place = levels[-1][0] if levels else -1
    run = []
    while place >= 0:
        run.append(place)
        place = parents[place]
    return run[::-1]


def _first_at_most(value: int, places: Sequence[int], values: Sequence[int]) -> int:
    """The first of the places with at most that value; along them values fall."""
    return places[bisect_left(places, -value, key=lambda place: -values[place])]
