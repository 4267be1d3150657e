"""Who may use a worker: one at a time, the most urgent first, clients in rotation."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from enum import IntEnum
from typing import TypeAlias

Preempted: TypeAlias = "asyncio.Future[None]"
"""Done as soon as the turn that it came with is asked to end early."""


class Urgency(IntEnum):
    """What a pass is for; the smaller goes first."""

    FINAL = 0  # the end of a live segment, which somebody waits for
    PARTIAL = 1  # live text; given up for a final, since the next one replaces it
    FILE = 2  # a recording; never given up, and served where nobody speaks


class PreemptedError(Exception):
    """A partial pass has made room for a final one. Never leaves the sidecar."""


class Turns:
    """A fair queue for something that serves one at a time. Use it on one event loop.

    Within an urgency the clients take turns, and those of one client come in the order they
    were asked for. A `FINAL` that must wait asks a `PARTIAL` that holds the turn to end.
    """

    def __init__(self) -> None:
        self._holder: _Turn | None = None
        self._queues = {urgency: _Rotation() for urgency in Urgency}

    def locked(self) -> bool:
        """Whether somebody holds the turn."""
        return self._holder is not None

    @asynccontextmanager
    async def turn(self, urgency: Urgency, client: Hashable = None) -> AsyncIterator[Preempted]:
        """Wait for the turn and hold it; cancelling gives it up, or the place in the queue."""
        turn = _Turn(urgency, client)
        self._queues[urgency].append(turn)
        self._grant()
        self._preempt()
        try:
            await turn.granted
            yield turn.preempted
        finally:
            self._leave(turn)

    def _grant(self) -> None:
        """Give the turn to whoever is next, if it is free."""
        queue = next((queue for queue in self._queues.values() if queue), None)
        if self._holder is None and queue is not None:
            self._holder = queue.pop()
            self._holder.take()

    def _preempt(self) -> None:
        holder = self._holder
        if holder and holder.urgency is Urgency.PARTIAL and self._queues[Urgency.FINAL]:
            holder.preempt()

    def _leave(self, turn: _Turn) -> None:
        """Forget a turn, whether it waits, was just granted, or is over."""
        if turn is self._holder:
            self._holder = None
            self._grant()
        else:
            self._queues[turn.urgency].remove(turn)


class _Turn:
    """A place in a queue, or the turn itself once it is granted."""

    def __init__(self, urgency: Urgency, client: Hashable) -> None:
        loop = asyncio.get_running_loop()
        self.urgency = urgency
        self.client = client
        self.granted: asyncio.Future[None] = loop.create_future()
        self.preempted: Preempted = loop.create_future()

    def take(self) -> None:
        if not self.granted.done():  # a cancelled waiter passes the turn on when it wakes
            self.granted.set_result(None)

    def preempt(self) -> None:
        if not self.preempted.done():
            self.preempted.set_result(None)


class _Rotation:
    """The turns that wait at one urgency: a queue per client, the clients in rotation."""

    def __init__(self) -> None:
        self._clients: dict[Hashable, deque[_Turn]] = {}  # none is empty

    def __bool__(self) -> bool:
        return bool(self._clients)

    def append(self, turn: _Turn) -> None:
        self._clients.setdefault(turn.client, deque()).append(turn)

    def pop(self) -> _Turn:
        """The first turn of the first client, who goes to the end of the rotation."""
        client = next(iter(self._clients))
        queue = self._clients.pop(client)
        turn = queue.popleft()
        if queue:
            self._clients[client] = queue
        return turn

    def remove(self, turn: _Turn) -> None:
        queue = self._clients[turn.client]
        queue.remove(turn)
        if not queue:
            del self._clients[turn.client]
