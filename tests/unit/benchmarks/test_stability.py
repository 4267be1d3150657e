from __future__ import annotations

import pytest

from benchmarks._stability import (
    commit_delays,
    normalised_erasure,
    unstable_partial_word_ratio,
)


def test_text_that_only_grows_is_never_erased() -> None:
    shown = ["", "the", "the cat", "the cat sat"]

    assert normalised_erasure(shown) == 0
    assert unstable_partial_word_ratio(shown) == 0


def test_erasure_counts_everything_from_the_first_change_on() -> None:
    shown = ["a cat sat", "the cat sat down"]

    assert normalised_erasure(shown) == 3 / 4
    assert unstable_partial_word_ratio(shown) == 1 / 4


def test_a_word_that_is_put_in_changes_no_other() -> None:
    shown = ["we went home", "then we went home"]

    assert normalised_erasure(shown) == 3 / 4
    assert unstable_partial_word_ratio(shown) == 0


def test_a_comma_that_comes_and_goes_counts() -> None:
    assert normalised_erasure(["well", "well,", "well"]) == 2


def test_characters_are_counted_one_by_one() -> None:
    assert normalised_erasure(["我很好", "我狠好"]) == pytest.approx(2 / 3)


def test_nothing_shown_is_nothing_erased() -> None:
    assert normalised_erasure([]) == 0
    assert normalised_erasure(["oh", ""]) == 1


def test_delays_are_from_the_end_of_a_word_to_its_commit() -> None:
    delays = commit_delays([(float(end_s), end_s + 2.0) for end_s in range(21)])

    assert (delays.p50_s, delays.p95_s) == (2.0, 2.0)
    assert delays.drift_ms_per_min == pytest.approx(0)


def test_a_delay_that_grows_shows_as_drift() -> None:
    delays = commit_delays([(float(end_s), end_s + 1 + end_s / 60) for end_s in range(61)])

    assert delays.p50_s == pytest.approx(1.5)
    assert delays.p95_s == pytest.approx(1.95)
    assert delays.drift_ms_per_min == pytest.approx(1_000)
