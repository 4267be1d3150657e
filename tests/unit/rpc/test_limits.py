from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sidecar.rpc.limits import Strikes, TokenBucket
from sidecar.testing.clock import ManualClock


def test_a_burst_is_let_through_and_then_the_rate_counts() -> None:
    clock = ManualClock()
    bucket = TokenBucket(per_s=2, burst=3, clock=clock)

    burst = [bucket.take() for _ in range(4)]
    clock.advance(0.5)
    later = [bucket.take() for _ in range(2)]

    assert burst == [0, 0, 0, 0.5]
    assert later == [0, 0.5]


def test_waiting_as_long_as_it_says_is_long_enough() -> None:
    clock = ManualClock()
    bucket = TokenBucket(per_s=7, burst=1, clock=clock)
    bucket.take()

    clock.advance(bucket.take() + 1e-9)

    assert bucket.take() == 0


@given(st.lists(st.floats(0, 5), max_size=200))
def test_never_more_than_the_burst_and_the_rate_get_through(pauses_s: list[float]) -> None:
    clock = ManualClock()
    bucket = TokenBucket(per_s=3, burst=5, clock=clock)

    taken = 0
    for pause_s in pauses_s:
        clock.advance(pause_s)
        taken += not bucket.take()

    assert taken <= 5 + 3 * clock.now_s() + 1e-6


def test_strikes_count_only_within_the_window() -> None:
    clock = ManualClock()
    strikes = Strikes(allowed=2, window_s=10, clock=clock)

    slow = []
    for _ in range(5):
        slow.append(strikes.add())
        clock.advance(6)
    fast = [strikes.add() for _ in range(2)]

    assert slow == [False] * 5
    assert fast == [False, True]


@given(st.lists(st.floats(0, 8), max_size=60))
def test_strikes_agree_with_counting_all_times(pauses_s: list[float]) -> None:
    clock = ManualClock()
    strikes = Strikes(allowed=3, window_s=10, clock=clock)
    times: list[float] = []

    for pause_s in pauses_s:
        clock.advance(pause_s)
        times.append(clock.now_s())
        within = sum(clock.now_s() - time_s <= 10 for time_s in times)

        assert strikes.add() == (within > 3)
