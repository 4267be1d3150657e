"""Clients and dictations that a test leads by the hand, step for step."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import msgpack

from sidecar.domain import Commit, Final, Flushed, LiveEvent, Timings, Trouble
from sidecar.errors import BadAudioError, NoSessionError, SottoError
from sidecar.protocol.messages import Limits
from sidecar.rpc.peers import Peer, PeerKey, Peers
from sidecar.rpc.shelf import Shelf
from sidecar.rpc.streams import Common, Streams
from sidecar.rpc.uploads import Uploads
from sidecar.testing.clock import ManualClock


class HandLed:
    """A dictation whose text and whose end are the test's to give.

    Attributes:
        chunks: what it has accepted.
        flushes: what it was asked to flush and has not yet.
        may_end: cleared by a test that wants `close` to take its time.
        kept: what `abort` was told, if it was called.
    """

    def __init__(self, emit: Callable[[LiveEvent], None], on_ack: Callable[[int], None]) -> None:
        self.emit = emit
        self.on_ack = on_ack
        self.attended = True
        self.committed = ""
        self.chunks: list[bytes] = []
        self.flushes: dict[int, asyncio.Future[None]] = {}
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.kept: bool | None = None
        self._ending: asyncio.Task[Final] | None = None

    def accept(self, pcm: bytes) -> None:
        if not pcm or len(pcm) % 2:
            raise BadAudioError("Whole samples, please.")
        if self._ending:
            raise NoSessionError("This dictation is ending.")
        self.chunks.append(pcm)

    def commit(self, text: str) -> None:
        offset = len(self.committed)
        self.committed += text
        self.emit(Commit(0, offset, text, 0.0, 0.5))

    async def flush(self, seq: int) -> None:
        self.flushes[seq] = asyncio.get_running_loop().create_future()
        await self.flushes[seq]
        self.emit(Flushed(seq))

    async def close(self, *, keep: bool = False) -> Final:
        if keep:
            self.kept = True
        return await self._end("close")

    async def abort(self, *, keep: bool = False) -> Final:
        self.kept = keep
        return await self._end("abort")

    async def fail(self, error: SottoError) -> Final:
        if self._ending is None:
            self.emit(Trouble(error.kind, error.message, recoverable=False, detail=error.detail))
        return await self._end("error")

    async def _end(self, reason: Any) -> Final:
        if self._ending is None:
            self._ending = asyncio.create_task(self._finish(reason))
        return await asyncio.shield(self._ending)

    async def _finish(self, reason: Any) -> Final:
        await self.may_end.wait()
        final = Final(self.committed, None, "none", Timings(0, 0, 0, 0), reason, reason == "close")
        self.emit(final)
        return final


class Room:
    """Clients of one sidecar that share its streams, and take all they are sent or nothing."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.clock = ManualClock()
        self.sessions: list[HandLed] = []
        self.sent: dict[PeerKey, list[Any]] = {}
        self.deaf: set[PeerKey] = set()
        self._routes = count()
        self.streams = Streams(Common(self.limits, self.clock, self._post))
        self.peers = Peers(
            self.limits,
            self.clock,
            self._send,
            lambda: Uploads(self.limits, _no_folder),
            lambda: Shelf(self.limits, None),
            on_drop=self.streams.detach,
        )

    def join(self, role: str = "owner") -> Peer:
        """A new client."""
        return self.peers.admit((role, b"%d" % next(self._routes)), 0)

    def open(self, peer: Peer, rate_hz: int = 16_000) -> Opened:
        """Begin a dictation and attach it, as its method does."""

        def begin(emit: Callable[[LiveEvent], None], on_ack: Callable[[int], None]) -> HandLed:
            self.sessions.append(HandLed(emit, on_ack))
            return self.sessions[-1]

        stream = self.streams.open(peer, rate_hz, begin)
        stream.attach(peer, 0)
        return Opened(self, stream.number, self.sessions[-1])

    def told(self, peer: Peer, method: str = "$/event") -> list[Any]:
        """The parameters of the notifications that a client got."""
        messages = [msgpack.unpackb(header) for header in self.sent.get(peer.key, [])]
        return [message["params"] for message in messages if message["method"] == method]

    def _send(self, key: PeerKey, frames: Sequence[bytes]) -> bool:
        if key in self.deaf:
            return False
        self.sent.setdefault(key, []).append(frames[0])
        return True

    def _post(self, peer: Peer, header: bytes) -> None:
        if not peer.outbox.put(header):
            self.peers.drop(peer)


@dataclass
class Opened:
    """A dictation in a room."""

    room: Room
    number: int
    session: HandLed
    n_pushed: int = field(default=0)

    @property
    def stream(self) -> Any:
        (found,) = (each for each in self.room.streams if each.number == self.number)
        return found

    def push(self, peer: Peer, chunk: bytes = b"\0\1", seq: int | None = None) -> None:
        """Push a chunk, by default the one that comes next."""
        seq = self.n_pushed if seq is None else seq
        self.room.streams.push(peer, self.number, seq, memoryview(chunk))
        self.n_pushed += 1


async def settle() -> None:
    """Let everything happen that can happen by itself."""
    for _ in range(10):
        await asyncio.sleep(0)


async def _no_folder() -> Path:
    raise AssertionError("these clients upload nothing")
