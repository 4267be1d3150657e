import os

from hypothesis import given
from hypothesis import strategies as st

from sidecar.inference.threads import BUSY, LAST_RETRY_S, LOOK_S, Threads, physical_cores


def run(threads: Threads, seconds: float, waiting: float = 1.0, step_s: float = 1 / 16) -> None:
    """Steps of which each thread's own time is `waiting` times shorter."""
    for _ in range(round(seconds / step_s)):
        threads.took(step_s, step_s * threads.count / waiting)


def test_all_cores_are_used_while_they_are_free() -> None:
    threads = Threads(4)

    run(threads, 60)

    assert threads.count == 4


def test_threads_that_wait_for_their_cores_are_taken_away_one_by_one() -> None:
    threads = Threads(4)

    run(threads, LOOK_S, waiting=2)
    assert threads.count == 3
    run(threads, 5 * LOOK_S, waiting=2)

    assert threads.count == 1


def test_a_single_slow_step_changes_nothing() -> None:
    threads = Threads(2)

    threads.took(0.125, 0.06)
    run(threads, 10)

    assert threads.count == 2


def test_they_come_back_when_the_cores_are_free_again() -> None:
    threads = Threads(4)
    run(threads, 3, waiting=3)

    run(threads, 60)

    assert threads.count == 4


def test_beside_a_program_that_stays_a_try_becomes_rare() -> None:
    threads = Threads(2)
    tries = 0

    for _ in range(round(600 / LOOK_S)):  # two threads disturb each other, one alone does not
        tries += threads.count == 2
        run(threads, LOOK_S, waiting=BUSY + 0.2 if threads.count == 2 else 1)

    assert 5 < tries < 600 / LAST_RETRY_S + 6


@given(
    st.integers(1, 8),
    st.lists(st.tuples(st.floats(0, 3), st.floats(0, 9)), max_size=60),
)
def test_there_is_always_one_and_never_more_than_cores(
    most: int, steps: list[tuple[float, float]]
) -> None:
    threads = Threads(most)

    for wall_s, cpu_s in steps:
        threads.took(wall_s, cpu_s)
        assert 1 <= threads.count <= most


def test_cores_are_counted() -> None:
    assert 1 <= physical_cores() <= (os.cpu_count() or 1)
