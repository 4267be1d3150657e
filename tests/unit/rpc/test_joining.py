from __future__ import annotations

from sidecar.protocol.messages import DeltaEvent, LevelEvent, ProgressEvent
from sidecar.rpc.joining import MAX_BINS, MAX_DELTA, join_events


def level(start_ms: int, *values: int, bin_ms: int = 32) -> LevelEvent:
    return LevelEvent(
        start_ms=start_ms,
        bin_ms=bin_ms,
        peak_permille=values,
        rms_permille=tuple(value // 2 for value in values),
        speech_permille=tuple(value // 3 for value in values),
    )


def test_levels_that_follow_one_another_become_one_with_all_their_bins() -> None:
    assert join_events(level(64, 10, 20), level(128, 30)) == level(64, 10, 20, 30)


def test_levels_with_a_gap_between_or_other_bins_stay_apart() -> None:
    assert join_events(level(0, 10), level(64, 20)) is None
    assert join_events(level(0, 10), level(32, 20, bin_ms=16)) is None


def test_no_more_bins_are_joined_than_an_event_may_have() -> None:
    full = level(0, *[1] * MAX_BINS)

    assert join_events(full, level(MAX_BINS * 32, 1)) is None


def test_what_a_model_writes_is_joined_as_far_as_an_event_may_hold_it() -> None:
    full = DeltaEvent(text="a" * MAX_DELTA)

    assert join_events(DeltaEvent(text="Hel"), DeltaEvent(text="lo")) == DeltaEvent(text="Hello")
    assert join_events(full, DeltaEvent(text="b")) is None


def test_events_without_a_way_to_join_stay_apart() -> None:
    progress = ProgressEvent(phase="loading", done_ms=0)

    assert join_events(progress, progress) is None
