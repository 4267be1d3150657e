from __future__ import annotations

import threading

import pytest

from sidecar.convert.progress import Progress
from sidecar.convert.team import Team, left_alone
from sidecar.errors import CancelledError


def progress(*, aborted: bool = False) -> Progress:
    return Progress(lambda *_: None, lambda: aborted)


def work_until_told(progress: Progress, begun: threading.Event) -> None:
    begun.set()
    while True:
        progress.add(1)


def test_all_parts_are_done_when_the_block_is_left() -> None:
    barrier = threading.Barrier(2)  # they run at once, or never

    with Team(progress()) as team:
        one = team.start(lambda: (barrier.wait(), "one")[1])
        two = team.start(lambda: (barrier.wait(), "two")[1])

    assert (one.result(), two.result()) == ("one", "two")


def test_one_that_fails_ends_the_others_and_is_what_is_told() -> None:
    shared, begun = progress(), threading.Event()

    def fail() -> None:
        begun.wait()
        raise ValueError("the cause")

    def work() -> None:
        with Team(shared) as team:
            team.start(work_until_told, shared, begun)
            team.start(fail)

    with pytest.raises(ValueError, match="the cause"):
        work()


def test_a_wish_to_stop_ends_all() -> None:
    stop, begun = threading.Event(), threading.Event()
    shared = Progress(lambda *_: None, stop.is_set)

    def work() -> None:
        with Team(shared) as team:
            team.start(work_until_told, shared, begun)
            begun.wait()
            stop.set()

    with pytest.raises(CancelledError):
        work()


def test_an_interrupt_while_parts_are_started_ends_them() -> None:
    shared, begun = progress(), threading.Event()

    def work() -> None:
        with Team(shared) as team:
            team.start(work_until_told, shared, begun)
            begun.wait()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()


def test_what_cannot_be_interrupted_is_left_alone() -> None:
    released, ended = threading.Event(), threading.Event()

    def work() -> None:
        released.wait()
        ended.set()

    with pytest.raises(CancelledError):
        left_alone(work, progress(aborted=True).check)

    assert not ended.is_set()
    released.set()
    assert ended.wait(10)


def test_what_is_left_alone_may_fail() -> None:
    def work() -> None:
        raise OSError("full")

    with pytest.raises(OSError, match="full"):
        left_alone(work, lambda: None)


def test_progress_is_told_by_the_hundredth_and_never_beyond() -> None:
    told: list[tuple[str, int, int]] = []
    counting = Progress(lambda *step: told.append(step), lambda: False)

    counting.begin("converting", 1000)
    for _ in range(300):
        counting.add(4)
    counting.begin("checking", 10)

    assert told[0] == ("converting", 0, 1000)
    assert told[-2:] == [("converting", 1000, 1000), ("checking", 0, 10)]
    assert 50 < len(told) <= 103
    assert [done for _, done, _ in told[:-1]] == sorted({done for _, done, _ in told[:-1]})
