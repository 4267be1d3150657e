"""All dictations of a sidecar, whichever connection they belong to, or to none.

A dictation outlives its connection: it waits for its client to come back with the token.
After `resume_ms` it is ended and its recording stays in the journal; for as long again its
client can still learn how it ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from sidecar.clock import Clock
from sidecar.errors import BusyError, CancelledError, NoSessionError
from sidecar.protocol.messages import Limits
from sidecar.rpc.peers import Peer
from sidecar.rpc.telling import Post

if TYPE_CHECKING:  # with what it needs it costs as much as the rest of the server's start
    from sidecar.rpc.stream import Begin, Stream


@dataclass(frozen=True, slots=True)
class Common:
    """What all streams work with. `post` sends a client what must arrive."""

    limits: Limits
    clock: Clock
    post: Post


class Streams:
    """All dictations: those that run, and those that ended lately.

    Attributes:
        ignored_pushes: chunks that were for no open dictation of their sender.
    """

    def __init__(self, common: Common) -> None:
        self._common = common
        self._streams: dict[int, Stream] = {}
        self._numbers = count()
        self.ignored_pushes = 0

    def __iter__(self) -> Iterator[Stream]:
        return iter(list(self._streams.values()))

    def __len__(self) -> int:
        return sum(stream.final is None for stream in self)

    def open(self, peer: Peer, rate_hz: int, begin: Begin) -> Stream:
        """Begin a dictation. It says nothing until it is attached.

        Raises:
            BusyError: the client has as many as it may, or all clients have.
            SottoError: what `begin` raises.
        """
        limits = self._common.limits
        if len(self) >= limits.max_clients * limits.max_streams:
            raise _too_many()
        self._make_room(peer)
        from sidecar.rpc.stream import Stream

        stream = Stream(next(self._numbers), peer.role, rate_hz, self._common, begin)
        self._streams[stream.number] = stream
        return stream

    def find(self, peer: Peer, number: int) -> Stream:
        """The client's dictation of that number, also if it ended lately.

        Raises:
            NoSessionError: it has none.
        """
        stream = self._streams.get(number)
        if stream is None or stream.peer is not peer:
            raise NoSessionError("This client has no such dictation: call asr.stream.open first.")
        return stream

    def push(self, peer: Peer, number: int, seq: int, chunk: memoryview) -> None:
        """Take a chunk of a dictation. One for no open dictation is ignored, and counted."""
        stream = self._streams.get(number)
        if stream is None or stream.peer is not peer or not stream.push(seq, chunk):
            self.ignored_pushes += 1

    def resume(self, peer: Peer, token: str) -> Stream:
        """Take a dictation from the connection it had. It says nothing until it is attached.

        Raises:
            NoSessionError: there is none of that token for a client of that role.
            BusyError: the client has as many as it may.
        """
        for stream in self:
            if stream.token == token and stream.role == peer.role:
                if stream.peer is not peer and stream.final is None:
                    self._make_room(peer)
                stream.detach()
                return stream
        raise NoSessionError("There is no such dictation any more: recover it from the journal.")

    def detach(self, peer: Peer) -> None:
        """The client's connection is gone; its dictations go on."""
        for stream in self:
            if stream.peer is peer:
                stream.detach()

    def expire(self) -> None:
        """End the dictations whose clients did not come back, and forget what ended before."""
        for stream in self:
            if stream.is_overdue():
                if stream.final is None:
                    stream.break_off()
                else:
                    del self._streams[stream.number]

    async def break_off(self, timeout_s: float) -> None:
        """End all dictations at once and keep their recordings; wait until they have ended."""
        why = CancelledError("The sidecar is shutting down: the recording is kept.")
        for stream in self:
            stream.break_off(why)
        under_way = [task for stream in self for task in stream.under_way]
        if under_way:
            await asyncio.wait(under_way, timeout=timeout_s)

    def _make_room(self, peer: Peer) -> None:
        """See that the client may have one more, and forget its oldest that have ended."""
        mine = [stream for stream in self if stream.peer is peer]
        ended = [stream for stream in mine if stream.final is not None]
        most = self._common.limits.max_streams
        if len(mine) - len(ended) >= most:
            raise _too_many()
        for stream in ended[:-most]:
            del self._streams[stream.number]


def _too_many() -> BusyError:
    return BusyError("Too many dictations are open: close one first.", retry_after_ms=1000)
