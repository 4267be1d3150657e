"""How steady live text is, and how late it is committed.

Texts are compared as they are shown: a comma that comes and goes flickers too. Units are
words, or characters in scripts without spaces.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile
from statistics import linear_regression, quantiles

from sidecar.stabilizer.distance import align
from sidecar.text.units import split_units


def normalised_erasure(shown: Sequence[str]) -> float:
    """Units taken back per unit of the final text, which is the last (Arivazhagan 2020)."""
    texts = _units(shown)
    erased = sum(len(old) - _n_common(old, new) for old, new in pairwise(texts))
    return _per_final_unit(erased, texts)


def unstable_partial_word_ratio(shown: Sequence[str]) -> float:
    """Units replaced or removed per unit of the final text (Shangguan 2020, arXiv 2006.01416).

    Unlike erasure it does not count those that only move because of a change before them.
    """
    texts = _units(shown)
    changed = sum(_n_changed(old, new) for old, new in pairwise(texts))
    return _per_final_unit(changed, texts)


@dataclass(frozen=True, slots=True)
class Delays:
    """How long after its end each word was committed.

    Attributes:
        p50_s: half of the words were committed in less.
        p95_s: 95 % were.
        drift_ms_per_min: by how much the delay grows over the recording.
    """

    p50_s: float
    p95_s: float
    drift_ms_per_min: float


def commit_delays(words: Sequence[tuple[float, float]]) -> Delays:
    """The delays of two or more words.

    Args:
        words: for each, when it ends in the audio and when it was committed, in seconds.
    """
    ends_s = [end_s for end_s, _ in words]
    delays_s = [committed_s - end_s for end_s, committed_s in words]
    cuts = quantiles(delays_s, n=20, method="inclusive")
    drift = linear_regression(ends_s, delays_s).slope
    return Delays(cuts[9], cuts[18], drift * 60 * 1_000)


def _units(shown: Sequence[str]) -> list[list[str]]:
    return [[unit.strip() for unit in split_units(text)] for text in shown]


def _n_common(old: Sequence[str], new: Sequence[str]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))


def _n_changed(old: Sequence[str], new: Sequence[str]) -> int:
    n = _n_common(old, new)  # the rest is short, and so is the table that aligns it
    old, new = old[n:], new[n:]
    return sum(i is not None and (j is None or old[i] != new[j]) for i, j in align(old, new))


def _per_final_unit(count: int, texts: Sequence[Sequence[str]]) -> float:
    return count / len(texts[-1]) if texts and texts[-1] else float(count)
