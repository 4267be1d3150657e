"""The sides of the comparison as processes, their turns, and what else the machine did then."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks._processes import cpu_s

QUIET = 0.06  # of the machine may go to others while we measure
ATTEMPTS = 4  # of one measurement on a machine that is not quiet
TICKS_HZ = os.sysconf("SC_CLK_TCK")
GONE_S = 30.0


@dataclass(frozen=True, slots=True)
class Turn:
    """One measurement of one side.

    Attributes:
        answer: what the side says of it; `took_s` and `cpu_s` at least.
        foreign: the part of the machine that others used meanwhile, from 0 to 1.
    """

    answer: Mapping[str, Any]
    foreign: float

    @property
    def took_s(self) -> float:
        """How long the side worked."""
        return float(self.answer["took_s"])


@dataclass(slots=True, eq=False)
class Side:
    """One side: `python -m MODULE ARGUMENTS`, loaded and waiting.

    Attributes:
        name: what people call it.
        process: its process.
        ready: what it said when it was loaded; `ready_s` is from its start.
        turns: what was measured, by request.
    """

    name: str
    process: subprocess.Popen[str]
    ready: Mapping[str, Any]
    turns: dict[str, list[Turn]] = field(default_factory=dict)

    @property
    def ready_s(self) -> float:
        """From the start of its process until it was loaded and warm."""
        return float(self.ready["ready_s"])

    @property
    def peak_rss_bytes(self) -> int:
        """The most memory that it has had."""
        answers = [turn.answer for turns in self.turns.values() for turn in turns]
        return max(int(answer["peak_rss_bytes"]) for answer in [self.ready, *answers])

    def ask(self, do: str, **what: object) -> Turn:
        """Have it do something once, and watch the machine meanwhile."""
        watch = Watch(self.process.pid)
        answer = self._told(do, what)
        return Turn(answer, watch.foreign())

    def measure(self, key: str, do: str, **what: object) -> Turn:
        """Have it do something while the machine is quiet; else the quietest of some times.

        The measurement is kept under `key`.
        """
        best = quietest(lambda: self.ask(do, **what))
        self.turns.setdefault(key, []).append(best)
        return best

    def _told(self, do: str, what: Mapping[str, object]) -> Mapping[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"do": do, **what}) + "\n")
        self.process.stdin.flush()
        return _answer(self.process, self.name)


def quietest(once: Callable[[], Turn]) -> Turn:
    """The first turn of a quiet machine, or the quietest of `ATTEMPTS`."""
    tried = [once()]
    while tried[-1].foreign > QUIET and len(tried) < ATTEMPTS:
        tried.append(once())
    return min(tried, key=lambda turn: turn.foreign)


class Watch:
    """What the machine does beside a process and its children, from now on."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._began_s, self._busy_s, self._own_s = self._now()

    def foreign(self) -> float:
        """The part of all cores that others have used since then."""
        now_s, busy_s, own_s = self._now()
        others_s = (busy_s - self._busy_s) - (own_s - self._own_s)
        return max(0.0, others_s) / ((now_s - self._began_s) * (os.cpu_count() or 1))

    def _now(self) -> tuple[float, float, float]:
        stat = Path("/proc/stat").read_text(encoding="ascii")
        # We ourselves count as others, and do next to nothing.
        return time.perf_counter(), busy_s(stat), cpu_s(self._pid)


def busy_s(stat: str) -> float:
    """Seconds that all cores have worked, or were taken away by the host, by /proc/stat."""
    user, nice, system, _idle, _waiting, irq, softirq, stolen, *_ = map(
        int, stat.splitlines()[0].split()[1:]
    )
    return (user + nice + system + irq + softirq + stolen) / TICKS_HZ


@contextmanager
def started(
    name: str, module: str, *arguments: object, env: Mapping[str, str] | None = None
) -> Iterator[Side]:
    """A side, loaded; it ends with the block.

    Args:
        name: what people call it.
        module: what its process runs.
        arguments: what it is given.
        env: what its environment has besides ours.
    """
    began_s = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", module, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **(env or {})},
    )
    try:
        ready = _answer(process, name)
        yield Side(name, process, {**ready, "ready_s": time.perf_counter() - began_s})
    finally:
        process.kill()
        process.communicate()


def _answer(process: subprocess.Popen[str], name: str) -> Mapping[str, Any]:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"{name} has ended with {process.wait(GONE_S)}; see its errors above")
    answer: Mapping[str, Any] = json.loads(line)
    return answer
