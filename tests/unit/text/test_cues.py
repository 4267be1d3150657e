from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.domain import Segment, Word
from sidecar.text.cues import MAX_CUE_S, MAX_NARROW, MAX_WIDE, Cue, make_cues


def spoken(text: str, start_s: float = 0.0, word_s: float = 0.3, gap_s: float = 0.0) -> Segment:
    """A segment whose words follow each other, `gap_s` apart."""
    words = []
    at_s = start_s
    for word in text.split():
        words.append(Word(word, at_s, at_s + word_s))
        at_s += word_s + gap_s
    return Segment(start_s, at_s - gap_s, text, tuple(words))


def texts(cues: tuple[Cue, ...]) -> list[str]:
    return [" ".join(cue.lines) for cue in cues]


def squeeze(text: str) -> str:
    return "".join(text.split())


def test_a_short_segment_is_one_cue_with_the_times_of_its_words() -> None:
    cues = make_cues([spoken("good morning everyone", start_s=2.0, word_s=0.5)])

    assert cues == (Cue(2000, 3500, ("good morning everyone",)),)


def test_a_long_line_is_broken_in_two_of_nearly_the_same_length() -> None:
    text = "this sentence is a little longer than one line of a subtitle"

    (cue,) = make_cues([spoken(text, word_s=0.2)])

    assert cue.lines == ("this sentence is a little longer", "than one line of a subtitle")


def test_a_pause_within_a_segment_ends_a_cue() -> None:
    segment = Segment(
        0.0,
        4.0,
        "wait for it",
        (Word("wait", 0.0, 1.2), Word("for", 1.3, 1.5), Word("it", 2.2, 4.0)),
    )

    assert texts(make_cues([segment])) == ["wait for", "it"]


def test_a_sentence_ends_a_cue_but_a_very_short_one_does_not() -> None:
    cues = make_cues([spoken('Yes. That is "quite right." Then we go on.', word_s=0.25)])

    assert texts(cues) == ['Yes. That is "quite right."', "Then we go on."]


def test_a_cue_lasts_a_second_where_there_is_room() -> None:
    cues = make_cues([spoken("hi", word_s=0.2), spoken("there", start_s=0.7, word_s=0.2)])

    assert [(cue.start_ms, cue.end_ms) for cue in cues] == [(0, 700), (700, 1700)]


def test_slow_speech_is_cut_before_seven_seconds() -> None:
    cues = make_cues([spoken("one two three four five six", word_s=2.0)])

    assert texts(cues) == ["one two three", "four five six"]


def test_the_last_word_of_a_phrase_is_not_left_alone() -> None:
    text = "this voice was made by a computer and another program is writing down every single word"

    cues = make_cues([spoken(text, word_s=0.2)])

    assert texts(cues) == [
        "this voice was made by a computer and another",
        "program is writing down every single word",
    ]


def test_a_single_word_longer_than_seven_seconds_ends_early() -> None:
    (cue,) = make_cues([spoken("ommm", word_s=20.0)])

    assert (cue.start_ms, cue.end_ms) == (0, 7000)


def test_chinese_is_joined_without_spaces_on_lines_of_twenty_characters() -> None:
    text = "今天我们来讨论一下如何把语音变成文字并且让每一个字都有准确的时间"

    (cue,) = make_cues([Segment(0.0, 6.0, text)])

    assert "".join(cue.lines) == text
    assert [len(line) for line in cue.lines] == [16, 16]


def test_a_line_never_starts_with_closing_punctuation() -> None:
    text = "你好、世界。" * 5

    cues = make_cues([Segment(0.0, 6.0, text)])

    starts = {line[0] for cue in cues for line in cue.lines}
    assert starts <= {"你", "世", "好", "界"}


def test_latin_words_inside_chinese_text_stay_whole() -> None:
    text = "我用Python写了一个非常有用的小程序来处理transcription的结果"

    lines = [line for cue in make_cues([Segment(0.0, 5.0, text)]) for line in cue.lines]

    assert "".join(lines) == text
    assert sum("Python" in line for line in lines) == 1
    assert sum("transcription" in line for line in lines) == 1


def test_korean_keeps_its_spaces() -> None:
    assert texts(make_cues([Segment(0.0, 2.0, "안녕하세요 여러분")])) == ["안녕하세요 여러분"]


def test_a_segment_without_word_times_is_shared_out_by_its_letters() -> None:
    text = "x" * 20 + " " + "y" * 20 + " " + "z" * 20 + " " + "w" * 20 + " " + "v" * 20

    cues = make_cues([Segment(10.0, 15.0, text)])

    assert [(cue.start_ms, cue.end_ms) for cue in cues] == [(10_000, 13_000), (13_000, 15_000)]


def test_words_that_differ_from_the_text_do_not_lose_any_of_it() -> None:
    segment = Segment(0.0, 2.0, "I have 20 apples", spoken("i have twenty apples").words)

    assert texts(make_cues([segment])) == ["I have 20 apples"]


def test_punctuation_that_the_words_lack_takes_their_times() -> None:
    words = spoken("hello there friend", word_s=0.5).words

    cues = make_cues([Segment(0.0, 9.0, "Hello there... Friend!", words)])

    assert [(cue.start_ms, cue.end_ms) for cue in cues] == [(0, 1000), (1000, 2000)]
    assert texts(cues) == ["Hello there...", "Friend!"]


def test_a_word_longer_than_a_line_is_cut_without_losing_a_letter() -> None:
    word = "a" * 150

    lines = [line for cue in make_cues([spoken(word, word_s=4.0)]) for line in cue.lines]

    assert "".join(lines) == word
    assert max(map(len, lines)) <= MAX_NARROW


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_silence_gives_no_cue(text: str) -> None:
    assert make_cues([Segment(0.0, 1.0, text)]) == ()


letters = st.sampled_from('abzéßñ7.,!?()"&<>今天。「」ーカ안녕ไม่👍')
words = st.text(letters, min_size=1, max_size=30)
seconds = st.floats(0, 30, allow_nan=False)


@st.composite
def transcripts(draw: st.DrawFn) -> list[Segment]:
    segments = []
    at_s = draw(st.floats(0, 400_000, allow_nan=False))
    for _ in range(draw(st.integers(0, 4))):
        start_s = at_s
        heard = []
        for text in draw(st.lists(words, max_size=25)):
            end_s = at_s + draw(seconds) / 10
            heard.append(Word(text, at_s, end_s))
            at_s = end_s + draw(st.sampled_from([0.0, 0.05, 0.7]))
        text = draw(st.sampled_from([" ", "", "  "])).join(word.text for word in heard)
        given_words = tuple(heard) if draw(st.booleans()) else ()
        segments.append(Segment(start_s, at_s, text, given_words))
    return segments


@given(transcripts())
def test_any_transcript_becomes_ordered_readable_cues_that_hold_all_of_it(
    segments: list[Segment],
) -> None:
    cues = make_cues(segments)

    said = squeeze("".join(segment.text for segment in segments))
    assert squeeze("".join("".join(cue.lines) for cue in cues)) == said
    for cue, after in pairwise(cues):
        assert cue.end_ms <= after.start_ms
    for cue in cues:
        assert 0 < cue.end_ms - cue.start_ms <= MAX_CUE_S * 1000
        assert 1 <= len(cue.lines) <= 2
        assert all(line == line.strip() != "" for line in cue.lines)
        assert all(len(line) <= MAX_NARROW for line in cue.lines)
        assert all(
            sum(char in "今天。「」ーカไม่" for char in line) <= MAX_WIDE for line in cue.lines
        )
