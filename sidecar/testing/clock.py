"""A clock that moves when a test says so."""

from __future__ import annotations


class ManualClock:
    """A `sidecar.clock.Clock` that stands still.

    >>> clock = ManualClock()
    >>> clock.advance(1.5)
    >>> clock.now_s()
    1.5
    """

    def __init__(self) -> None:
        self._now_s = 0.0

    def now_s(self) -> float:
        """The time it was set to, in seconds."""
        return self._now_s

    def advance(self, seconds: float) -> None:
        """Let that much time pass. It never goes back.

        Raises:
            ValueError: `seconds` is negative.
        """
        if seconds < 0:
            raise ValueError("a monotonic clock does not go back")
        self._now_s += seconds
