"""Time as a value that tests can own."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """A monotonic clock. Never jumps with the wall clock; used for every deadline."""

    def now_s(self) -> float:
        """Seconds since an arbitrary fixed point."""
        ...


class SystemClock:
    """The machine's monotonic clock."""

    def now_s(self) -> float:
        """Seconds since an arbitrary fixed point."""
        return time.monotonic()
