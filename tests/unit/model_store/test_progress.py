from __future__ import annotations

from sidecar.model_store.progress import Meter
from sidecar.testing.clock import ManualClock
from tests.unit.model_store.hub import Told


def test_pace_and_time_left_are_those_of_the_last_seconds() -> None:
    clock, told = ManualClock(), Told()
    meter = Meter("downloading", 1000, clock, told, done=200)

    clock.advance(1)
    meter.add(100)
    for _ in range(20):
        clock.advance(1)
        meter.add(10)

    first, second, last = told.events[0], told.events[1], told.events[-1]
    assert (first.done, first.total, first.bytes_per_s, first.left_s) == (200, 1000, None, None)
    assert (second.done, second.bytes_per_s, second.left_s) == (300, 100, 7)
    assert (last.done, last.bytes_per_s, last.left_s) == (500, 10, 50)


def test_it_is_told_a_few_times_a_second_and_at_the_end() -> None:
    clock, told = ManualClock(), Told()
    meter = Meter("checking", 1000, clock, told)

    for _ in range(1000):
        clock.advance(0.001)
        meter.add(1)

    assert 4 <= len(told.events) <= 8
    assert told.events[-1].done == 1000


def test_what_is_lost_is_no_pace() -> None:
    clock, told = ManualClock(), Told()
    meter = Meter("downloading", 1000, clock, told)
    clock.advance(1)
    meter.add(300)

    meter.lose(300)
    clock.advance(1)
    meter.add(100)

    assert told.events[-1].done == 100
    assert told.events[-1].bytes_per_s == 200  # 400 bytes came in two seconds


def test_a_pace_of_nothing_is_not_told() -> None:
    clock, told = ManualClock(), Told()
    meter = Meter("downloading", 1000, clock, told)

    clock.advance(5)
    meter.add(0)

    assert told.events[-1].left_s is None
