"""How far a conversion is, counted by all its threads together, and the way to end it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Literal, TypeAlias

from sidecar.errors import CancelledError

Phase: TypeAlias = Literal["converting", "checking"]
Report: TypeAlias = Callable[[Phase, int, int], None]
"""Told the phase, and how many bytes of how many are done in it; from any thread."""
Abort: TypeAlias = Callable[[], bool]
"""Asked often by every thread; True means stop now."""


class Progress:
    """Counts bytes of work. Several threads may use it at once.

    Args:
        report: told whenever another hundredth is done.
        abort: asked whenever something is done.
    """

    def __init__(self, report: Report, abort: Abort) -> None:
        self._report = report
        self._abort = abort
        self._lock = threading.Lock()
        self._failed = False
        self._phase: Phase = "converting"
        self._done = self._total = self._told = 0

    def begin(self, phase: Phase, total: int) -> None:
        """Start to count anew."""
        with self._lock:
            self._phase, self._total = phase, total
            self._done = self._told = 0
            self._report(phase, 0, total)

    def add(self, n_bytes: int) -> None:
        """Count some more.

        Raises:
            CancelledError: the work is to end.
        """
        self.check()
        with self._lock:
            self._done = min(self._done + n_bytes, self._total)
            fresh = self._done - self._told
            if fresh and (fresh >= self._total / 100 or self._done == self._total):
                self._told = self._done
                self._report(self._phase, self._done, self._total)

    def check(self) -> None:
        """Do nothing.

        Raises:
            CancelledError: the work is to end.
        """
        if self.ended():
            raise CancelledError("The conversion was cancelled; nothing was changed.")

    def ended(self) -> bool:
        """Whether the work is to end; for what asks rather than counts."""
        return self._failed or self._abort()

    def fail(self) -> None:
        """End the work of all threads, because one of them cannot go on."""
        self._failed = True
