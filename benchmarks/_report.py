"""Measuring in turns, and saying the result."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Attributes:
        what: what was measured.
        ours: our figure, in `unit`.
        peer: the peer's, or None where there is nothing to compare with.
        ratio: ours / peer where that is better known than from the two figures,
            for example as the median over rounds.
        goal: what the ratio, or without a peer our figure, must not exceed.
    """

    what: str
    ours: float
    unit: str
    peer: float | None = None
    ratio: float | None = None
    goal: float | None = None

    @property
    def compared(self) -> float | None:
        """Ours / peer."""
        if self.ratio is not None or not self.peer:
            return self.ratio
        return self.ours / self.peer

    @property
    def ok(self) -> str:
        """Whether the goal is met, for people."""
        judged = self.ours if self.compared is None else self.compared
        if self.goal is None:
            return ""
        return "yes" if judged <= self.goal else "NO"


@dataclass(frozen=True, slots=True)
class Rounds:
    """Seconds of each side in each round; the sides took turns."""

    seconds: Mapping[str, Sequence[float]]

    def median_s(self, side: str) -> float:
        """The usual time of a side."""
        return median(self.seconds[side])

    def ratio(self, side: str, peer: str) -> float:
        """How much longer `side` takes than `peer`.

        The median of the rounds' own ratios: what slows a machine down for a while
        slows both sides of a round, and cancels out.
        """
        pairs = zip(self.seconds[side], self.seconds[peer], strict=True)
        return median(ours / theirs for ours, theirs in pairs)


def take_turns(sides: Mapping[str, Callable[[], object]], rounds: int = 15) -> Rounds:
    """Time each side once a round, A-B-A-B, after one round that does not count."""
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds + 1):
        for name, side in sides.items():
            start_s = time.perf_counter()
            side()
            if number:
                seconds[name].append(time.perf_counter() - start_s)
    return Rounds(seconds)


def report(name: str, rows: Sequence[Row], figures: Mapping[str, float]) -> None:
    """Print the table for people and, as the last line, the figures for machines."""
    table = Table(title=name, title_justify="left")
    for heading in ("what", "unit", "ours", "peer", "ratio", "goal", "ok?"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    for row in rows:
        numbers = (row.ours, row.peer, row.compared, row.goal)
        table.add_row(row.what, row.unit, *map(_short, numbers), row.ok)
    Console(width=110).print(table)
    rounded = {key: float(f"{value:.4g}") for key, value in figures.items()}
    print(json.dumps({"name": name, "figures": rounded}), flush=True)


def _short(number: float | None) -> str:
    return "" if number is None else f"{number:.3g}"
