"""A client's end of a dictation: audio out as it comes, text in as it settles.

    async with client.dictate(on_event=show) as dictation:
        for chunk in microphone:
            dictation.push(chunk)
    print(dictation.final.text)

Audio is kept here until the sidecar has it on disk, so that a broken connection loses none:
`resume` goes on over another one. If the sidecar itself has ended, what it had is in its
journal, and `rest_after` gives what it had not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, cast

import msgspec
from msgspec import UNSET

from sidecar.domain import Commit, Final, LiveEvent, Trouble
from sidecar.errors import (
    BY_KIND,
    BadAudioError,
    InternalError,
    NoSessionError,
    OverrunError,
    SottoError,
)
from sidecar.protocol.messages import (
    Binary,
    Event,
    JournalDiscardParams,
    JournalListParams,
    JournalListResult,
    StreamAbortParams,
    StreamAbortResult,
    StreamCloseParams,
    StreamCloseResult,
    StreamFlushParams,
    StreamOpenParams,
    StreamOpenResult,
    StreamPushParams,
    StreamResumeParams,
    StreamResumeResult,
)
from sidecar.rpc.backlog import Backlog
from sidecar.rpc.calls import Connection
from sidecar.rpc.mapping_live import final_from_wire, live_event_from_wire

if TYPE_CHECKING:
    from sidecar.rpc.client import Client

SAMPLE_BYTES = 2
MOST_WAITING_S = 30


class Dictation:
    """One dictation. Make it with `Client.dictate`, and enter it before anything else.

    Leaving it closes it; leaving it with an error ends it at once and keeps the recording.

    Attributes:
        text: all text that is committed so far.
        final: how it ended; None until then.
    """

    def __init__(
        self,
        connection: Connection,
        params: StreamOpenParams,
        max_chunk_ms: int,
        on_event: Callable[[LiveEvent], None],
    ) -> None:
        self.text = ""
        self.final: Final | None = None
        self._connection = connection
        self._params = params
        self._max_chunk_bytes = params.rate_hz * max_chunk_ms // 1000 * SAMPLE_BYTES
        self._on_event = on_event
        self._stream = -1
        self._token = ""
        self._next_event = 0
        self._backlog = Backlog()
        self._limit = 0  # the first chunk that may not be sent yet
        self._last = Commit(0, 0, "", 0.0, 0.0)
        self._text_there = ""  # all text that is committed, as the sidecar last told
        self._trouble: SottoError | None = None  # the sidecar's, which ends the dictation
        self._own_error: Exception | None = None  # of `on_event`
        self._broken: SottoError | None = None  # until it is resumed
        self._news = asyncio.Event()
        self._undoing: asyncio.Task[None] | None = None

    @property
    def unacknowledged(self) -> tuple[bytes, ...]:
        """The chunks that were pushed and are not known to be safe, oldest first."""
        return tuple(self._backlog)

    def rest_after(self, audio_s: float) -> bytes:
        """The audio after the first `audio_s` seconds, which a recording in the journal has."""
        n_samples = round(audio_s * self._params.rate_hz)
        return self._backlog.after(n_samples * SAMPLE_BYTES)

    async def __aenter__(self) -> Dictation:
        opening = asyncio.create_task(self._open())
        try:
            await asyncio.shield(opening)
        except asyncio.CancelledError:
            self._undoing = asyncio.create_task(self._undo(opening))
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                await self.close()
            else:
                await self._give_up()
        except Exception:
            await self._give_up()
            raise
        finally:
            self._connection.unfollow(self._stream)

    def push(self, pcm: bytes) -> None:
        """Send audio: PCM, mono, signed 16 bits, little endian. Never blocks.

        What there is no credit for waits, also while the connection is broken.

        Raises:
            BadAudioError: it is empty, or ends within a sample.
            OverrunError: half a minute waits already. That which waits is not lost.
            SottoError: why the dictation has failed.
        """
        if not pcm or len(pcm) % SAMPLE_BYTES:
            raise BadAudioError("Push whole 16-bit samples, at least one.", detail="odd-length")
        self._must_go_on()
        most = MOST_WAITING_S * self._params.rate_hz * SAMPLE_BYTES
        if self._backlog.waiting_bytes >= most:
            raise OverrunError(
                f"{MOST_WAITING_S} s of audio wait for the sidecar: pause until it has caught up."
            )
        for start in range(0, len(pcm), self._max_chunk_bytes):
            self._backlog.add(pcm[start : start + self._max_chunk_bytes])
        self._send()

    async def room(self) -> None:
        """Wait until what is pushed next leaves at once: the pace for audio that is not live.

        Raises:
            SottoError: why the dictation has ended, or SidecarRestartedError.
        """
        await self._until(self._has_room)

    async def drained(self) -> None:
        """Wait until all that was pushed is safe. Raises as `room` does."""
        await self._until(lambda: not self._backlog)

    async def flush(self) -> None:
        """Make all that was pushed final text; the dictation goes on. Raises as `room` does."""
        await self._until(self._is_sent)
        params = StreamFlushParams(stream=self._stream, seq=self._backlog.next_push)
        await self._connection.call("asr.stream.flush", params)

    async def close(self, *, keep: bool = False) -> Final:
        """Make all that was pushed final text, and end. If it has ended already, tell how.

        Args:
            keep: leave the recording until `let_go`, lest a text be lost that is not safe yet.

        Raises:
            SottoError: it could not be brought to an end; SidecarRestartedError among others.
            Exception: what `on_event` has raised.
        """
        await self._wait(lambda: self._is_sent() or self._has_ended)
        if self._has_ended:
            await self._wait(lambda: self.final is not None)
        if self.final is None:
            params = StreamCloseParams(
                stream=self._stream, seq=self._backlog.next_push, keep=keep or UNSET
            )
            result = await self._connection.call("asr.stream.close", params)
            self.final = final_from_wire(cast("StreamCloseResult", result))
        if self._own_error is not None:
            raise self._own_error
        return self.final

    async def let_go(self) -> None:
        """The text is safe: what `close` has kept stays only where the settings say so.

        Raises:
            SottoError: it could not be deleted.
        """
        name = self.final and self.final.recording
        told = await self._connection.call("journal.list", JournalListParams())
        for each in cast("JournalListResult", told).recordings:
            if each.recording == name and each.state == "interrupted":
                await self._connection.call("journal.discard", JournalDiscardParams(recording=name))

    async def abort(self, *, keep: bool = False) -> str | None:
        """End at once. `keep` leaves the recording in the journal; gives its name there."""
        params = StreamAbortParams(stream=self._stream, keep=keep)
        result = await self._connection.call("asr.stream.abort", params)
        return cast("StreamAbortResult", result).recording or None

    async def resume(self, client: Client) -> None:
        """Go on over another connection to the same run of the sidecar.

        What was not acknowledged is sent again, and events that were missed are told now.

        Raises:
            NoSessionError: too late, or another run: recover the recording instead.
        """
        self._connection.unfollow(self._stream)
        self._connection = client.connection
        params = StreamResumeParams(token=self._token, next_event=self._next_event)
        await self._connection.call("asr.stream.resume", params, on_result=self._on_resumed)

    def on_event(self, seq: int, event: Event) -> None:
        """Take an event of the sidecar."""
        self._next_event = seq + 1
        try:
            told = live_event_from_wire(event)
        except SottoError as error:
            self._own_error = error
        else:
            self._catch_up(told)
            self._hand_on(told)
        self._news.set()

    def on_credit(self, ack: int, limit: int) -> None:
        """Take the sidecar's word that chunks are safe, and more may be sent."""
        self._backlog.acknowledge(ack)
        self._limit = limit
        self._tell_missed(len(self._text_there))  # what is told again comes before the credit
        self._send()
        self._news.set()

    def on_break(self, why: SottoError) -> None:
        """Know that the connection is over."""
        self._broken = why
        self._news.set()

    @property
    def _has_ended(self) -> bool:
        return self._trouble is not None or self.final is not None

    def _is_sent(self) -> bool:
        return not self._backlog.waiting_bytes

    def _has_room(self) -> bool:
        return self._is_sent() and self._backlog.next_push < self._limit

    async def _open(self) -> None:
        await self._connection.call("asr.stream.open", self._params, on_result=self._on_opened)

    async def _give_up(self) -> None:
        if not self._has_ended:
            with suppress(SottoError):
                await self.abort(keep=True)

    async def _undo(self, opening: asyncio.Task[None]) -> None:
        """End what nobody wants any more, once it has begun."""
        with suppress(SottoError):
            await opening
            await self.abort()
        self._connection.unfollow(self._stream)

    def _on_opened(self, result: msgspec.Struct) -> None:
        opened = cast("StreamOpenResult", result)
        self._stream, self._token, self._limit = opened.stream, opened.token, opened.limit
        self._connection.follow(self._stream, self)
        self._send()

    def _on_resumed(self, result: msgspec.Struct) -> None:
        resumed = cast("StreamResumeResult", result)
        self._backlog.next_push, self._limit = resumed.next_push, resumed.limit
        self._text_there = resumed.text
        self._broken = None
        self._connection.follow(self._stream, self)
        self._send()
        self._news.set()

    def _send(self) -> None:
        """Send what there is credit for."""
        while self._broken is None and (chunk := self._backlog.due(self._limit)) is not None:
            seq = self._backlog.next_push
            params = StreamPushParams(stream=self._stream, seq=seq, data=Binary(bin=0))
            try:
                self._connection.notify("asr.stream.push", params, (chunk,))
            except SottoError as error:
                self._broken = error
            else:
                self._backlog.next_push += 1

    def _catch_up(self, event: LiveEvent) -> None:
        """See that no text is left out before an event that comes after it."""
        if isinstance(event, Final):
            self._text_there = event.text
            self._tell_missed(len(event.text))
        elif isinstance(event, Commit):
            self._tell_missed(event.offset)

    def _tell_missed(self, end: int) -> None:
        """Tell, as one commit, text whose own commits are too old to be told again."""
        missed, at_s = self._text_there[len(self.text) : end], self._last.end_s
        if missed:
            self._hand_on(Commit(self._last.segment, len(self.text), missed, at_s, at_s))

    def _hand_on(self, event: LiveEvent) -> None:
        match event:
            case Commit():
                self.text += event.text
                self._last = event
            case Trouble(recoverable=False):
                kind = BY_KIND.get(event.kind, InternalError)
                self._trouble = kind(event.message, detail=event.detail)
            case Final():
                self.final = event
        try:
            self._on_event(event)
        except Exception as error:  # the caller's own, which the caller gets
            self._own_error = error
            self._on_event = lambda _: None

    async def _until(self, reached: Callable[[], bool]) -> None:
        """Wait for something that can only come while the dictation goes on."""
        await self._wait(lambda: reached() or self._has_ended)
        self._must_go_on()

    async def _wait(self, reached: Callable[[], bool]) -> None:
        while self._own_error is None and not reached():
            if self._broken is not None:
                raise self._broken
            self._news.clear()
            await self._news.wait()
        if self._own_error is not None:
            raise self._own_error

    def _must_go_on(self) -> None:
        if (error := self._own_error or self._trouble) is not None:
            raise error
        if self.final is not None:
            raise NoSessionError("This dictation has ended: begin another.")
