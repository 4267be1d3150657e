from __future__ import annotations

from sidecar.domain import Status
from sidecar.session.pacing import Load
from sidecar.session.reporting import Reports, State


def told(*moments: tuple[State, Load], every_s: float = 0.1) -> list[bool]:
    """Which of these moments are told."""
    reports = Reports()
    return [
        reports.worth(Status(state, 0.0, 0.0, 0.5), load, i * every_s)
        for i, (state, load) in enumerate(moments)
    ]


def test_a_change_is_told_at_once_and_nothing_else_while_all_is_well() -> None:
    moments: list[tuple[State, Load]] = [("loading", Load.EASY), ("listening", Load.EASY)]

    assert told(moments[0], moments[0], moments[1], *[moments[1]] * 50) == [
        True,
        False,
        True,
        *[False] * 50,
    ]


def test_a_step_of_the_ladder_is_a_change() -> None:
    assert told(("speech", Load.EASY), ("speech", Load.STRETCHED)) == [True, True]


def test_an_engine_that_lags_is_told_once_a_second() -> None:
    late: tuple[State, Load] = ("speech", Load.STRETCHED)
    reports = told(*[late] * 41)

    assert [i for i, is_told in enumerate(reports) if is_told] == [0, 10, 20, 30, 40]
