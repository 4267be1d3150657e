from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks._qwen3_sides import ATTEMPTS, TICKS_HZ, Side, Turn, busy_s, quietest, started

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

ECHO = "tests.unit.benchmarks.echo_side"


@pytest.fixture(scope="module", autouse=True)
def root() -> Iterator[None]:
    """Modules are found from the root of the checkout, as in `make bench`."""
    before = Path.cwd()
    os.chdir(Path(__file__).parents[3])
    yield
    os.chdir(before)


@pytest.fixture(scope="module")
def side(root: None) -> Iterator[Side]:
    with started("echo", ECHO) as side:
        yield side


def test_a_side_tells_when_it_is_loaded(side: Side) -> None:
    assert side.ready["load_s"] == 0.5
    assert side.ready["ready_s"] > 0.0
    assert side.peak_rss_bytes > 1 << 20


def test_an_answer_says_what_the_work_took(side: Side) -> None:
    turn = side.ask("work", seconds=0.05)

    assert turn.answer["echo"] == 0.05
    assert turn.took_s >= 0.05
    assert turn.answer["cpu_s"] >= 0.05
    assert 0.0 <= turn.foreign <= 1.0


def test_a_stage_is_counted_over_its_calls_and_then_forgotten(side: Side) -> None:
    turn = side.ask("work", seconds=0.02)

    assert turn.answer["stages"]["spin"] >= 0.02
    assert turn.answer["left"] == {}


def test_measurements_are_kept_by_name(side: Side) -> None:
    first = side.measure("clip", "work", seconds=0.0)
    second = side.measure("clip", "work", seconds=0.0)

    assert side.turns == {"clip": [first, second]}


def test_a_side_that_dies_is_an_error_and_no_figure(root: None) -> None:
    with started("echo", ECHO) as side, pytest.raises(RuntimeError, match="echo has ended with 3"):
        side.ask("fail")


def test_a_noisy_measurement_is_repeated_and_the_quietest_counts() -> None:
    noisy = [Turn({"number": n}, foreign) for n, foreign in enumerate([0.5, 0.2, 0.01, 0.0])]
    left = iter(noisy)

    found = quietest(lambda: next(left))

    assert found is noisy[2]
    assert next(left) is noisy[3]


def test_a_machine_that_is_never_quiet_is_measured_all_the_same() -> None:
    noisy = [Turn({}, foreign) for foreign in [0.5, 0.2, 0.3, 0.4]]
    left = iter(noisy)

    assert len(noisy) == ATTEMPTS
    assert quietest(lambda: next(left)) is noisy[1]


def test_what_the_host_takes_away_is_busy_and_what_waits_is_not() -> None:
    stat = "cpu  100 20 3 9000 800 4 5 60 7 7\ncpu0 1 1 1 1 1 1 1 1 1 1\n"

    assert busy_s(stat) == (100 + 20 + 3 + 4 + 5 + 60) / TICKS_HZ
