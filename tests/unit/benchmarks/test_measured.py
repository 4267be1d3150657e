from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from benchmarks._account import Account
from benchmarks._measured import Measured, delays_of, measured, p50, p95, per_unit, rate_of
from benchmarks._wer import Errors
from sidecar.domain import Commit, Final, Partial, SegmentFinal, Timings, Word

pytest.importorskip("jiwer", reason="the benchmarks' requirements are not installed")

CLIP = {"file": "cat.wav", "text": "The cat sat.", "lang": "en"}


def dictation() -> Account:
    """Three words, of which the second is misheard at first and the third in the end."""
    words = (Word("the", 0.5, 0.9), Word("cat", 0.9, 1.4), Word("sad", 1.4, 1.9))
    timings = Timings(2.0, 1.5, 0.1, 2.0)
    return Account(
        pushed=[(16_000, 1.0), (32_000, 2.0)],
        told=[
            (1.0, Partial(0, 0, "the cap", 0)),
            (2.0, Commit(0, 0, "the cat sad", 0.5, 1.9, words)),
            (2.0, SegmentFinal(0, "the cat sad", 0.0, 2.0, "close")),
            (2.1, Final("the cat sad", "en", "oracle", timings, "close", True)),
        ],
        stopped_s=2.0,
    )


def one(
    n_units: int = 1, ne: float = 0.0, n_errors: int = 0, ends_s: Sequence[float] = ()
) -> Measured:
    """A dictation of ten words, which were committed a second after they ended."""
    words = tuple((end_s, end_s + 1.0) for end_s in ends_s)
    return Measured("a.wav", Errors(n_errors, 10), 0, 0, n_units, ne, 0.0, words, None, 0)


def test_a_dictation_is_measured_against_what_was_said_and_where() -> None:
    found = measured(dictation(), CLIP, [(8_000, 30_000)])

    assert found.errors == Errors(1, 3)
    assert (found.retractions, found.uncovered) == (0, 0)
    assert (found.n_units, found.n_chars) == (3, 11)
    assert found.ne == pytest.approx(1 / 3)
    assert found.upwr == pytest.approx(1 / 3)
    assert found.words == ((0.9, 2.0), (1.4, 2.0), (1.9, 2.0))
    assert found.first_text_s == 0.5


def test_where_nobody_speaks_there_is_no_first_text_to_wait_for() -> None:
    assert measured(dictation(), CLIP, []).first_text_s is None


def test_long_recordings_count_for_more() -> None:
    all_of = [one(10, ne=0.1), one(30, ne=0.5), one(0, ne=4.0)]

    assert per_unit(all_of, lambda each: each.ne) == pytest.approx((1 + 15 + 4) / 40)
    assert per_unit([], lambda each: each.ne) == 0


def test_words_of_all_recordings_count_together() -> None:
    assert rate_of([one(n_errors=1), one(n_errors=3)]) == 0.2
    assert delays_of([one(ends_s=(1.0, 2.0)), one(ends_s=(9.0,))]).p50_s == 1.0


def test_percentiles_are_of_what_there_is() -> None:
    values = [float(n) for n in range(101)]

    assert (p50(values), p95(values)) == (50, 95)
    assert p95([3.0]) == 3
    assert math.isnan(p50([]))
