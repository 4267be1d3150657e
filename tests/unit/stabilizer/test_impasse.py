from __future__ import annotations

from sidecar.stabilizer.impasse import most_agreed
from tests.unit.stabilizer.recogniser import written
from tests.unit.stabilizer.test_agreement import tails


def test_the_majority_decides_as_its_newest_pass_writes_it() -> None:
    voted = most_agreed(tails("one two three", "One two, three", "one to tree"), until_s=9.0)

    assert written(voted) == "One two, three"


def test_without_a_majority_the_pass_closest_to_the_others_decides() -> None:
    voted = most_agreed(tails("one two three", "one too tree", "one two tree"), until_s=9.0)

    assert written(voted) == "one two tree"


def test_of_passes_that_all_differ_the_newest_decides() -> None:
    assert written(most_agreed(tails("aa", "bb", "cc"), until_s=9.0)) == "cc"


def test_only_words_that_ended_in_time_are_voted_on() -> None:
    assert written(most_agreed(tails("one two three", "one two tree"), until_s=1.0)) == "one two"
    assert most_agreed(tails("one", "one"), until_s=0.1) == ()
