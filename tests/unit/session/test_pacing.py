from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.domain import SAMPLE_RATE_HZ
from sidecar.session.pacing import Load, Pace, Passed
from sidecar.vad.spans import OpenSpan


def open_span(audio_s: float, voiced_s: float | None = None, silence_s: float = 0.0) -> OpenSpan:
    samples = np.zeros(round(audio_s * SAMPLE_RATE_HZ), np.float32)
    return OpenSpan(0, samples, audio_s if voiced_s is None else voiced_s, silence_s)


def after_passes(*took_s: float) -> Pace:
    pace = Pace()
    for each_s in took_s:
        pace.partial_took(each_s)
    return pace


def late(pace: Pace, *lags_s: float, from_s: float = 0.0) -> list[Load]:
    """The load after each second of such lags."""
    loads = []
    for i, lag_s in enumerate(lags_s):
        pace.look(from_s + i, lag_s)
        loads.append(pace.load)
    return loads


@pytest.mark.parametrize(
    ("span", "passed", "due"),
    [
        (open_span(1.0, 0.7), Passed(), False),
        (open_span(1.0, 0.8), Passed(), True),
        (open_span(1.0, 0.9, silence_s=0.2), Passed(), False),
        (open_span(2.0), Passed(1.75, 1.7), False),
        (open_span(2.0), Passed(1.5, 1.5), True),
        (open_span(3.0, 1.7), Passed(1.5, 1.5), False),
    ],
    ids=["little voice", "enough", "pause", "too soon", "new audio", "new audio without voice"],
)
def test_a_partial_is_due_after_enough_new_voice_that_goes_on(
    span: OpenSpan, passed: Passed, *, due: bool
) -> None:
    assert Pace().is_due(span, passed) is due


@pytest.mark.parametrize(("took_s", "interval_s"), [(0.01, 0.3), (0.6, 1.2), (9.0, 4.0)])
def test_passes_take_at_most_half_of_the_time_within_limits(
    took_s: float, interval_s: float
) -> None:
    assert after_passes(took_s).interval_s == pytest.approx(interval_s)


def test_one_slow_pass_changes_the_interval_only_a_little() -> None:
    pace = after_passes(0.5, 0.5, 0.5, 1.5)

    assert 1.0 < pace.interval_s < 2.0


def test_passes_come_closer_where_more_of_them_must_agree() -> None:
    assert Pace(2).interval_s == Pace(0).interval_s == 0.3
    assert Pace(3).interval_s == pytest.approx(0.2)


def test_each_lag_has_its_step_down_which_comes_at_once() -> None:
    assert late(Pace(), 0, 1.6, 8.1, 20.1) == [
        Load.EASY,
        Load.STRETCHED,
        Load.FINALS_ONLY,
        Load.BEHIND,
    ]


def test_a_step_up_comes_after_ten_healthy_seconds_and_then_another() -> None:
    pace = Pace()
    late(pace, 9.0)

    loads = late(pace, *[0.0] * 22, from_s=1)

    assert loads == [Load.FINALS_ONLY] * 10 + [Load.STRETCHED] * 10 + [Load.EASY] * 2


def test_a_relapse_starts_the_healthy_seconds_anew() -> None:
    pace = Pace()
    late(pace, 2.0)

    loads = late(pace, *[0.0] * 9, 2.0, *[0.0] * 10, from_s=1)

    assert set(loads) == {Load.STRETCHED}


def test_a_loaded_engine_is_asked_for_rarer_partials_and_then_for_none() -> None:
    stretched, busy = Pace(), Pace()
    late(stretched, 2.0)
    late(busy, 9.0)

    assert stretched.interval_s == 2 * Pace().interval_s
    assert not busy.is_due(open_span(9.0), Passed())


def test_passes_that_outlast_the_longest_interval_stretch_it() -> None:
    pace = after_passes(3.0)

    assert late(pace, 0.0) == [Load.STRETCHED]


def test_an_engine_slower_than_speech_is_behind_after_half_a_minute_of_lag() -> None:
    pace = Pace()
    pace.segment_took(15.0, audio_s=10.0)

    loads = late(pace, *[2.0] * 31)

    assert loads[:30] == [Load.STRETCHED] * 30
    assert loads[30] is Load.BEHIND


def test_a_slow_engine_that_keeps_up_in_pauses_is_not_behind() -> None:
    pace = Pace()
    pace.segment_took(15.0, audio_s=10.0)

    loads = late(pace, *[2.0] * 20, 0.5, *[2.0] * 20)

    assert Load.BEHIND not in loads


def test_rtf_is_that_of_the_last_segments() -> None:
    pace = Pace()
    for took_s in (1.0, 1.0, 1.0, 2.0):
        pace.segment_took(took_s, audio_s=10.0)

    assert 0.1 < pace.rtf < 0.2


@given(
    st.lists(st.floats(0, 30)),
    st.lists(st.floats(0, 60)),
    st.lists(st.tuples(st.floats(0, 60), st.floats(0.032, 30))),
)
def test_whatever_is_measured_the_pace_stays_within_its_limits(
    took_s: list[float], lags_s: list[float], segments: list[tuple[float, float]]
) -> None:
    pace = after_passes(*took_s)
    for segment_s, audio_s in segments:
        pace.segment_took(segment_s, audio_s)

    loads = late(pace, *lags_s)

    assert 0.3 <= pace.interval_s <= 8.0
    assert pace.rtf >= 0
    for before, after in pairwise(loads):
        assert after >= before - 1
