from __future__ import annotations

import html
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.domain import Segment, Timings, Transcript, Word
from sidecar.text.cues import make_cues
from sidecar.text.formats import Format, render, render_partial

SEGMENTS = (
    Segment(
        0.5,
        1.7,
        "good morning",
        (Word("good", 0.5, 0.8, 0.91234), Word("morning", 0.8, 1.7)),
        "en-US",
    ),
    Segment(3661.0, 3662.5, "1 < 2 & 3 > 2"),
)
TRANSCRIPT = Transcript(
    "good morning 1 < 2 & 3 > 2",
    SEGMENTS,
    "en-US",
    "builtin",
    Timings(audio_s=3700.0, speech_s=2.7, decode_s=0.4, total_s=1.2345),
    ("Read this.",),
)
SILENCE = Transcript("", (), None, "builtin", Timings(1.0, 0.0, 0.0, 0.1))


def test_text_is_the_transcript_and_a_newline() -> None:
    assert render(Format.TXT, "a.wav", TRANSCRIPT) == "good morning 1 < 2 & 3 > 2\n"


def test_subtitles_for_players_use_a_comma_before_the_milliseconds() -> None:
    assert render(Format.SRT, "a.wav", TRANSCRIPT) == (
        "1\n00:00:00,500 --> 00:00:01,700\ngood morning\n"
        "\n"
        "2\n01:01:01,000 --> 01:01:02,500\n1 < 2 & 3 > 2\n"
    )


def test_subtitles_for_the_web_use_a_point_and_escape_markup() -> None:
    assert render(Format.VTT, "a.wav", TRANSCRIPT) == (
        "WEBVTT\n"
        "\n00:00:00.500 --> 00:00:01.700\ngood morning\n"
        "\n01:01:01.000 --> 01:01:02.500\n1 &lt; 2 &amp; 3 &gt; 2\n"
    )


def test_json_is_one_line_with_times_in_milliseconds() -> None:
    line = render(Format.JSON, "a.wav", TRANSCRIPT)

    assert line.count("\n") == 1
    assert json.loads(line) == {
        "file": "a.wav",
        "partial": False,
        "text": "good morning 1 < 2 & 3 > 2",
        "language": "en-US",
        "engine": "builtin",
        "segments": [
            {
                "start_ms": 500,
                "end_ms": 1700,
                "text": "good morning",
                "language": "en-US",
                "words": [
                    {"text": "good", "start_ms": 500, "end_ms": 800, "confidence": 0.912},
                    {"text": "morning", "start_ms": 800, "end_ms": 1700, "confidence": None},
                ],
            },
            {
                "start_ms": 3661000,
                "end_ms": 3662500,
                "text": "1 < 2 & 3 > 2",
                "language": None,
                "words": [],
            },
        ],
        "timings": {"audio_ms": 3700000, "speech_ms": 2700, "decode_ms": 400, "total_ms": 1234},
        "notices": ["Read this."],
    }


def test_what_was_final_when_stopped_has_the_same_keys_and_says_that_it_is_partial() -> None:
    whole = json.loads(render(Format.JSON, "a.wav", TRANSCRIPT))

    part = json.loads(render_partial(Format.JSON, "a.wav", SEGMENTS[:1]))

    assert part.keys() == whole.keys()
    assert (part["partial"], part["text"], part["timings"]) == (True, "good morning", None)
    assert part["segments"] == whole["segments"][:1]


def test_partial_text_and_subtitles_hold_the_segments_so_far() -> None:
    assert render_partial(Format.TXT, "a.wav", SEGMENTS) == "good morning 1 < 2 & 3 > 2\n"
    assert render_partial(Format.SRT, "a", SEGMENTS) == render(Format.SRT, "a", TRANSCRIPT)


@pytest.mark.parametrize(
    ("form", "empty"), [(Format.TXT, ""), (Format.SRT, ""), (Format.VTT, "WEBVTT\n")]
)
def test_silence_is_an_empty_document(form: Format, empty: str) -> None:
    assert render(form, "a.wav", SILENCE) == empty


@pytest.mark.parametrize(
    ("start_s", "clock"),
    [
        (0.9996, "00:00:01,000"),
        (59.9999, "00:01:00,000"),
        (3599.9996, "01:00:00,000"),
        (359_999.9999, "100:00:00,000"),
        (366_123.004, "101:42:03,004"),
    ],
)
def test_rounding_carries_into_seconds_minutes_and_hours(start_s: float, clock: str) -> None:
    subtitles = render_partial(Format.SRT, "a", [Segment(start_s, start_s + 2, "hello")])

    assert subtitles.splitlines()[1].startswith(f"{clock} --> ")


TIME = r"(\d{2,}):([0-5]\d):([0-5]\d)[,.](\d{3})"


def milliseconds(hours: str, minutes: str, seconds: str, ms: str) -> int:
    return ((int(hours) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int(ms)


def parse(block: str) -> tuple[int, int, tuple[str, ...]]:
    """Read one block of subtitles back, as a player would."""
    timing, *lines = block.split("\n")
    match = re.fullmatch(f"{TIME} --> {TIME}", timing)
    assert match is not None, timing
    fields = match.groups()
    return milliseconds(*fields[:4]), milliseconds(*fields[4:]), tuple(lines)


recordings = st.lists(
    st.tuples(
        st.floats(0, 500_000, allow_nan=False),
        st.floats(0, 60, allow_nan=False),
        st.text(st.characters(codec="utf-8"), max_size=200),
    ),
    max_size=5,
).map(lambda rows: [Segment(start, start + length, text) for start, length, text in sorted(rows)])


@given(recordings)
def test_a_player_reads_back_the_cues_that_were_written(segments: list[Segment]) -> None:
    cues = [(cue.start_ms, cue.end_ms, cue.lines) for cue in make_cues(segments)]
    srt = render_partial(Format.SRT, "a", segments)
    vtt = render_partial(Format.VTT, "a", segments)

    numbered = [block.split("\n", 1) for block in srt.removesuffix("\n").split("\n\n") if block]
    header, *blocks = vtt.removesuffix("\n").split("\n\n")

    assert [int(number) for number, _ in numbered] == list(range(1, len(cues) + 1))
    assert [parse(rest) for _, rest in numbered] == cues
    assert header == "WEBVTT"
    assert "-->" not in re.sub(f"{TIME} --> {TIME}", "", vtt)
    assert [
        (start, end, tuple(map(html.unescape, lines))) for start, end, lines in map(parse, blocks)
    ] == cues


@given(recordings)
def test_json_reads_back_whatever_was_said(segments: list[Segment]) -> None:
    fields = json.loads(render_partial(Format.JSON, "a", segments))

    assert [row["text"] for row in fields["segments"]] == [segment.text for segment in segments]
    assert all(row["start_ms"] <= row["end_ms"] for row in fields["segments"])
