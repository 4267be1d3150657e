"""How fast is too fast: counting messages over time."""

from __future__ import annotations

from collections import deque

from sidecar.clock import Clock


class TokenBucket:
    """At most `burst` at once, and `per_s` over time."""

    def __init__(self, per_s: float, burst: float, clock: Clock) -> None:
        self._per_s = per_s
        self._burst = burst
        self._clock = clock
        self._tokens = burst
        self._filled_at_s = clock.now_s()

    def take(self) -> float:
        """Take a token; returns 0, or the seconds until there is one (and takes none)."""
        now_s = self._clock.now_s()
        gained = (now_s - self._filled_at_s) * self._per_s
        self._tokens = min(self._burst, self._tokens + gained)
        self._filled_at_s = now_s
        if self._tokens >= 1:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / self._per_s


class Strikes:
    """Counts events within a sliding window."""

    def __init__(self, allowed: int, window_s: float, clock: Clock) -> None:
        self._allowed = allowed
        self._window_s = window_s
        self._clock = clock
        self._times: deque[float] = deque(maxlen=allowed + 1)

    def add(self) -> bool:
        """Count one; whether that is more than allowed within the window."""
        now_s = self._clock.now_s()
        self._times.append(now_s)
        return len(self._times) > self._allowed and now_s - self._times[0] <= self._window_s
