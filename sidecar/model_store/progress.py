"""How far the work on a model is, how fast it goes, and how long it will take."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from sidecar.clock import Clock

Phase: TypeAlias = Literal["listing", "downloading", "copying", "checking", "converting"]

TELL_S = 0.2  # at most five times a second
WINDOW_S = 8.0  # long enough to be calm, short enough to follow a change


@dataclass(frozen=True, slots=True)
class ModelProgress:
    """How far the work is.

    Attributes:
        phase: what is done.
        done: bytes that are done, or steps while it converts.
        total: of how many; None while that is not known.
        bytes_per_s: how fast it goes just now; None where there is nothing to measure.
        left_s: how long this phase will take at that pace; None while that is not known.
    """

    phase: Phase
    done: int = 0
    total: int | None = None
    bytes_per_s: float | None = None
    left_s: float | None = None


OnProgress: TypeAlias = Callable[[ModelProgress], None]


class Meter:
    """Counts bytes, and tells how far they are a few times a second. For one event loop.

    Args:
        phase: what is counted.
        total: how many bytes there will be.
        done: how many there were before.
    """

    def __init__(
        self, phase: Phase, total: int, clock: Clock, on_progress: OnProgress, *, done: int = 0
    ) -> None:
        self._phase = phase
        self._total = total
        self._clock = clock
        self._on_progress = on_progress
        self._done = done
        now_s = clock.now_s()
        self._marks = deque([(now_s, done)])
        self._told_s = now_s
        self._tell(now_s)

    def add(self, n_bytes: int) -> None:
        """That much more is done."""
        self._done += n_bytes
        now_s = self._clock.now_s()
        if now_s - self._told_s >= TELL_S or self._done >= self._total:
            self._tell(now_s)

    def reach(self, n_bytes: int) -> None:
        """That much is done in all."""
        self.add(n_bytes - self._done)

    def lose(self, n_bytes: int) -> None:
        """That much has to be done again, and was no progress."""
        self._done -= n_bytes
        self._marks = deque((at_s, done - n_bytes) for at_s, done in self._marks)

    def _tell(self, now_s: float) -> None:
        self._told_s = now_s
        while len(self._marks) > 1 and now_s - self._marks[0][0] > WINDOW_S:
            self._marks.popleft()
        then_s, before = self._marks[0]
        self._marks.append((now_s, self._done))
        pace = (self._done - before) / (now_s - then_s) if now_s - then_s >= TELL_S else 0.0
        self._on_progress(
            ModelProgress(
                self._phase,
                self._done,
                self._total,
                pace or None,
                (self._total - self._done) / pace if pace > 0 else None,
            )
        )
