"""Keeps a worker for one engine: starts it, replaces it when it is worn, tells its state.

A worn worker (too many passes, or too much memory) is replaced while nobody uses it, by a
successor that has loaded beside it: no caller ever waits for that.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable
from typing import Literal, TypeAlias, TypeVar

from sidecar.engine.base import Capabilities
from sidecar.engine.options import WorkerOptions
from sidecar.engine.process import WorkerDiedError, WorkerProcess
from sidecar.engine.registry import Entry
from sidecar.engine.room import Room
from sidecar.engine.shortage import too_little
from sidecar.engine.turns import Turns, Urgency
from sidecar.errors import CancelledError, EngineError, LoadFailedError

EngineState: TypeAlias = Literal["cold", "starting", "ready", "busy", "failed"]
"""Where an engine's worker is in its life; "cold" means that there is none."""

T = TypeVar("T")

MOST_LOADS = 3
_log = logging.getLogger(__name__)


class Keeper:
    """One engine's worker, through all its incarnations. Call everything on the event loop.

    Args:
        name: of the engine.
        entry: what there is to know of it.
        options: how workers are waited for.
        turns: one is held during a pass; a worker is only replaced while none is.
        room: where a model finds its memory.
        on_state: told of every change: the name, the state, and a sentence where there is a
            reason.

    Attributes:
        state: where the worker is in its life.
        capabilities: None until a worker has been ready once.
        used_s: when a worker was used last, on the clock of `time.monotonic`.
    """

    def __init__(
        self,
        name: str,
        entry: Entry,
        options: WorkerOptions,
        *,
        turns: Turns,
        room: Room,
        on_state: Callable[[str, EngineState, str], None],
    ) -> None:
        self.state: EngineState = "cold"
        self.capabilities: Capabilities | None = None
        self.used_s = 0.0
        self._name = name
        self._entry = entry
        self._options = options
        self._turns = turns
        self._room = room
        self._on_state = on_state
        self._worker: WorkerProcess | None = None
        self._starting: asyncio.Task[WorkerProcess] | None = None
        self._recycling: asyncio.Task[None] | None = None
        self._recycle_timer: asyncio.TimerHandle | None = None
        self._closing = False
        self._passes_left = 0
        self._max_rss_bytes = 0.0

    @property
    def worker(self) -> WorkerProcess | None:
        """The worker, where there is one that lives."""
        return self._worker if self._worker and self._worker.usable else None

    async def start(self) -> WorkerProcess:
        """A worker that is loaded and warm.

        Raises:
            LoadFailedError, ModelCorruptError, OutOfMemoryError: it did not load. The next
                call tries again.
            CancelledError: the keeper is closing.
        """
        if self._closing:
            raise CancelledError("Sotto is stopping. Start it again, then repeat this.")
        if worker := self.worker:
            return worker
        if self._starting is None:
            self._starting = asyncio.create_task(self._start())
            self._starting.add_done_callback(self._started)
        # Shielded: a caller who gives up must not stop the start that others wait for.
        return await asyncio.shield(self._starting)

    def work(self) -> None:
        """A pass begins."""
        self._set_state("busy")

    def rest(self, *, wear: bool) -> None:
        """A pass has ended, one way or another, if it ever began; it may count as wear."""
        if self.state != "busy":
            return
        self._passes_left -= wear
        self.used_s = time.monotonic()
        if self._turns.shared():
            return
        if worker := self.worker:
            self._set_state("ready")
            self._recycle_later(worker)
        else:
            self._set_state("cold")

    async def leave(self) -> bool:
        """End the worker, unless somebody uses it; whether there was one. `start` has another."""
        if self._turns.locked():
            return False
        return await self._retire()

    async def unload(self) -> None:
        """End the worker when the passes that it makes just now are done."""
        async with self._turns.turn(Urgency.FINAL, self, alone=True):
            if self._starting:
                await asyncio.wait((self._starting,))
            await self._retire()

    async def close(self) -> None:
        """End everything. `start` fails from here on."""
        self._closing = True
        await _cancelled(self._starting)
        await self._stop_recycling()
        if self._worker:
            await self._worker.stop()

    async def _retire(self) -> bool:
        retired, self._worker = self.worker, None
        if retired is None:
            return False
        self._set_state("cold")
        await self._stop_recycling()
        await retired.stop()
        return True

    async def _stop_recycling(self) -> None:
        if self._recycle_timer:
            self._recycle_timer.cancel()
        await _cancelled(self._recycling)

    async def _start(self) -> WorkerProcess:
        self._set_state("starting")
        try:
            worker = await self._loaded_worker()
        except EngineError as error:
            self._set_state("failed", error.message)
            raise
        self._worker = worker
        self.used_s = time.monotonic()
        self._set_state("ready")
        return worker

    def _started(self, task: asyncio.Task[WorkerProcess]) -> None:
        self._starting = None
        if not task.cancelled():
            task.exception()  # seen, also where every caller has given up

    async def _loaded_worker(self) -> WorkerProcess:
        async with self._room.taken_by(self, self._name, self._entry.ram_bytes):
            worker = await self._first_to_load()
        self.capabilities = worker.capabilities
        self._turns.together = worker.capabilities.together
        self._passes_left = round(self._options.max_requests * random.uniform(0.8, 1.2))  # noqa: S311
        baseline_bytes = worker.rss_bytes() or 0
        self._max_rss_bytes = (
            baseline_bytes * self._options.rss_factor + self._options.rss_slack_bytes
        )
        return worker

    async def _first_to_load(self) -> WorkerProcess:
        """A worker that has loaded. One that is killed meanwhile has a few successors."""
        for _ in range(MOST_LOADS):
            try:
                worker = WorkerProcess(self._entry, self._options, self._on_gone)
                await worker.load()
            except OSError as error:
                raise LoadFailedError(
                    "The system lets no further process start; close other programs and try again."
                ) from error
            except WorkerDiedError:
                continue
            return worker
        if self._entry.ram_bytes:
            raise too_little(self._name, self._entry.ram_bytes)
        raise LoadFailedError(
            "The system ends the engine's process while it loads; close other programs and try"
            " again."
        )

    def _on_gone(self) -> None:
        if self.state == "ready" and self.worker is None:
            reason = "" if self._closing else "The worker ended while nobody used it."
            self._set_state("cold", reason)

    def _set_state(self, state: EngineState, reason: str = "") -> None:
        if state != self.state:
            self.state = state
            self._on_state(self._name, state, reason)

    def _recycle_later(self, worker: WorkerProcess) -> None:
        if self._recycle_timer:
            self._recycle_timer.cancel()
        if self._passes_left <= 0 or (worker.rss_bytes() or 0) > self._max_rss_bytes:
            loop = asyncio.get_running_loop()
            self._recycle_timer = loop.call_later(self._options.idle_s, self._begin_recycling)

    def _begin_recycling(self) -> None:
        if not self._turns.locked() and self._recycling is None:
            self._recycling = asyncio.create_task(self._recycle())
            self._recycling.add_done_callback(self._recycled)

    async def _recycle(self) -> None:
        successor = await self._loaded_worker()
        try:
            # It takes no time, so it need not wait for files, nor interrupt anybody.
            async with self._turns.turn(Urgency.PARTIAL, self, alone=True):
                retired, self._worker = self._worker, successor
        except BaseException:
            await successor.stop()
            raise
        if retired:
            await retired.stop()

    def _recycled(self, task: asyncio.Task[None]) -> None:
        self._recycling = None
        if not task.cancelled() and (error := task.exception()):
            _log.warning("a worn worker stays, as its successor did not start: %s", error)


async def _cancelled(task: asyncio.Task[T] | None) -> None:
    """End a task; it may have ended already, and whatever it says is of no interest."""
    if task is not None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
