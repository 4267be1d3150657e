from __future__ import annotations

from sidecar.stabilizer.alignment import AlignedAgreement
from tests.unit.stabilizer.test_agreement import tails


def settled(*texts: str) -> int:
    return AlignedAgreement()(tails(*texts))


def test_one_pass_settles_nothing() -> None:
    assert settled("the cat") == 0


def test_the_run_in_which_two_passes_align_is_settled() -> None:
    assert settled("the cat sad", "the cat sat on") == 2


def test_a_word_that_flips_is_settled_once_three_words_agree_after_it() -> None:
    assert settled("he said their big house", "he said there big house") == 2
    assert settled("he said their big house was", "he said there big house was") == 6


def test_a_word_that_comes_or_goes_is_settled_in_the_same_way() -> None:
    assert settled("so a very good day", "so very good day") == 4
    assert settled("so very good day", "so a very good day") == 5


def test_a_long_word_that_is_nearly_the_same_holds_up_nothing() -> None:
    assert settled("we recognise", "we recognize") == 2
    assert settled("we see", "we sea") == 1


def test_words_heard_for_the_first_time_are_not_settled() -> None:
    assert settled("one two", "one two three four five six") == 2
    assert settled("", "one two three four") == 0


def test_characters_are_aligned_as_words_are() -> None:
    assert settled("我今天很好吗", "我今天狠好吗") == 3
    assert settled("我今天很高兴呢", "我今天狠高兴呢") == 7
