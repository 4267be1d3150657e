from __future__ import annotations

import io

from rich.console import Console, RenderableType

from sidecar.cli.demo import comparison, segment_table, waveform, word_table
from sidecar.domain import Level, Segment, Word


def shown(renderable: RenderableType) -> list[str]:
    console = Console(file=io.StringIO(), width=100, color_system=None)
    console.print(renderable)
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def level(start_s: float, *peaks: float, speech: float = 1.0) -> Level:
    n = len(peaks)
    return Level(start_s, 0.5, peaks, (0.0,) * n, (speech,) * n)


def test_the_waveform_has_one_bar_per_column_as_high_as_its_loudest_bin() -> None:
    text = waveform([level(0.0, 0.0, 0.5, 1.0, 0.1)], total_s=2.0, width=2)

    assert text.plain.split("\n") == [" █", "▄█", "██"]


def test_speech_is_drawn_differently_from_noise() -> None:
    text = waveform(
        [level(0.0, 1.0, speech=0.9), level(0.5, 1.0, speech=0.1)], total_s=1.0, width=2
    )

    styles = [str(span.style) for span in text.spans if span.style]
    assert styles == ["green", "dim"] * 3


def test_a_lost_level_event_leaves_a_gap_and_moves_nothing() -> None:
    text = waveform([level(0.0, 1.0), level(1.5, 1.0)], total_s=2.0, width=4)

    assert text.plain.split("\n") == ["█  █"] * 3


def test_a_recording_longer_than_announced_still_fits() -> None:
    text = waveform([level(9.0, 1.0)], total_s=1.0, width=3)

    assert text.plain.split("\n") == ["  █"] * 3


def test_segments_are_shown_with_their_times() -> None:
    segments = [Segment(0.24, 0.9, "hello"), Segment(1.24, 12.5, "hello [there]")]

    assert shown(segment_table(segments)) == [
        "0.2 - 0.9 s   hello",
        "1.2 - 12.5 s  hello [there]",
    ]


def test_words_are_listed_downwards_with_times_and_confidence() -> None:
    words = [Word(f"w{i}", i, i + 0.25, 0.5 if i else None) for i in range(7)]

    lines = shown(word_table(words))

    assert " ".join(lines[1].split()) == "w0 0.00 0.25 w3 3.00 3.25 50% w6 6.00 6.25 50%"
    assert len(lines) == 4


def test_an_engine_without_word_times_gives_an_empty_table() -> None:
    assert len(shown(word_table([]))) <= 1


def test_the_comparison_shows_both_texts_and_how_far_they_are_apart() -> None:
    said, heard, rate = shown(comparison("Good morning, everyone.", "good mourning everyone"))

    assert said == "said:  good morning everyone"
    assert heard == "heard: good mourning everyone"
    assert rate == "word error rate 33.3%: 1 of 3 words"
