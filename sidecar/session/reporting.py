"""Which of all the states of a dictation are told."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from sidecar.domain import Status
from sidecar.session.pacing import Load

LEAST_PAUSE_S: Final = 1.0  # between two reports of the same


State: TypeAlias = Literal[
    "loading", "listening", "speech", "trailing", "recovering", "behind", "draining"
]


class Reports:
    """Tells a change at once, and once a second how far behind the engine is."""

    def __init__(self) -> None:
        self._told: tuple[str, Load] | None = None
        self._told_at_s = 0.0

    def worth(self, status: Status, load: Load, now_s: float) -> bool:
        """Whether to tell this status; if so, it counts as told.

        Args:
            status: how things are.
            load: the step of the ladder.
            now_s: a monotonic time.
        """
        is_news = (status.state, load) != self._told
        is_late = load > Load.EASY and now_s - self._told_at_s >= LEAST_PAUSE_S
        if not (is_news or is_late):
            return False
        self._told, self._told_at_s = (status.state, load), now_s
        return True
