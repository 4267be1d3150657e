from __future__ import annotations

from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from sidecar.domain import KeptRecording
from sidecar.session.retention import DAY_S, Retention, Stored, doomed

NOW_S = 1_000 * DAY_S

State = Literal["open", "interrupted", "finished"]


def stored(
    name: str, state: State, *, days_old: float = 0.0, n_bytes: int = 100, audio_s: float = 1.0
) -> Stored:
    written_s = NOW_S - days_old * DAY_S
    return Stored(KeptRecording(name, state, written_s, audio_s, "builtin"), n_bytes, written_s)


@st.composite
def journals(draw: st.DrawFn) -> list[Stored]:
    each = st.builds(
        stored,
        st.text("abcdef", min_size=8, max_size=8),
        st.sampled_from(["open", "interrupted", "finished"]),
        days_old=st.floats(0, 60),
        n_bytes=st.integers(0, 1000),
        audio_s=st.sampled_from([0.0, 1.0]),
    )
    return draw(st.lists(each, max_size=12, unique_by=lambda stored: stored.recording.name))


def test_by_default_a_finished_recording_goes_at_once_and_an_interrupted_one_after_a_month() -> (
    None
):
    journal = [
        stored("finished", "finished"),
        stored("recent", "interrupted", days_old=29.9),
        stored("old", "interrupted", days_old=30.1),
        stored("running", "open", days_old=40),
    ]

    assert doomed(journal, Retention(), NOW_S) == ("finished", "old")


def test_finished_recordings_stay_as_long_as_they_are_wanted() -> None:
    journal = [stored("a", "finished", days_old=6.9), stored("b", "finished", days_old=7.1)]

    assert doomed(journal, Retention(finished_s=7 * DAY_S), NOW_S) == ("b",)


def test_an_interrupted_recording_without_a_sample_is_not_worth_keeping() -> None:
    assert doomed([stored("a", "interrupted", audio_s=0)], Retention(), NOW_S) == ("a",)


def test_room_is_made_by_the_oldest_finished_ones_then_by_the_oldest_interrupted_ones() -> None:
    journal = [
        stored("interrupted-2", "interrupted", days_old=2),
        stored("finished-1", "finished", days_old=1),
        stored("interrupted-9", "interrupted", days_old=9),
        stored("finished-3", "finished", days_old=3),
    ]

    gone = [
        doomed(journal, Retention(finished_s=99 * DAY_S, max_bytes=n * 100), NOW_S)
        for n in (4, 3, 2, 1, 0)
    ]

    assert [len(names) for names in gone] == [0, 1, 2, 3, 4]
    assert gone[-1] == ("finished-3", "finished-1", "interrupted-9", "interrupted-2")


@given(journals(), st.floats(0, 60), st.floats(0, 60), st.integers(0, 3000))
def test_only_what_may_go_goes_and_no_more_than_is_needed(
    journal: list[Stored], finished_days: float, interrupted_days: float, max_bytes: int
) -> None:
    retention = Retention(finished_days * DAY_S, interrupted_days * DAY_S, max_bytes)

    names = doomed(journal, retention, NOW_S)

    gone = [each for each in journal if each.recording.name in names]
    left = [each for each in journal if each.recording.name not in names]
    assert len(set(names)) == len(names) == len(gone)
    assert all(each.recording.state != "open" for each in gone)
    in_time = [
        each
        for each in gone
        if each.recording.audio_s
        and NOW_S - each.written_s
        < (retention.finished_s if each.recording.state == "finished" else retention.interrupted_s)
    ]
    n_left = sum(each.n_bytes for each in left)
    if in_time:  # they made room, and the last of them was needed
        last = next(each for each in journal if each.recording.name == names[-1])
        assert n_left + last.n_bytes > max_bytes
        assert not any(
            each.recording.state == "interrupted" and NOW_S - each.written_s < DAY_S
            for each in in_time
        )
    if n_left > max_bytes:  # then nothing that is left may go for that
        assert all(
            each.recording.state == "open" or NOW_S - each.written_s < DAY_S for each in left
        )
        assert not any(each.recording.state == "finished" for each in left)
