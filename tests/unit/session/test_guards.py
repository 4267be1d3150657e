from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.audio.files import open_audio
from sidecar.domain import SAMPLE_RATE_HZ, Hypothesis, Samples, Word
from sidecar.session.guards import (
    guarded,
    is_dreamt,
    within_rate,
    without_loops,
    worth_decoding,
)
from sidecar.text.units import split_units
from tests.conftest import Speech

LONG_S = 60.0  # voice enough for any text here


def hypothesis(text: str) -> Hypothesis:
    """A hypothesis with a word of a third of a second for each piece between spaces."""
    words = tuple(Word(word, i / 3, (i + 1) / 3, 0.5) for i, word in enumerate(text.split()))
    return Hypothesis(text, words, "en", final=True)


def left(text: str) -> str:
    """What is left of a text without loops; the words must say the same."""
    stripped = without_loops(hypothesis(text))
    assert " ".join(word.text for word in stripped.words) == stripped.text
    return stripped.text


def tone(level: float, seconds: float) -> Samples:
    time_s = np.arange(int(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    samples: Samples = np.sin(2 * np.pi * 200 * time_s).astype(np.float32)
    return samples * np.float32(level * 2**0.5)


@pytest.mark.parametrize(
    ("level", "seconds", "voiced_s", "worth"),
    [
        (0.1, 1.0, 1.0, True),
        (0.0006, 1.0, 1.0, True),
        (0.0004, 1.0, 1.0, False),
        (0.1, 1.0, 0.2, False),
        (0.1, 0.05, 0.25, True),
        (0.0, 1.0, 1.0, False),
        (0.0, 0.0, 1.0, False),
    ],
)
def test_what_is_too_short_or_too_quiet_is_not_decoded(
    level: float, seconds: float, voiced_s: float, *, worth: bool
) -> None:
    assert worth_decoding(tone(level, seconds), voiced_s) is worth


def test_one_loud_moment_is_enough() -> None:
    samples = np.concatenate((tone(0.0001, 3.0), tone(0.001, 0.1), tone(0.0001, 3.0)))

    assert worth_decoding(samples, 0.5)


def test_the_rest_of_speech_that_was_cut_may_be_short_but_not_silent() -> None:
    assert worth_decoding(tone(0.1, 0.1), 0.03, continues=True)
    assert not worth_decoding(tone(0.0004, 0.1), 0.03, continues=True)


@pytest.mark.parametrize(
    "text",
    [
        "very very good",
        "no no no",
        "No, no, no, no, no! I said no.",
        "Ha! Ha ha ha ha ha ha ha ha ha ha ha.",
        "left right left right left right left right left right",
        "row row row your boat row row row your boat row row row your boat",
        "one zero zero zero zero zero zero zero zero zero zero zero zero zero zero zero",
        "1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0",
        "3 3 3 3 3 3 3 3 3 3 3 3 3 3 3 3",
        "drei drei drei drei drei drei drei drei drei drei drei drei drei drei",
        "一二一二一二一二一二一二一二",
        "哈哈哈哈哈哈",
        "",
    ],
)
def test_what_people_repeat_survives(text: str) -> None:
    assert without_loops(hypothesis(text)) == hypothesis(text)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("so " + "the " * 13, "so the"),
        ("I said " + "and then " * 6 + "stop", "I said and then stop"),
        ("I see. " * 9, "I see."),
        ("we go on and on " + "and on " * 9 + "and", "we go on and"),
        ("a b c " * 4 + "a b d", "a b c a b d"),
        ("Thank you. thank YOU! " * 6, "Thank you."),
        (" ".join(f"w{i}" for i in range(32)) * 1 + "", " ".join(f"w{i}" for i in range(32))),
        (
            "one more " + " ".join(["all the same words again"] * 5),
            "one more all the same words again",
        ),
        ("the " * 20 + "cat " * 20 + "sat", "the cat sat"),
    ],
)
def test_a_loop_is_stripped_to_one_occurrence(text: str, kept: str) -> None:
    assert left(text.strip()) == kept


def test_the_longest_loop_is_one_of_32_units() -> None:
    def loop(n: int) -> str:
        return " ".join(f"w{i}" for i in range(n))

    assert left(" ".join([loop(32)] * 4)) == loop(32)
    assert left(" ".join([loop(33)] * 4)) == " ".join([loop(33)] * 4)


def test_chinese_loops_by_characters() -> None:
    assert without_loops(Hypothesis("我们" + "谢谢大家" * 5)).text == "我们谢谢大家"


words = st.sampled_from(["very", "no", "go", "left", "right", "seven", "7", "我", "们"])


@given(st.lists(words, max_size=80))
def test_without_loops_only_repeats_are_taken_and_nothing_is_left_to_take(said: list[str]) -> None:
    text = " ".join(said)

    once = without_loops(hypothesis(text))

    assert without_loops(once) is once
    assert set(once.text.split()) == set(text.split())
    kept = iter(split_units(text))
    assert all(unit.strip() in (u.strip() for u in kept) for unit in split_units(once.text))


@given(st.lists(words, max_size=11))
def test_text_of_a_few_units_is_never_a_loop(said: list[str]) -> None:
    heard = hypothesis(" ".join(said))

    assert without_loops(heard) is heard


@given(st.lists(st.from_regex(r"[a-z]{1,8}", fullmatch=True), max_size=60, unique=True))
def test_text_without_a_repeat_at_a_human_pace_passes_every_guard(said: list[str]) -> None:
    heard = hypothesis(" ".join(said))

    assert guarded(heard, voiced_s=max(0.25, len(said) / 5)) is heard


def test_more_words_than_can_be_said_lose_their_end() -> None:
    heard = hypothesis(" ".join(f"w{i}" for i in range(40)))

    capped = within_rate(heard, voiced_s=1.0)

    assert capped.text.split() == [f"w{i}" for i in range(16)]
    assert capped.words == heard.words[:16]
    assert within_rate(heard, voiced_s=4.0) is heard


def test_more_characters_fit_into_a_second_than_words() -> None:
    text = "".join(chr(0x4E00 + i) for i in range(60))

    assert len(within_rate(Hypothesis(text), voiced_s=1.0).text) == 32


@pytest.mark.parametrize(
    ("text", "needed_s"),
    [
        ("Thank you.", 0.4),
        ("thanks for watching", 0.6),
        ("Subtitles by the Amara.org community", 1.0),
        ("ご視聴ありがとうございました", 1.0),
        ("字幕由Amara.org社区提供", 0.9),
        ("Субтитры сделал DimaTorzok", 0.6),
    ],
)
def test_a_phrase_from_subtitles_is_dreamt_unless_there_was_time_to_say_it(
    text: str, needed_s: float
) -> None:
    assert is_dreamt(text, voiced_s=needed_s - 0.05)
    assert not is_dreamt(text, voiced_s=needed_s + 0.05)
    assert guarded(hypothesis(text), voiced_s=needed_s - 0.05) == Hypothesis("", (), "en", True)


@pytest.mark.parametrize("text", ["", "you", "I thank you.", "Thank you for watching the cat."])
def test_other_text_is_no_dream_however_short_the_sound(text: str) -> None:
    assert not is_dreamt(text, voiced_s=0.0)


def test_a_loop_and_its_words_go_together_where_spellings_differ() -> None:
    said = "well " + "okay " * 20
    heard = Hypothesis(
        said.strip(), tuple(Word(w.upper() + "!", i, i + 1.0) for i, w in enumerate(said.split()))
    )

    assert [word.text for word in guarded(heard, LONG_S).words] == ["WELL!", "OKAY!"]


def test_what_people_said_in_real_recordings_passes_every_guard(speech: Speech) -> None:
    said = [(row["text"], row["seconds"]) for row in speech.rows]
    said += [
        (segment["text"], segment["end"] - segment["start"])
        for row in speech.rows
        for segment in row.get("segments", ())
    ]

    lost = [
        text
        for text, seconds in said
        if guarded(Hypothesis(text), seconds / 2).text != text.strip()
    ]

    assert len(said) > 100
    assert lost == []


def test_the_most_quiet_of_real_recordings_is_worth_decoding(speech: Speech) -> None:
    with open_audio(speech.path("en_fleurs_002.ogg")) as audio:
        samples = np.concatenate(list(audio.blocks()))

    assert np.abs(samples).max() < 0.01
    assert worth_decoding(samples, voiced_s=8.0)
