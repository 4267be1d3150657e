"""What the sidecar remembers of each client."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from sidecar.clock import Clock
from sidecar.errors import BusyError
from sidecar.protocol.messages import Limits
from sidecar.rpc.limits import Strikes, TokenBucket
from sidecar.rpc.outbox import Outbox
from sidecar.rpc.shelf import Shelf
from sidecar.rpc.transport import Unread
from sidecar.rpc.uploads import Uploads

BAD_FRAMES_WINDOW_S = 10.0
BANISHED_S = 10.0
RUNNING_TRANSCRIPTIONS = 2  # of one client at a time; its others wait, so that all get a turn

PeerKey: TypeAlias = tuple[str, bytes]
"""Role and route. The role is part of it because a client may choose its route."""


@dataclass(slots=True, eq=False)
class Running:
    """A request that is being worked on. Without a task while it is handled on the loop.

    `then` is called once, right after its answer. `attached` are the binary frames of its
    result.
    """

    id: int
    method: str
    binary_bytes: int
    task: asyncio.Task[None] | None = None
    timer: asyncio.TimerHandle | None = None
    answered: bool = False
    next_seq: int = 0
    then: Callable[[], None] | None = None
    attached: list[bytes] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Peer:
    """One connection of one client."""

    key: PeerKey
    descriptor: int
    outbox: Outbox
    uploads: Uploads
    shelf: Shelf
    rate: TokenBucket
    bad_frames: Strikes
    complaints: TokenBucket
    first_heard_s: float
    last_heard_s: float
    greeted: bool = False
    gone: bool = False
    last_id: int = -1
    unread: Unread = field(default_factory=Unread)
    running: dict[int, Running] = field(default_factory=dict)
    turns: asyncio.Semaphore = field(
        default_factory=lambda: asyncio.Semaphore(RUNNING_TRANSCRIPTIONS)
    )

    @property
    def role(self) -> str:
        """The right its key carries: "owner" or "guest"."""
        return self.key[0]

    @property
    def in_flight_bytes(self) -> int:
        """Binary bytes of its requests that are being worked on, and of answers not read yet."""
        working = sum(running.binary_bytes for running in self.running.values())
        return working + self.unread.n_bytes()


class Peers:
    """All clients, and those that misbehaved lately.

    Args:
        send: sends the frames of a message to a client; False if there is no room.
        new_uploads: where a new client's uploads go.
        new_shelf: where it leaves its files.
        on_drop: told of every client that is forgotten.
    """

    def __init__(
        self,
        limits: Limits,
        clock: Clock,
        send: Callable[[PeerKey, Sequence[bytes]], bool],
        new_uploads: Callable[[], Uploads],
        new_shelf: Callable[[], Shelf],
        *,
        on_drop: Callable[[Peer], None],
    ) -> None:
        self._limits = limits
        self._clock = clock
        self._send = send
        self._new_uploads = new_uploads
        self._new_shelf = new_shelf
        self._on_drop = on_drop
        self._peers: dict[PeerKey, Peer] = {}
        self._banished: dict[PeerKey, float] = {}

    def __iter__(self) -> Iterator[Peer]:
        return iter(list(self._peers.values()))

    def __len__(self) -> int:
        return len(self._peers)

    def get(self, key: PeerKey) -> Peer | None:
        """The client, if it is known."""
        return self._peers.get(key)

    def is_banished(self, key: PeerKey) -> bool:
        """Whether to ignore what comes from there."""
        return self._banished.get(key, 0.0) > self._clock.now_s()

    def admit(self, key: PeerKey, descriptor: int) -> Peer:
        """Remember a new client.

        Raises:
            BusyError: there are as many as there may be.
        """
        if len(self._peers) >= self._limits.max_clients:
            raise BusyError("Too many clients are connected: close one.", retry_after_ms=1000)
        now_s = self._clock.now_s()
        limits, clock = self._limits, self._clock
        peer = self._peers[key] = Peer(
            key=key,
            descriptor=descriptor,
            outbox=Outbox(limits, clock, lambda frames: self._send(key, frames)),
            uploads=self._new_uploads(),
            shelf=self._new_shelf(),
            rate=TokenBucket(limits.max_rate_per_s, limits.max_burst, clock),
            bad_frames=Strikes(limits.max_bad_frames - 1, BAD_FRAMES_WINDOW_S, clock),
            complaints=TokenBucket(1, 1, clock),
            first_heard_s=now_s,
            last_heard_s=now_s,
        )
        return peer

    def banish(self, peer: Peer) -> None:
        """Ignore whatever comes from a client for a while."""
        now_s = self._clock.now_s()
        self._banished = {key: end for key, end in self._banished.items() if end > now_s}
        self._banished[peer.key] = now_s + BANISHED_S

    def drop(self, peer: Peer) -> None:
        """Forget a client, its work and its uploads. Harmless a second time."""
        if self._peers.pop(peer.key, None) is None:
            return
        peer.gone = True
        for running in peer.running.values():
            close(running)
        peer.outbox.clear()
        peer.uploads.close()
        peer.shelf.close()
        self._on_drop(peer)

    def overdue(self) -> Sequence[tuple[Peer, str]]:
        """The clients to drop for what they did not do in time, and why."""
        return [(peer, why) for peer in self if (why := self._overdue_for(peer))]

    def _overdue_for(self, peer: Peer) -> str:
        now_s = self._clock.now_s()
        if not peer.greeted and now_s - peer.first_heard_s > self._limits.hello_ms / 1000:
            return "no-hello"
        if now_s - peer.last_heard_s > self._limits.silence_ms / 1000:
            return "silent"
        return "stalled" if peer.outbox.is_stalled() else ""


def close(running: Running) -> None:
    """End the work on a request and let nothing more be said about it."""
    running.answered = True
    if running.timer is not None:
        running.timer.cancel()
    if running.task is not None:
        # Later: a task that is cancelled before its first step never gets to its `finally`.
        running.task.get_loop().call_soon(running.task.cancel)
