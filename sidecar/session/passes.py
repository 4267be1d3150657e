"""One pass over what has not ended yet, which may lose its purpose while it is made."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from sidecar.domain import Hypothesis


class Pass:
    """A pass under way.

    Attributes:
        start: the first sample of the segment it hears.
        n_samples: how much of that.
        eager: it is a final pass, made in a pause in the hope that it is the end.
    """

    def __init__(
        self, work: Coroutine[Any, Any, Hypothesis], start: int, n_samples: int, *, eager: bool
    ) -> None:
        self.start = start
        self.n_samples = n_samples
        self.eager = eager
        self._task = asyncio.create_task(work)

    def cancel(self) -> None:
        """Give it up."""
        self._task.cancel()

    async def result(self) -> Hypothesis | None:
        """What it finds; None if it was given up, which it also is if who waits is cancelled.

        Raises:
            PreemptedError, SottoError: as the pass does.
        """
        try:
            await asyncio.wait([self._task])
        except asyncio.CancelledError:
            # Not waited for: an engine may take its time to stop.
            self._task.add_done_callback(lambda task: task.cancelled() or task.exception())
            self._task.cancel()
            raise
        return None if self._task.cancelled() else self._task.result()
