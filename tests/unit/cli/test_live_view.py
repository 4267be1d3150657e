from __future__ import annotations

import io
from collections.abc import Iterable

import pytest
from rich.console import Console

from sidecar.cli.dictated import Dictated
from sidecar.cli.live_view import N_BARS, ROWS, LiveView, State, drawn
from sidecar.domain import Commit, Level, LiveEvent, Partial, SegmentFinal, Status


def view_of(events: Iterable[LiveEvent]) -> LiveView:
    dictated = Dictated()
    view = LiveView(dictated)
    for event in events:
        dictated.take(event)
        view.take(event)
    return view


def shown(view: LiveView, *, styled: bool = False, width: int = 100) -> list[str]:
    console = Console(
        file=io.StringIO(),
        width=width,
        force_terminal=styled,
        color_system="standard" if styled else None,
        legacy_windows=False,
    )
    console.print(view)
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def level(start_s: float, *peaks: float, speech: float = 1.0) -> Level:
    n = len(peaks)
    return Level(start_s, 0.032, peaks, (0.0,) * n, (speech,) * n)


def status(state: State, lag_s: float = 0.0) -> Status:
    return Status(state, lag_s, 0.3, 0.5)


def test_before_anything_is_said_there_is_one_line() -> None:
    [line] = shown(view_of([]))

    assert line.startswith("0:00 ")
    assert line.endswith("the engine is starting; speak, nothing is lost  Ctrl-C ends")


def test_settled_text_is_plain_and_tentative_text_dimmed() -> None:
    view = view_of([Commit(0, 0, "the cat", 0.0, 1.0), Partial(0, 0, " sat", 0)])

    text, _ = shown(view, styled=True)

    assert text == "the cat\x1b[2m sat\x1b[0m"


def test_the_space_that_joins_a_segment_to_the_one_before_is_not_shown() -> None:
    finals: list[LiveEvent] = [
        Commit(0, 0, "one", 0.0, 1.0),
        SegmentFinal(0, "one", 0.0, 1.0, "pause"),
    ]

    assert shown(view_of([*finals, Partial(1, 0, " two", 0)]))[0] == "two"
    assert shown(view_of([*finals, Commit(1, 3, " two", 2.0, 2.5)]))[0] == "two"


def test_a_final_segment_is_drawn_no_more() -> None:
    view = view_of([Commit(0, 0, "one", 0.0, 1.0), SegmentFinal(0, "one", 0.0, 1.0, "pause")])

    assert len(shown(view)) == 1


def test_the_meter_shows_loudness_in_decibels_and_how_long_it_has_heard() -> None:
    bins = [level(65.0, *(0.0,) * N_BARS), level(65.768, 0.0005, 0.0316, 1.0)]

    [line] = shown(view_of([*bins, status("speech")]))

    assert line == f"1:05 {' ' * (N_BARS - 3)} ▄█ speech  Ctrl-C ends"


def test_speech_is_drawn_differently_from_noise() -> None:
    [line] = shown(view_of([level(0.0, 1.0), level(0.032, 1.0, speech=0.1)]), styled=True)

    assert "\x1b[32m█\x1b[0m\x1b[2m█\x1b[0m" in line


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("listening", "listening"),
        ("trailing", "pause"),
        ("recovering", "the engine is being replaced; nothing is lost"),
        ("behind", "the engine is slow; text comes later, nothing is lost"),
        ("draining", "finishing"),
    ],
)
def test_every_state_is_said_in_words(state: State, said: str) -> None:
    assert said in shown(view_of([status(state)]))[0]


def test_lateness_is_said_once_it_matters() -> None:
    assert "behind" not in shown(view_of([status("speech", 1.0)]))[0]
    assert "speech, 4 s behind" in shown(view_of([status("speech", 4.2)]))[0]


def test_of_a_long_open_segment_the_end_is_shown() -> None:
    words = " ".join(f"word{n:03}" for n in range(100))

    lines = shown(view_of([Commit(0, 0, words, 0.0, 9.0)]), width=40)

    assert len(lines) == 1 + ROWS + 1
    assert lines[0] == "…"
    assert lines[ROWS].endswith("word099")


def test_a_line_never_wraps_on_a_narrow_terminal() -> None:
    assert len(shown(view_of([status("recovering", 5.0)]), width=30)) == 1


def test_text_cannot_command_the_terminal() -> None:
    view = view_of([Commit(0, 0, "a\x1b]0;title\x07", 0.0, 1.0), Partial(0, 0, "\x1b[2J", 0)])

    assert shown(view)[0] == "a\ufffd]0;title\ufffd\ufffd[2J"


def test_what_is_no_terminal_is_not_drawn_on() -> None:
    console = Console(file=io.StringIO(), force_terminal=False)

    with drawn(view_of([]), console):
        pass

    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue() == ""
