from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.domain import Hypothesis, Word
from sidecar.stabilizer.placing import place
from tests.unit.stabilizer.recogniser import hear, say, written


def test_units_take_the_times_of_their_words_counted_from_the_start_of_the_audio() -> None:
    first, second = place(hear("very good"), start_s=10.0, heard_s=12.0)

    assert (first.text, first.start_s, first.end_s) == ("very", 10.0, 10.4)
    assert (second.text, second.start_s, second.end_s) == (" good", 10.5, 10.9)
    assert not first.estimated


def test_a_word_of_several_characters_lends_each_its_share_of_time() -> None:
    hypothesis = Hypothesis("你好,", (Word("你好", 1.0, 2.0, 0.5),))

    first, second = place(hypothesis, 0.0, 3.0)

    assert (first.start_s, first.end_s, first.confidence) == (1.0, 1.5, 0.5)
    assert (second.start_s, second.end_s, second.confidence) == (1.5, 2.0, 0.5)


def test_words_need_not_be_written_as_they_are_in_the_text() -> None:
    hypothesis = Hypothesis("This is it.", tuple(say("this IS, it")))

    units = place(hypothesis, 0.0, 5.0)

    assert [unit.start_s for unit in units] == [0.0, 0.5, 1.0]
    assert units[-1].end_s == pytest.approx(1.4)


def test_words_that_are_not_in_the_text_move_times_but_break_nothing() -> None:
    hypothesis = Hypothesis("21 apples", tuple(say("twenty one apples")))

    number, apples = place(hypothesis, 0.0, 2.0)

    assert 0.0 <= number.start_s <= number.end_s <= apples.start_s <= apples.end_s <= 2.0


def test_without_word_times_units_are_spread_over_the_audio_and_say_so() -> None:
    units = place(hear("aa bb cc dd", timed=False), 2.0, 6.0)

    assert [unit.start_s for unit in units] == [2.0, 3.0, 4.0, 5.0]
    assert units[-1].end_s == 6.0
    assert all(unit.estimated for unit in units)


def test_a_word_that_begins_after_the_audio_ends_was_not_heard() -> None:
    assert written(place(hear("thank you all"), 0.0, heard_s=0.9)) == "thank you"


def test_known_text_is_left_out_even_where_it_ends_inside_a_word() -> None:
    units = place(hear("we walked, home"), 0.0, 2.0, skip=len("we walk"))

    assert written(units) == "ed, home"
    assert units[0].end_s == pytest.approx(0.9)
    assert units[1].start_s == pytest.approx(1.0)


def test_punctuation_alone_is_where_the_word_before_it_ends() -> None:
    (stop,) = place(hear("good."), 0.0, 3.0, skip=len("good"))

    assert (stop.text, stop.key, stop.start_s, stop.end_s) == (".", "", 0.4, 0.4)


def test_silence_has_no_units() -> None:
    assert place(Hypothesis("  "), 0.0, 1.0) == ()


@given(st.text("ab 你,.", min_size=1), st.lists(st.text("ab 你,.")), st.integers(0, 9))
def test_units_keep_the_text_and_follow_each_other_whatever_the_words(
    text: str, words: list[str], skip: int
) -> None:
    timed = tuple(Word(word, i * 0.1, i * 0.1 + 0.1) for i, word in enumerate(words))

    units = place(Hypothesis(text, timed), 1.0, 1.0 + len(words) * 0.1, skip)

    assert written(units) == text.strip()[skip:]
    assert all(unit.start_s <= unit.end_s for unit in units)
