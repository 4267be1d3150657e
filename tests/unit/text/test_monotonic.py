from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from transformers.models.qwen3_asr.processing_qwen3_asr import _fix_timestamps

from sidecar.text.monotonic import in_order

TIMES = st.lists(st.integers(0, 40).map(lambda index: index * 80))


def test_times_in_order_stay_as_they_are() -> None:
    assert in_order([0, 80, 80, 240]) == (0, 80, 80, 240)


def test_a_time_out_of_order_moves_to_the_right_one_before_it() -> None:
    assert in_order([80, 240, 4000, 320, 400]) == (80, 240, 240, 320, 400)


def test_of_two_times_out_of_order_each_moves_to_its_own_side() -> None:
    assert in_order([80, 240, 4000, 3920, 320, 400]) == (80, 240, 240, 320, 320, 400)


def test_more_times_out_of_order_are_spread_evenly() -> None:
    times = in_order([0, 80, 4000, 3920, 3840, 160, 240, 320, 400])

    assert times == (0, 80, 100, 120, 140, 160, 240, 320, 400)


def test_times_out_of_order_at_an_end_become_the_nearest_right_one() -> None:
    assert in_order([800, 0, 80, 160]) == (0, 0, 80, 160)
    assert in_order([0, 80, 160, 40, 30, 20]) == (0, 80, 160, 160, 160, 160)


def test_no_times_are_in_order() -> None:
    assert in_order([]) == ()


@given(TIMES)
def test_whatever_the_times_were_they_never_fall(times: list[int]) -> None:
    ordered = in_order(times)

    assert list(ordered) == sorted(ordered)
    assert len(ordered) == len(times)


@given(TIMES.filter(bool))
def test_the_official_implementation_finds_the_same_times(times: list[int]) -> None:
    assert list(in_order(times)) == _fix_timestamps(np.array(times, np.float32))


@given(TIMES)
def test_times_that_were_put_in_order_stay(times: list[int]) -> None:
    assert in_order(in_order(times)) == in_order(times)
