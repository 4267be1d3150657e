"""How many threads a model uses while other programs want the cores too.

Threads that compute one step wait for each other at every layer. When one of them loses its
core to another program, all wait: beside a single busy program two threads were slower than
one, and beside nine of them thirty times slower. What is measured here is that waiting, the
wall time of steps against the processor time of each of their threads.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

BUSY: Final = 1.5  # wall time per thread's own time from which on threads are taken away
LOOK_S: Final = 0.5  # of steps, before anything is decided
FIRST_RETRY_S: Final = 5.0  # of steps with fewer threads, before one more is tried
LAST_RETRY_S: Final = 80.0  # as tries that fail cost time, they become rarer


class Threads:
    """Learns from what steps took. Knows no clock.

    Args:
        most: how many there may be: one per physical core.

    Attributes:
        count: how many to use now.
    """

    def __init__(self, most: int) -> None:
        self.count = self._most = max(1, most)
        self._wall_s = self._cpu_s = 0.0
        self._calm_s = 0.0
        self._retry_s = FIRST_RETRY_S
        self._trying = False

    def took(self, wall_s: float, cpu_s: float) -> None:
        """Learn from a step that was made with `count` threads.

        Args:
            wall_s: how long it took.
            cpu_s: processor time of all threads meanwhile.
        """
        self._wall_s += wall_s
        self._cpu_s += cpu_s
        if self._wall_s >= LOOK_S:
            self._decide(self._wall_s, self._cpu_s / self.count)
            self._wall_s = self._cpu_s = 0.0

    def _decide(self, wall_s: float, own_s: float) -> None:
        if wall_s > BUSY * own_s:
            self._take_away()
        else:
            self._calm_s += wall_s
            self._give_back()

    def _take_away(self) -> None:
        if self._trying:
            self._retry_s = min(2 * self._retry_s, LAST_RETRY_S)
        self.count, self._calm_s, self._trying = max(1, self.count - 1), 0.0, False

    def _give_back(self) -> None:
        if self._calm_s < self._retry_s:
            return
        if self._trying:  # and it went well
            self._retry_s = FIRST_RETRY_S
        self._trying = self.count < self._most
        self.count, self._calm_s = min(self.count + 1, self._most), 0.0


def physical_cores() -> int:
    """Cores that this process may use, each counted once however many threads it runs."""
    if sys.platform == "linux":
        usable = os.sched_getaffinity(0)
        cores = {_siblings(cpu) for cpu in usable}
        return len(cores)
    return os.cpu_count() or 1


def _siblings(cpu: int) -> str:
    """The core of a logical processor, as the kernel writes it; each its own where it does not."""
    path = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return str(cpu)
