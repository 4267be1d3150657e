"""One dictation: audio comes as it is spoken, text goes out as soon as it is sure.

    accept -> Hearing (thread) -> Follower -> Decoding -> LiveEvent

Taking audio in never waits for an engine: while that loads, crashes or is slow, what is
heard is kept, and decoded later.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from sidecar.clock import Clock, SystemClock
from sidecar.domain import (
    SAMPLE_RATE_HZ,
    Final,
    Flushed,
    LiveEvent,
    SpeechEdge,
    Timings,
    Trouble,
)
from sidecar.engine.base import Capabilities, SegmentOptions
from sidecar.engine.client import EnginePool, RemoteSegment
from sidecar.errors import BadAudioError, InternalError, NoSessionError, SottoError
from sidecar.session.decoding import Decoding, Tally
from sidecar.session.following import Follower
from sidecar.session.hearing import Deaf, Hearing, Mark, Sound, Told, Unsafe
from sidecar.session.journal import RecordingInfo
from sidecar.vad.base import Vad
from sidecar.vad.endpointer import EndpointerOptions

if TYPE_CHECKING:
    from sidecar.session.recording import Recording

SAMPLE_BYTES = 2

Reason: TypeAlias = Literal["close", "abort", "error"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """How a dictation is to be heard. `engine` None means the default engine.

    `mode` "batch" makes no partials and hears segments as a recording's.
    """

    rate_hz: int = SAMPLE_RATE_HZ
    engine: str | None = None
    language: str | None = None
    hotwords: tuple[str, ...] = ()
    mode: Literal["live", "batch"] = "live"


@dataclass(frozen=True, slots=True)
class LiveParts:
    """What every dictation works with.

    Attributes:
        pool: the engines.
        default_engine: the one for who asks for none.
        make_vad: called in the audio thread.
        begin_recording: keeps the audio, called in the audio thread; None keeps none.
        clock: times passes and the whole.
    """

    pool: EnginePool
    default_engine: str
    make_vad: Callable[[], Vad]
    begin_recording: Callable[[RecordingInfo], Recording] | None = None
    clock: Clock = field(default_factory=SystemClock)


class LiveSession:
    """A dictation from its first sample to its final text. Lives on one event loop.

    The first of `close`, `abort` and `fail` decides how it ends; all of them give the same
    `Final`, which is also the last event.

    Args:
        parts: what it works with.
        options: how it is to be heard.
        client: whose it is: clients take turns at an engine.
        emit: told of every event, on the loop.
        on_ack: told how many chunks are safe and heard, on the loop.

    Raises:
        EngineMissingError: no such engine is installed.
    """

    def __init__(
        self,
        parts: LiveParts,
        options: LiveOptions,
        client: Hashable,
        emit: Callable[[LiveEvent], None],
        on_ack: Callable[[int], None],
    ) -> None:
        self._parts = parts
        self._options = options
        self._client = client
        self._emit = emit
        self._on_ack = on_ack
        self._engine = options.engine or parts.default_engine
        self._began_s = parts.clock.now_s()
        self._n_samples = 0  # accepted, at `rate_hz`
        self._n_chunks = 0
        self._all_heard = asyncio.Event()
        self._all_heard.set()
        self._ready = asyncio.Event()
        self._unfollowed: list[Sound] = []  # heard while the engine was not ready
        self._flushes: deque[tuple[int, asyncio.Future[None]]] = deque()
        self._capabilities: Capabilities | None = None
        self._follower: Follower | None = None
        self._decoding: Decoding | None = None
        self._loop = asyncio.get_running_loop()
        self._hearing = Hearing(options.rate_hz, self._begin(), parts.make_vad, self._tell)
        self._deaf = False
        self._ending: asyncio.Task[Final] | None = None
        self._decoded = asyncio.create_task(self._decode())
        self._decoded.add_done_callback(self._end_without_engine)

    @property
    def committed(self) -> str:
        """All text that is committed so far."""
        return self._decoding.log.text if self._decoding else ""

    def accept(self, pcm: bytes) -> None:
        """Take the next chunk: PCM, signed 16 bits, little endian, at most 500 ms.

        Raises:
            BadAudioError: it is empty, or ends within a sample.
            NoSessionError: the dictation is ending.
        """
        if not pcm or len(pcm) % SAMPLE_BYTES:
            raise BadAudioError(
                "A chunk must be whole 16-bit samples, at least one.", detail="odd-length"
            )
        self._must_go_on()
        self._n_samples += len(pcm) // SAMPLE_BYTES
        self._n_chunks += 1
        self._all_heard.clear()
        self._hearing.put(pcm)

    async def flush(self, seq: int) -> None:
        """Make all that was accepted final text; tells `Flushed(seq)` when it is.

        Raises:
            NoSessionError: the dictation is ending, or ended before that.
        """
        self._must_go_on()
        done: asyncio.Future[None] = self._loop.create_future()
        self._flushes.append((seq, done))
        self._hearing.put(Mark.FLUSH)
        try:
            await asyncio.shield(done)
        except asyncio.CancelledError:
            if not done.cancelled():
                raise  # who asked has lost interest
            raise NoSessionError("The dictation ended before it was flushed.") from None

    async def settled(self) -> None:
        """Wait until all that was accepted is heard, and no pass runs or is due.

        For replaying a recording faster than it was spoken: after each chunk.
        """
        quiet = asyncio.create_task(self._quiet())
        await asyncio.wait([quiet, self._decoded], return_when=asyncio.FIRST_COMPLETED)
        quiet.cancel()

    async def close(self) -> Final:
        """Make all that was accepted final text, and end."""
        return await self._end("close")

    async def abort(self, *, keep: bool = False) -> Final:
        """End at once, without what is not committed yet. `keep` leaves the recording."""
        return await self._end("abort", keep=keep)

    async def fail(self, error: SottoError) -> Final:
        """End because of an error; what was accepted becomes final text as by `close`."""
        if self._ending is None:
            self._trouble(error, recoverable=False)
        return await self._end("error")

    async def _quiet(self) -> None:
        await self._all_heard.wait()
        await self._ready.wait()
        assert self._decoding is not None
        await self._decoding.idle.wait()

    def _must_go_on(self) -> None:
        if self._ending is not None:
            raise NoSessionError("This dictation is ending; begin another.")

    def _begin(self) -> Callable[[], Recording] | None:
        begin, options = self._parts.begin_recording, self._options
        if begin is None:
            return None
        info = RecordingInfo(
            options.rate_hz, self._engine, options.language, options.hotwords, time.time()
        )
        return lambda: begin(info)

    def _tell(self, told: Told) -> None:
        """Bring what the audio thread tells to the loop, unless that is gone."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._take, told)

    def _take(self, told: Told) -> None:
        match told:
            case Sound():
                self._hear(told)
            case Unsafe(error):
                self._trouble(error, recoverable=True)
            case Deaf(error):
                self._go_deaf(error)

    def _hear(self, sound: Sound) -> None:
        self._on_ack(sound.n_chunks)
        if sound.level is not None:
            self._emit(sound.level)
        if self._follower is None:
            self._unfollowed.append(sound)
        else:
            self._follow(sound)
        if sound.n_chunks == self._n_chunks:
            self._all_heard.set()

    def _follow(self, sound: Sound) -> None:
        assert self._follower is not None
        assert self._decoding is not None
        for told in self._follower.hear(sound):
            if isinstance(told, SpeechEdge):
                self._emit(told)
            else:
                self._decoding.add(told)
        if sound.mark is Mark.FLUSH:
            self._decoding.add(self._flushed)
        if sound.mark is Mark.CLOSE:
            self._decoding.close()
        self._decoding.look()

    def _flushed(self) -> None:
        seq, done = self._flushes.popleft()
        self._emit(Flushed(seq))
        done.set_result(None)

    async def _decode(self) -> None:
        self._capabilities = await self._parts.pool.start(self._engine)
        self._follower = Follower(EndpointerOptions())
        self._decoding = Decoding(
            self._open_segment,
            self._capabilities,
            self._follower,
            self._emit,
            self._parts.clock,
            live=self._options.mode == "live",
        )
        for sound in self._unfollowed:
            self._follow(sound)
        self._unfollowed.clear()
        self._ready.set()
        await self._decoding.run()

    async def _open_segment(self) -> RemoteSegment:
        own = self._options
        options = SegmentOptions(own.language, own.hotwords, live=own.mode == "live")
        return await self._parts.pool.open(self._engine, options, client=self._client)

    def _trouble(self, error: SottoError, *, recoverable: bool) -> None:
        self._emit(Trouble(error.kind, error.message, recoverable, error.detail))

    def _go_deaf(self, error: SottoError) -> None:
        """End with what was heard so far: the audio thread only records from here on."""
        self._deaf = True
        nothing = np.empty(0, np.float32)
        last = Sound(0, nothing, nothing, None, mark=Mark.CLOSE)
        if self._follower is None:
            self._unfollowed.append(last)
        else:
            self._follow(last)
        if self._ending is None:
            self._trouble(error, recoverable=False)
            self._begin_to_end("error")

    def _end_without_engine(self, decoded: asyncio.Task[None]) -> None:
        if self._ending is None and not decoded.cancelled():
            self._begin_to_end("error")

    async def _end(self, reason: Reason, *, keep: bool = False) -> Final:
        if self._ending is None:
            self._begin_to_end(reason, keep=keep)
        assert self._ending is not None
        return await asyncio.shield(self._ending)

    def _begin_to_end(self, reason: Reason, *, keep: bool = False) -> None:
        if reason == "abort":
            self._decoded.cancel()
        if reason == "abort" and not keep:
            self._hearing.abandon()
        else:
            self._hearing.put(Mark.CLOSE)
        self._ending = asyncio.create_task(self._finish(reason, keep=keep))

    async def _finish(self, reason: Reason, *, keep: bool) -> Final:
        """Wait until all is decoded that will be, put the recording away, and tell."""
        await asyncio.wait([self._decoded])
        if (error := _failure(self._decoded)) is not None:
            self._trouble(error, recoverable=False)
            reason = "error"
        for _, flushed in self._flushes:
            flushed.cancel()
        complete = self._is_complete(reason)
        wanted = keep if reason == "abort" else not (reason == "close" and complete)
        recording = await asyncio.to_thread(self._put_away, wanted=wanted, heard=complete)
        final = self._final(reason, complete, recording)
        self._emit(final)
        return final

    def _is_complete(self, reason: Reason) -> bool:
        tally = self._decoding.tally if self._decoding else None
        return reason != "abort" and tally is not None and tally.complete and not self._deaf

    def _put_away(self, *, wanted: bool, heard: bool) -> str | None:
        """End the recording; gives its name if it stays."""
        self._hearing.join()
        recording = self._hearing.recording
        if recording is None:
            return None
        end = recording.keep if wanted else recording.finish if heard else recording.discard
        return recording.name if end() else None

    def _final(self, reason: Reason, complete: bool, recording: str | None) -> Final:
        tally = self._decoding.tally if self._decoding else Tally()
        languages = tally.languages.most_common(1)
        return Final(
            text=self.committed,
            language=languages[0][0] if languages else self._options.language,
            engine=self._engine,
            timings=Timings(
                self._n_samples / self._options.rate_hz,
                tally.speech_s,
                tally.decode_s,
                self._parts.clock.now_s() - self._began_s,
            ),
            reason=reason,
            complete=complete,
            recording=recording,
            notices=tuple(self._notices()),
        )

    def _notices(self) -> Iterator[str]:
        known = self._capabilities
        if known is None:
            return
        if self._options.hotwords and not known.hotwords:
            yield f"The engine {self._engine} does not use hotwords; they had no effect."
        if known.notice:
            yield known.notice


def _failure(decoded: asyncio.Task[None]) -> SottoError | None:
    """Why decoding has failed, if it has."""
    error = None if decoded.cancelled() else decoded.exception()
    if error is None or isinstance(error, SottoError):
        return error
    _log.error("decoding failed", exc_info=error)
    return InternalError("Sotto failed while transcribing; the log says where. Dictate again.")
