from __future__ import annotations

from sidecar.stabilizer.placing import Unit, place
from sidecar.stabilizer.seam import find_seam
from tests.unit.stabilizer.recogniser import hear


def units(text: str, start_s: float = 0.0, *, timed: bool = True) -> tuple[Unit, ...]:
    n_words = len(text.split())
    return place(hear(text, timed=timed), start_s, start_s + n_words * 0.5)


def test_committed_words_are_found_where_the_hypothesis_repeats_them() -> None:
    seam = find_seam(units("the cat sat"), units("the cat sat on it"), 3, whole=True)

    assert seam == 3


def test_a_wrong_guess_is_put_right_by_the_words() -> None:
    committed, heard = units("one two three four five"), units("one two three four five six")

    assert find_seam(committed, heard, guess=6, whole=True) == 5
    assert find_seam(committed, heard, guess=3, whole=True) == 5


def test_a_window_that_begins_among_the_committed_words_is_fitted_to_their_end() -> None:
    seam = find_seam(
        units("one two three four five six"), units("four five six seven", 1.5), 3, whole=False
    )

    assert seam == 3


def test_a_word_said_again_is_not_the_committed_one() -> None:
    assert find_seam(units("very"), units("very very good"), 1, whole=True) == 1
    assert find_seam(units("a very"), units("a very very very"), 2, whole=True) == 2


def test_one_word_counts_only_at_the_time_it_was_committed_at() -> None:
    committed = units("something else very")

    assert find_seam(committed, units("very good", 1.1), 0, whole=False) == 1
    assert find_seam(committed, units("very good", 1.5), 0, whole=False) is None


def test_some_committed_words_may_be_heard_otherwise() -> None:
    committed = units("one two three four five six seven eight")
    heard = units("one two tree four five six seven eight nine")

    assert find_seam(committed, heard, 8, whole=True) == 8


def test_a_committed_word_that_is_gone_shifts_the_seam() -> None:
    committed = units("one two three four five six seven eight", timed=False)
    heard = units("one two four five six seven eight nine", timed=False)

    assert find_seam(committed, heard, 8, whole=True) == 7


def test_other_text_has_no_seam() -> None:
    assert find_seam(units("one two three"), units("do re mi fa"), 3, whole=True) is None


def test_the_same_words_at_another_time_are_said_again() -> None:
    committed = units("no no no")

    assert find_seam(committed, units("no no no maybe", 2.5), 0, whole=False) is None


def test_characters_need_one_more_of_them_to_agree() -> None:
    committed = units("我今天很好", timed=False)

    assert find_seam(committed, units("今天很好吗", timed=False), 4, whole=False) == 4
    assert find_seam(committed, units("天狠好吗哪里", timed=False), 0, whole=False) is None
