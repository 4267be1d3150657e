from __future__ import annotations

import pytest

from benchmarks._account import (
    Account,
    committed_words,
    first_text_s,
    level_delays_s,
    retractions,
    shown,
)
from sidecar.domain import (
    Commit,
    Final,
    Level,
    LiveEvent,
    Partial,
    SegmentFinal,
    Timings,
    Word,
)


def final(text: str, audio_s: float = 4.0) -> Final:
    return Final(text, None, "scripted", Timings(audio_s, 3.0, 1.0, 4.0), "close", True)


def ended(text: str, segment: int = 0) -> SegmentFinal:
    return SegmentFinal(segment, text, 0.0, 1.0, "pause")


def told(*events: LiveEvent) -> Account:
    """One event every tenth of a second."""
    return Account(told=[(n / 10, event) for n, event in enumerate(events)])


def level(start_s: float, n_bins: int) -> Level:
    zeros = (0.0,) * n_bins
    return Level(start_s, 0.032, zeros, zeros, zeros)


def test_text_that_only_grows_and_ends_as_committed_is_no_retraction() -> None:
    account = told(
        Commit(0, 0, "the", 0.0, 0.4),
        Commit(0, 3, " cat", 0.4, 0.9),
        ended("the cat"),
        ended("", segment=1),
        final("the cat"),
    )

    assert retractions(account) == 0


@pytest.mark.parametrize(
    "events",
    [
        (Commit(0, 0, "the", 0.0, 0.4), Commit(0, 2, " cat", 0.4, 0.9), final("the cat")),
        (Commit(0, 0, "the", 0.0, 0.4), ended("thy"), final("the")),
        (Commit(0, 0, "the", 0.0, 0.4), ended("the"), final("the cat")),
        (ended("the"), final("")),
    ],
)
def test_every_contradiction_is_a_retraction(events: tuple[LiveEvent, ...]) -> None:
    assert retractions(told(*events)) == 1


def test_committed_and_tentative_text_are_shown_together() -> None:
    account = told(
        Partial(0, 0, "the cat", 0),
        Commit(0, 0, "the", 0.0, 0.4),
        Partial(0, 1, " cap sat", 0),
        Commit(0, 3, " cat sat", 0.4, 1.0),
        ended("the cat sat"),
        Partial(1, 0, " down", 0),
    )

    assert shown(account) == [
        "the cat",
        "the cat",
        "the cap sat",
        "the cat sat",
        "the cat sat",
        "the cat sat down",
    ]


def test_what_is_gone_before_a_screen_could_show_it_was_never_shown() -> None:
    account = Account(told=[(1.0, Partial(0, 0, "a", 0)), (1.0, Partial(0, 1, "b", 0))])

    assert shown(account) == ["b"]


def test_words_have_the_time_of_their_commit() -> None:
    words = (Word("the", 0.0, 0.4), Word("cat", 0.4, 0.9))

    account = Account(told=[(2.5, Commit(0, 0, "the cat", 0.0, 0.9, words))])

    assert committed_words(account) == [(0.4, 2.5), (0.9, 2.5)]


def test_the_first_text_is_the_first_that_is_not_empty() -> None:
    assert first_text_s(told(Partial(0, 0, "", 0), Partial(0, 1, "a", 0))) == 0.1
    assert first_text_s(told(Commit(0, 0, "a", 0.0, 0.4))) == 0.0
    assert first_text_s(told(ended(""))) is None


def test_a_level_is_as_late_as_the_last_frame_that_its_chunk_completes() -> None:
    account = Account(
        pushed=[(1600, 0.1), (1700, 0.2), (3200, 0.3)],  # 3 frames, none, 3 more
        told=[(0.13, level(0.0, 2)), (0.14, level(0.064, 1)), (0.31, level(0.096, 3))],
    )

    assert level_delays_s(account) == pytest.approx([0.04, 0.01])


def test_a_level_that_never_comes_is_not_overlooked() -> None:
    with pytest.raises(ValueError, match="never came"):
        level_delays_s(Account(pushed=[(1600, 0.1)]))


def test_the_speaker_waits_from_the_stop_to_the_end() -> None:
    account = Account(stopped_s=3.0, told=[(4.5, final("the"))])

    assert account.stop_to_final_s == 1.5


@pytest.mark.parametrize("events", [(), (final(""), final("")), (final(""), ended(""))])
def test_a_dictation_ends_once_and_with_its_end(events: tuple[LiveEvent, ...]) -> None:
    with pytest.raises(ValueError, match="ends once"):
        _ = told(*events, ended("")).final if not events else told(*events).final
