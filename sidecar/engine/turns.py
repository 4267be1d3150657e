"""Who may use a worker: the most urgent first, clients in rotation, some of them together.

Where passes can share a worker, a *group* of equally urgent ones holds the turn. It is made
of whoever waits when the turn is free: nobody waits for company, and nobody joins later. So
a final pass never shares with one that would only slow it down, and a live pass waits for at
most one pass of a recording, as it does where passes are made one by one: the others of its
group are given up and made again. That costs work, so while somebody speaks, recordings are
served one at a time.
"""

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
    FILE = 2  # a recording; served where nobody speaks, and its first pass never given up


class PreemptedError(Exception):
    """A pass has made room for a more urgent one. Never leaves the sidecar."""


class Turns:
    """A fair queue for something that serves one at a time, or a few. Use it on one event loop.

    Within an urgency the clients take turns, and those of one client come in the order they
    were asked for. Who holds the turn is asked to end where somebody more urgent waits: a
    `PARTIAL` for a `FINAL`; of several `FILE` all but the first, for anybody.

    Attributes:
        together: how many may hold the turn at once.
    """

    def __init__(self) -> None:
        self.together = 1
        self._holders: list[_Turn] = []
        self._last = Urgency.FILE  # of whoever held the turn last
        self._queues = {urgency: _Rotation() for urgency in Urgency}

    def locked(self) -> bool:
        """Whether somebody holds the turn, or waits for it."""
        return bool(self._holders) or any(self._queues.values())

    def shared(self) -> bool:
        """Whether several hold it."""
        return len(self._holders) > 1

    @asynccontextmanager
    async def turn(
        self,
        urgency: Urgency,
        client: Hashable = None,
        *,
        subject: Hashable = None,
        alone: bool = False,
    ) -> AsyncIterator[Preempted]:
        """Wait for the turn and hold it; cancelling gives it up, or the place in the queue.

        Args:
            urgency: how urgent it is.
            client: whose it is.
            subject: what it is about; two turns about one thing are never held at once.
            alone: it is not held together with any other.
        """
        turn = _Turn(urgency, client, subject, alone=alone)
        self._queues[urgency].append(turn)
        self._grant_soon()
        self._preempt()
        try:
            await turn.granted
            yield turn.preempted
        finally:
            self._leave(turn)

    def _grant_soon(self) -> None:
        """Give the turn away when all that runs just now has asked for what it will ask for."""
        asyncio.get_running_loop().call_soon(self._grant)

    def _grant(self) -> None:
        """Give the turn to whoever is next, if it is free, and to those who may share it."""
        if self._holders:
            return
        queue = next((queue for queue in self._queues.values() if queue), None)
        while queue and self._has_room_for(queue.first):
            turn = queue.pop()
            self._holders.append(turn)
            turn.take()
        if self._holders:
            self._last = self._holders[0].urgency

    def _has_room_for(self, turn: _Turn) -> bool:
        if not self._holders:
            return True
        if turn.urgency is Urgency.FILE and self._last is not Urgency.FILE:
            return False
        if len(self._holders) >= self.together or turn.alone or self._holders[0].alone:
            return False
        return turn.subject is None or all(turn.subject != own.subject for own in self._holders)

    def _preempt(self) -> None:
        """Ask those to end who are in the way of somebody more urgent."""
        waiting = next((urgency for urgency, queue in self._queues.items() if queue), None)
        for place, holder in enumerate(self._holders):
            if waiting is None or holder.urgency <= waiting:
                continue
            if holder.urgency is Urgency.PARTIAL or place > 0:
                holder.preempt()

    def _leave(self, turn: _Turn) -> None:
        """Forget a turn, whether it waits, was just granted, or is over."""
        if turn in self._holders:
            self._holders.remove(turn)
            self._grant_soon()
        else:
            self._queues[turn.urgency].remove(turn)


class _Turn:
    """A place in a queue, or the turn itself once it is granted."""

    def __init__(
        self, urgency: Urgency, client: Hashable, subject: Hashable, *, alone: bool
    ) -> None:
        loop = asyncio.get_running_loop()
        self.urgency = urgency
        self.client = client
        self.subject = subject
        self.alone = alone
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

    @property
    def first(self) -> _Turn:
        """The turn that `pop` gives next."""
        return next(iter(self._clients.values()))[0]

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
