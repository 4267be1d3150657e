"""What one dictation comes to in numbers, and what many come to together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import quantiles
from typing import Any

from benchmarks._account import Account, committed_words, first_text_s, retractions, shown
from benchmarks._coverage import Span, uncovered_samples
from benchmarks._stability import (
    Delays,
    commit_delays,
    normalised_erasure,
    unstable_partial_word_ratio,
)
from benchmarks._wer import Errors, errors
from sidecar.domain import SAMPLE_RATE_HZ
from sidecar.text.units import split_units


@dataclass(frozen=True, slots=True)
class Measured:
    """One dictation.

    Attributes:
        clip: the recording's name.
        errors: what was misheard.
        retractions: see `_account`.
        uncovered: see `_coverage`.
        n_units: of the final text.
        ne, upwr: see `_stability`; per unit of the final text.
        words: for each, when it ends and when it was committed.
        first_text_s: from the onset of speech to the first text; None where there is none.
        n_chars: of the final text.
    """

    clip: str
    errors: Errors
    retractions: int
    uncovered: int
    n_units: int
    ne: float
    upwr: float
    words: tuple[tuple[float, float], ...]
    first_text_s: float | None
    n_chars: int


def measured(account: Account, clip: dict[str, Any], speech: Sequence[Span]) -> Measured:
    """Measure a dictation of a recording.

    Args:
        account: of the dictation.
        clip: the recording, as a row of the manifest.
        speech: where there is speech in it.
    """
    texts, first_s = shown(account), first_text_s(account)
    return Measured(
        clip["file"],
        errors(clip["text"], account.final.text, clip["lang"]),
        retractions(account),
        uncovered_samples(account, speech),
        len(split_units(account.final.text)),
        normalised_erasure(texts),
        unstable_partial_word_ratio(texts),
        tuple(committed_words(account)),
        first_s - speech[0][0] / SAMPLE_RATE_HZ if first_s is not None and speech else None,
        len(account.final.text),
    )


def rate_of(all_of: Iterable[Measured]) -> float:
    """The error rate over all words."""
    return sum((one.errors for one in all_of), Errors()).rate


def per_unit(all_of: Sequence[Measured], figure: Callable[[Measured], float]) -> float:
    """A figure per unit of text over all units, so that long recordings count for more."""
    n_units = sum(one.n_units for one in all_of)
    return sum(figure(one) * max(one.n_units, 1) for one in all_of) / max(n_units, 1)


def delays_of(all_of: Iterable[Measured]) -> Delays:
    """The delays of all words."""
    return commit_delays([word for one in all_of for word in one.words])


def p50(values: Sequence[float]) -> float:
    """The middle one."""
    return _percentile(values, 50)


def p95(values: Sequence[float]) -> float:
    """The one that 95 % do not exceed."""
    return _percentile(values, 95)


def _percentile(values: Sequence[float], percent: int) -> float:
    if len(values) < 2:
        return values[0] if values else float("nan")
    return quantiles(values, n=100, method="inclusive")[percent - 1]
