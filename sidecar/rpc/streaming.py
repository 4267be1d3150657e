"""The methods of dictations: what each asks of a stream, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import UNSET

from sidecar.errors import CancelledError
from sidecar.protocol.messages import (
    Limits,
    StreamAbortParams,
    StreamAbortResult,
    StreamCloseParams,
    StreamCloseResult,
    StreamFlushParams,
    StreamFlushResult,
    StreamOpenParams,
    StreamOpenResult,
    StreamPushParams,
    StreamResumeParams,
    StreamResumeResult,
)
from sidecar.rpc.dispatch import PUSH, Call, Handler, NoticeHandler
from sidecar.rpc.peers import Peer
from sidecar.rpc.services import Services
from sidecar.rpc.streams import Streams

if TYPE_CHECKING:
    from sidecar.domain import LiveEvent
    from sidecar.rpc.stream import Session, Stream


class StreamHandlers:
    """What the methods and the notification of dictations do."""

    def __init__(self, services: Services, streams: Streams, limits: Limits) -> None:
        self._services = services
        self._streams = streams
        self._limits = limits

    def table(self) -> dict[str, Handler]:
        """The handlers by method name."""
        return {
            "asr.stream.open": self.open,
            "asr.stream.flush": self.flush,
            "asr.stream.close": self.close,
            "asr.stream.abort": self.abort,
            "asr.stream.resume": self.resume,
        }

    def notices(self) -> Mapping[str, NoticeHandler]:
        """What takes notifications, by their name."""
        return {PUSH: self.push}

    async def open(self, call: Call, params: StreamOpenParams) -> StreamOpenResult:
        """Begin a dictation."""
        dictations = await self._services.dictations()
        from sidecar.session.live import LiveOptions

        options = LiveOptions(
            rate_hz=params.rate_hz,
            engine=params.engine or None,
            language=params.language or None,
            hotwords=params.hotwords or (),
            mode=params.mode or "live",
            recording=params.recording or None,
            recorded=not params.unrecorded,
        )

        def begin(emit: Callable[[LiveEvent], None], on_ack: Callable[[int], None]) -> Session:
            return dictations(options, call.peer.key, emit, on_ack)

        if call.running.answered:  # cancelled meanwhile: nobody would know of it
            raise CancelledError("The request was cancelled.")
        stream = self._streams.open(call.peer, params.rate_hz, begin)
        _attach_after_answer(call, stream, next_event=0)
        return StreamOpenResult(
            stream=stream.number,
            token=stream.token,
            limit=stream.limit,
            max_chunk_bytes=stream.max_chunk_bytes,
            resume_ms=self._limits.resume_ms,
        )

    def push(self, peer: Peer, params: StreamPushParams, binaries: Sequence[memoryview]) -> None:
        """Take a chunk."""
        self._streams.push(peer, params.stream, params.seq, binaries[params.data.bin])

    async def flush(self, call: Call, params: StreamFlushParams) -> StreamFlushResult:
        """Make what was pushed final."""
        await self._streams.find(call.peer, params.stream).flush(params.seq)
        return StreamFlushResult()

    async def close(self, call: Call, params: StreamCloseParams) -> StreamCloseResult:
        """End a dictation as meant."""
        stream = self._streams.find(call.peer, params.stream)
        from sidecar.rpc.mapping_live import close_to_wire

        return close_to_wire(await stream.close(params.seq, keep=bool(params.keep)))

    async def abort(self, call: Call, params: StreamAbortParams) -> StreamAbortResult:
        """End a dictation at once."""
        stream = self._streams.find(call.peer, params.stream)
        final = await stream.abort(keep=bool(params.keep))
        return StreamAbortResult(recording=final.recording or UNSET)

    def resume(self, call: Call, params: StreamResumeParams) -> StreamResumeResult:
        """Take up a dictation on this connection."""
        stream = self._streams.resume(call.peer, params.token)
        _attach_after_answer(call, stream, params.next_event)
        return StreamResumeResult(
            stream=stream.number,
            next_push=stream.received,
            limit=stream.limit,
            text=stream.text,
        )


def _attach_after_answer(call: Call, stream: Stream, next_event: int) -> None:
    """Let the client know the dictation's number before it is told of events."""
    call.running.then = lambda: stream.attach(call.peer, next_event)
