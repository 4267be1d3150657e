from __future__ import annotations

from dataclasses import replace

import pytest

from sidecar.domain import Hypothesis, Word
from sidecar.engine.base import Ask, Capabilities
from sidecar.stabilizer.stabilizer import SegmentStabilizer, stabilizer_for
from tests.unit.stabilizer.recogniser import hear, say, written

TIMED = Capabilities(word_times=True)
UNTIMED = Capabilities()
FORCED = Capabilities(word_times=True, forced_prefix=True, drafts=True)


def committed(stabilizer: SegmentStabilizer, *passes: tuple[float, Hypothesis]) -> list[str]:
    """What each pass commits."""
    return [written(stabilizer.update(said, heard_s).committed) for heard_s, said in passes]


def test_a_word_is_committed_only_after_two_hypotheses_agree_on_it() -> None:
    stabilizer = stabilizer_for(TIMED)

    first = stabilizer.update(hear("the cat sad"), 2.0)
    second = stabilizer.update(hear("the cat sat on"), 2.6)

    assert (written(first.committed), first.tentative) == ("", "the cat sad")
    assert (written(second.committed), second.tentative) == ("the cat", " sat on")


def test_a_flipping_comma_or_capital_holds_up_nothing_and_is_written_as_heard_last() -> None:
    stabilizer = stabilizer_for(TIMED)

    texts = committed(
        stabilizer, (2.0, hear("well hello there")), (2.6, hear("Well, hello there all"))
    )

    assert texts == ["", "Well, hello there"]


def test_a_late_correction_replaces_what_was_tentative() -> None:
    stabilizer = stabilizer_for(TIMED)

    texts = committed(
        stabilizer,
        (1.5, hear("wreck a nice")),
        (2.1, hear("recognise")),
        (2.7, hear("recognise speech well")),
    )

    assert texts == ["", "", "recognise"]


def test_a_correction_of_committed_words_changes_none_of_them() -> None:
    stabilizer = stabilizer_for(TIMED)
    committed(stabilizer, (2.0, hear("their house is")), (2.6, hear("their house is big")))

    update = stabilizer.update(hear("there mouse is big now so"), 3.2)

    assert written(update.committed) == " big"
    assert update.tentative == " now so"
    assert stabilizer.diverged == 1


@pytest.mark.parametrize("capabilities", [TIMED, UNTIMED])
def test_a_word_said_twice_is_written_twice(capabilities: Capabilities) -> None:
    stabilizer, timed = stabilizer_for(capabilities), capabilities.word_times
    said = [(1.0, "very"), (1.6, "very very"), (2.2, "very very very"), (2.8, "very very very")]

    texts = committed(stabilizer, *((at_s, hear(text, timed=timed)) for at_s, text in said))
    texts.append(
        written(stabilizer.finish(hear("very very very good", timed=timed), 3.4).committed)
    )

    assert "".join(texts) == "very very very good"


def test_a_word_that_may_be_cut_off_by_the_end_of_the_audio_is_held_back() -> None:
    stabilizer = stabilizer_for(TIMED)

    texts = committed(
        stabilizer,
        (1.0, hear("good mor")),
        (1.2, hear("good mor")),
        (1.7, hear("good morning")),
        (2.2, hear("good morning")),
    )

    assert texts == ["", "", "good", " morning"]


def test_two_characters_are_held_back_where_there_are_no_times() -> None:
    stabilizer = stabilizer_for(UNTIMED)

    texts = committed(stabilizer, (2.0, Hypothesis("今天很好")), (2.6, Hypothesis("今天很好吗")))

    assert texts == ["", "今天很"]


def test_passes_over_the_same_audio_do_not_confirm_each_other() -> None:
    stabilizer = stabilizer_for(TIMED)
    said = hear("the cat sat")

    texts = committed(stabilizer, (2.0, said), (2.0, said), (2.05, said), (2.6, said))

    assert texts == ["", "", "", "the cat sat"]


def test_a_word_dreamt_up_beyond_the_audio_is_never_shown_nor_committed() -> None:
    stabilizer = stabilizer_for(TIMED)
    said = Hypothesis("so thank you", (*say("so"), *say("thank you", start_s=5.0)))

    updates = [stabilizer.update(said, heard_s) for heard_s in (1.0, 2.0)]
    updates.append(stabilizer.finish(said, 2.5))

    assert [(written(update.committed), update.tentative) for update in updates] == [
        ("", "so"),
        ("so", ""),
        ("", ""),
    ]


@pytest.mark.parametrize("capabilities", [TIMED, UNTIMED], ids=["agreement", "alignment"])
def test_a_flipping_word_holds_up_only_engines_that_agree_to_the_word(
    capabilities: Capabilities,
) -> None:
    stabilizer, timed = stabilizer_for(capabilities), capabilities.word_times
    first, second = "he said their big house was", "he said there big house was on"

    texts = committed(stabilizer, (4.0, hear(first, timed=timed)), (5.0, hear(second, timed=timed)))

    assert texts == ["", "he said" if timed else "he said there big house was"]


def test_more_passes_may_be_asked_to_agree() -> None:
    stabilizer = stabilizer_for(replace(TIMED, agreement=3))
    said = hear("the cat")

    assert committed(stabilizer, (2.0, said), (3.0, said), (4.0, said)) == ["", "", "the cat"]


def test_after_six_seconds_without_a_commit_a_vote_decides_on_what_is_old() -> None:
    stabilizer = stabilizer_for(TIMED)
    openings = ["ah", "oh", "uh", "eh", "ah", "oh", "uh"]
    rest = "we went home and all was well again so far as we know"

    texts = committed(
        stabilizer,
        *((i + 1.0, hear(f"{opening} {rest}")) for i, opening in enumerate(openings)),
    )

    assert texts == [""] * 6 + ["uh we went home and all was well"]


def test_twenty_five_seconds_without_a_pause_are_committed_as_they_are_said() -> None:
    stabilizer = stabilizer_for(TIMED)
    words = say(" ".join(f"word{i}" for i in range(50)))

    texts = [
        stabilizer.update(Hypothesis(" ".join(w.text for w in words[:n]), tuple(words[:n])), n / 2)
        for n in range(2, 51, 2)
    ]

    sizes = [len(update.committed) for update in texts]
    assert sum(sizes) >= 46
    assert max(sizes) <= 4


def test_stopping_in_the_middle_of_a_word_writes_what_the_final_pass_heard() -> None:
    stabilizer = stabilizer_for(TIMED)
    committed(stabilizer, (1.0, hear("see you")), (1.6, hear("see you tomor")))

    update = stabilizer.finish(hear("see you tomorrow"), 1.7)

    assert written(update.committed) == " tomorrow"
    assert update.tentative == ""


def test_the_final_pass_contradicts_nothing_that_is_committed() -> None:
    stabilizer = stabilizer_for(TIMED)
    committed(stabilizer, (2.0, hear("their house is")), (2.6, hear("their house is big")))

    assert written(stabilizer.finish(hear("there mouse was big now"), 3.0).committed) == " big now"


def test_a_full_stop_that_comes_with_the_final_pass_is_written() -> None:
    stabilizer = stabilizer_for(TIMED)
    texts = committed(stabilizer, (2.0, hear("so it is")), (2.6, hear("so it is")))

    texts.append(written(stabilizer.finish(hear("So it is."), 2.6).committed))

    assert "".join(texts) == "so it is."


def test_a_full_stop_at_a_pause_waits_for_the_next_word() -> None:
    stabilizer = stabilizer_for(TIMED)

    texts = committed(
        stabilizer,
        (2.0, hear("so it is")),
        (2.6, hear("so it is")),
        (3.2, hear("so it is.")),
        (3.8, hear("so it is.")),
        (4.4, hear("so it is and then")),
        (5.0, hear("so it is and then some")),
    )

    assert texts == ["", "so it is", "", "", "", " and then"]


def test_characters_and_latin_words_keep_the_spaces_the_engine_wrote() -> None:
    stabilizer = stabilizer_for(UNTIMED)
    text = "我用 Python3 写代码,很好ok吗"

    texts = committed(
        stabilizer, *((n / 3, Hypothesis(text[: n + 4])) for n in range(3, len(text), 2))
    )
    texts.append(written(stabilizer.finish(Hypothesis(text), 9.0).committed))

    assert "".join(texts) == text
    assert len([part for part in texts if part]) > 2


def test_other_text_without_times_is_not_let_through_before_the_third_such_pass() -> None:
    stabilizer = stabilizer_for(UNTIMED)
    texts = committed(
        stabilizer,
        (4.0, hear("one two three four", timed=False)),
        (5.0, hear("one two three four", timed=False)),
    )
    other = hear("do re mi fa so la ti", timed=False)

    updates = [stabilizer.update(other, heard_s) for heard_s in (5.5, 6.0, 6.5)]

    assert texts == ["", "one two three"]
    assert [update.tentative for update in updates] == [" four", " four", " fa so la ti"]
    assert stabilizer.diverged == 3


def test_it_is_also_let_through_after_four_seconds() -> None:
    stabilizer = stabilizer_for(UNTIMED)
    said = hear("one two three four", timed=False)
    committed(stabilizer, (4.0, said), (5.0, said))
    other = hear("do re mi fa so la ti", timed=False)

    updates = [stabilizer.update(other, heard_s) for heard_s in (6.0, 10.0)]

    assert [update.tentative for update in updates] == [" four", " fa so la ti"]


def test_a_pass_that_lost_most_of_the_text_does_not_double_it_later() -> None:
    stabilizer = stabilizer_for(UNTIMED)
    said = hear("one two three four five six", timed=False)
    texts = committed(stabilizer, (6.0, said), (7.0, said))
    texts += committed(stabilizer, *((7.5 + i, Hypothesis("")) for i in range(4)))

    texts.append(
        written(stabilizer.finish(hear("one two three four five six", timed=False), 12).committed)
    )

    assert "".join(texts) == "one two three four five six"


def test_committed_text_is_forced_and_tentative_text_is_a_draft() -> None:
    stabilizer = stabilizer_for(FORCED)
    committed(stabilizer, (2.0, hear("one two three")), (2.6, hear("one two three four")))

    assert stabilizer.ask() == Ask(prefix="one two three", draft=" four")
    assert stabilizer.ask(final=True).final


def test_engines_that_declare_nothing_are_asked_for_nothing() -> None:
    stabilizer = stabilizer_for(TIMED)
    committed(stabilizer, (2.0, hear("one two three")), (2.6, hear("one two three four")))

    assert stabilizer.ask() == Ask()


def test_a_draft_without_a_prefix_is_all_that_was_heard() -> None:
    stabilizer = stabilizer_for(Capabilities(word_times=True, drafts=True))
    committed(stabilizer, (2.0, hear("one two three")), (2.6, hear("one two three four")))

    assert stabilizer.ask() == Ask(draft="one two three four")


def test_a_forced_word_that_goes_on_is_completed() -> None:
    stabilizer = stabilizer_for(FORCED)
    texts = committed(stabilizer, (1.5, hear("we walk")), (2.1, hear("we walk")))

    texts.append(written(stabilizer.finish(hear("we walked, home"), 2.6).committed))

    assert "".join(texts) == "we walked, home"


def test_an_engine_that_ignores_the_prefix_is_aligned_and_counted() -> None:
    stabilizer = stabilizer_for(FORCED)
    committed(stabilizer, (2.0, hear("one two three")), (2.6, hear("one two three four")))

    update = stabilizer.update(hear("One, too three four five"), 3.2)

    assert written(update.committed) == " four"
    assert update.tentative == " five"
    assert stabilizer.diverged == 1


def test_after_a_cut_only_the_text_still_heard_is_forced_and_nothing_is_doubled() -> None:
    stabilizer = stabilizer_for(FORCED)
    text = "one two three four five six seven eight"
    texts = committed(stabilizer, (5.0, hear(text)), (6.0, hear(text)))

    cut_s = stabilizer.cut_s([(1.4, 1.6)])
    assert cut_s is not None
    ask = stabilizer.ask(start_s=cut_s)
    said = Hypothesis(f"{ask.prefix} nine", tuple(say("four five six seven eight nine")))
    texts.append(written(stabilizer.finish(said, 6.0, cut_s).committed))

    assert cut_s == pytest.approx(1.5)
    assert ask.prefix == "four five six seven eight"
    assert "".join(texts) == text + " nine"


def test_a_cut_window_that_begins_with_new_words_is_spaced_from_the_committed_ones() -> None:
    stabilizer = stabilizer_for(TIMED)
    committed(stabilizer, (2.0, hear("one two")), (3.0, hear("one two")))

    update = stabilizer.finish(Hypothesis("three", (Word("three", 0.5, 0.9),)), 4.0, 2.0)

    assert written(update.committed) == " three"
