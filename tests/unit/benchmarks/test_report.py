from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks._report import Rounds, Row, report, take_turns


def test_sides_take_turns_after_a_round_that_does_not_count() -> None:
    order: list[str] = []
    sides = {"ours": lambda: order.append("ours"), "peer": lambda: order.append("peer")}

    rounds = take_turns(sides, rounds=3)

    assert order == ["ours", "peer"] * 4
    assert [len(seconds) for seconds in rounds.seconds.values()] == [3, 3]


def test_a_ratio_is_that_of_the_rounds_so_that_a_slow_moment_cancels_out() -> None:
    rounds = Rounds({"ours": [1.0, 9.0, 1.0, 8.0], "peer": [2.0, 18.0, 2.0, 16.0]})

    assert rounds.ratio("ours", "peer") == 0.5
    assert rounds.median_s("ours") == 4.5


def test_a_goal_judges_the_ratio_or_else_our_own_figure() -> None:
    assert Row("speed", 2.0, "ms", peer=10.0, goal=0.35).ok == "yes"
    assert Row("speed", 2.0, "ms", peer=10.0, ratio=0.4, goal=0.35).ok == "NO"
    assert Row("memory", 90.0, "MB", goal=80.0).ok == "NO"
    assert Row("memory", 90.0, "MB").ok == ""


def test_the_last_line_is_the_figures_for_machines(capsys: pytest.CaptureFixture[str]) -> None:
    report("mel", [Row("20 s clip", 3.0, "ms", peer=10.0, goal=0.35)], {"vs_peer": 1 / 3})

    *table, last = capsys.readouterr().out.splitlines()
    assert json.loads(last) == {"name": "mel", "figures": {"vs_peer": 0.3333}}
    assert any("20 s clip" in line and "yes" in line for line in table)


def test_an_unknown_benchmark_is_refused_with_the_names_there_are() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks", "nothing"],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 2
    assert "mel" in run.stderr
    assert "_report" not in run.stderr
