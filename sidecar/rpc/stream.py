"""The wire's side of one dictation: chunks in, in order and within credit; events out."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

from sidecar.domain import Final, LiveEvent, Trouble
from sidecar.errors import (
    GapError,
    NoSessionError,
    OverrunError,
    SottoError,
    TooLargeError,
)
from sidecar.rpc.channel import Channel
from sidecar.rpc.mapping_live import cut_to_message, live_event_to_wire
from sidecar.rpc.peers import Peer

if TYPE_CHECKING:
    from sidecar.rpc.streams import Common

SAMPLE_BYTES = 2

T = TypeVar("T")


class Session(Protocol):
    """What a stream needs of a dictation. `sidecar.session.live.LiveSession` is one.

    The first of `close`, `abort` and `fail` decides how it ends; all give the same `Final`,
    which is also its last event.

    Attributes:
        attended: whether there is a client; if there is none in the end, the recording stays.
    """

    attended: bool

    @property
    def committed(self) -> str:
        """All text that is committed so far."""
        ...

    def accept(self, pcm: bytes) -> None:
        """Take the next chunk.

        Raises:
            SottoError: it is no audio, or comes too late.
        """
        ...

    async def flush(self, seq: int) -> None:
        """Make all that was accepted final text; tells `Flushed(seq)` when it is.

        Raises:
            SottoError: the dictation ended before that.
        """
        ...

    async def close(self, *, keep: bool = False) -> Final:
        """Make all that was accepted final text, and end. `keep` leaves the recording."""
        ...

    async def abort(self, *, keep: bool = False) -> Final:
        """End at once. `keep` leaves the recording."""
        ...

    async def fail(self, error: SottoError) -> Final:
        """End because of an error; what was accepted becomes final text as by `close`."""
        ...


Begin: TypeAlias = Callable[[Callable[[LiveEvent], None], Callable[[int], None]], Session]
"""Begins a dictation. It tells events to the one, and how many chunks are safe to the other."""


class Stream:
    """One dictation, as its client sees it.

    Attributes:
        number: its name within this run of the sidecar.
        token: the secret to resume it with.
        role: the right of the client that opened it.
        received: how many chunks have come.
        final: how it ended; None until then.
        max_chunk_bytes: the size of the longest chunk.
        under_way: what is being done, whether or not anybody waits for it.

    Args:
        begin: begins the dictation itself.
    """

    def __init__(self, number: int, role: str, rate_hz: int, common: Common, begin: Begin) -> None:
        self.number = number
        self.token = os.urandom(16).hex()
        self.role = role
        self.received = 0
        self.final: Final | None = None
        self.max_chunk_bytes = rate_hz * common.limits.max_chunk_ms // 1000 * SAMPLE_BYTES
        self.under_way: set[asyncio.Task[Any]] = set()
        self._limits = common.limits
        self._clock = common.clock
        self._channel = Channel(number, common.limits, common.post)
        self._alone_since_s = common.clock.now_s()
        self._acknowledged = 0
        self._ending = False
        self._session = begin(self._tell, self._acknowledge)
        self._session.attended = False

    @property
    def peer(self) -> Peer | None:
        """The connection it belongs to, or None while there is none."""
        return self._channel.peer

    @property
    def limit(self) -> int:
        """The first chunk that may not be pushed yet."""
        return self._acknowledged + self._limits.stream_credit

    @property
    def text(self) -> str:
        """All text that is committed so far, as much as one message can carry."""
        return cut_to_message(self._session.committed)

    def attach(self, peer: Peer, next_event: int) -> None:
        """Belong to that connection, and tell it what it has missed from `next_event` on."""
        if not peer.gone:
            self._session.attended = True
            self._channel.attach(peer, next_event)
            self._channel.tell_credit(self._acknowledged, self.limit)

    def detach(self) -> None:
        """Belong to no connection until `attach`."""
        self._channel.peer = None
        self._session.attended = False
        self._alone_since_s = self._clock.now_s()

    def is_overdue(self) -> bool:
        """Whether its client has not come back in time, and nothing else is to wait for."""
        if self.peer is not None or (self._ending and self.final is None):
            return False
        return self._clock.now_s() - self._alone_since_s > self._limits.resume_ms / 1000

    def push(self, seq: int, chunk: memoryview) -> bool:
        """Take a chunk; one that may not come ends the dictation. False after the end."""
        if self._ending:
            return False
        try:
            self._check_chunk(seq, len(chunk))
            self._session.accept(bytes(chunk))  # a copy: the frame is ZeroMQ's
        except SottoError as error:
            self.fail(error)
        else:
            self.received += 1
        return True

    async def flush(self, seq: int) -> None:
        """Make the first `seq` chunks final text. Goes on if nobody waits for it any more.

        Raises:
            GapError: that is not the number of chunks that have come; the dictation ends.
            NoSessionError: it has ended, or ended before that.
        """
        if self._ending:
            raise NoSessionError("This dictation has ended: call asr.stream.close for its text.")
        self._check_count(seq)
        await self._to_the_end(self._session.flush(seq))

    async def close(self, seq: int, *, keep: bool = False) -> Final:
        """End it as meant, after `seq` chunks; if it has ended already, tell how.

        `keep` leaves the recording.

        Raises:
            GapError: that is not the number of chunks that have come; the dictation ends.
        """
        if not self._ending:
            self._check_count(seq)
        self._ending = True
        return await self._to_the_end(self._session.close(keep=keep))

    async def abort(self, *, keep: bool) -> Final:
        """End it at once; `keep` leaves the recording. If it has ended already, tell how."""
        self._ending = True
        return await self._to_the_end(self._session.abort(keep=keep))

    def fail(self, error: SottoError) -> None:
        """End it because of an error. What was accepted becomes final text first."""
        self._ending = True
        self._to_the_end(self._session.fail(error))

    def break_off(self, why: SottoError | None = None) -> None:
        """End it at once and keep its recording, unless it is ending already."""
        if not self._ending:
            self._ending = True
            if why is not None:
                self._tell(Trouble(why.kind, why.message, recoverable=False))
            self._to_the_end(self._session.abort(keep=True))

    def _to_the_end(self, step: Coroutine[Any, Any, T]) -> asyncio.Future[T]:
        """Do it whether or not anybody waits for it."""
        task = asyncio.create_task(step)
        self.under_way.add(task)
        task.add_done_callback(self.under_way.discard)
        return asyncio.shield(task)

    def _check_chunk(self, seq: int, n_bytes: int) -> None:
        if seq != self.received:
            raise GapError(
                f"Chunk {self.received} should come next, not {seq}: begin another dictation.",
                detail=str(self.received),
            )
        if seq >= self.limit:
            raise OverrunError("More audio was pushed than there was credit for: wait for more.")
        if n_bytes > self.max_chunk_bytes:
            raise TooLargeError(f"A chunk has at most {self._limits.max_chunk_ms} ms: split it.")

    def _check_count(self, seq: int) -> None:
        if seq != self.received:
            error = GapError(
                f"{self.received} chunks have come, not {seq}: begin another dictation.",
                detail=str(self.received),
            )
            self.fail(error)
            raise error

    def _tell(self, event: LiveEvent) -> None:
        if self.final is not None:
            return  # the last word was said
        if isinstance(event, Final):
            self.final = event
            self._ending = True
            self._alone_since_s = self._clock.now_s()
        try:
            for message in live_event_to_wire(event):
                self._channel.tell(message)
        except SottoError as error:
            self.fail(error)

    def _acknowledge(self, n_chunks: int) -> None:
        if n_chunks > self._acknowledged:
            self._acknowledged = n_chunks
            self._channel.tell_credit(n_chunks, self.limit)
