"""One dictation: audio comes as it is spoken, text goes out as soon as it is sure.

    accept -> Hearing (thread) -> Pipeline -> LiveEvent

Taking audio in never waits for an engine: while that loads, crashes or is slow, what is
heard is kept, and decoded later.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Literal, TypeAlias

from sidecar.domain import Final, Flushed, LiveEvent, Timings, Trouble
from sidecar.errors import BadAudioError, InternalError, NoSessionError, SottoError
from sidecar.session.hearing import SILENCE, Deaf, Hearing, Mark, Sound, Told, Unsafe
from sidecar.session.manifest import RecordingInfo
from sidecar.session.options import LiveOptions, LiveParts
from sidecar.session.pipeline import Pipeline
from sidecar.session.recording import Recording

__all__ = ["LiveOptions", "LiveParts", "LiveSession"]

SAMPLE_BYTES = 2

Reason: TypeAlias = Literal["close", "abort", "error"]

_log = logging.getLogger(__name__)


class LiveSession:
    """A dictation from its first sample to its final text. Lives on one event loop.

    The first of `close`, `abort` and `fail` decides how it ends, except that `abort` cuts
    the others short. All of them give the same `Final`, which is also the last event.

    Attributes:
        attended: whether anybody is there to be told. The recording of a dictation that comes
            to its end unattended stays.

    Args:
        parts: what it works with.
        options: how it is to be heard.
        client: whose it is: clients take turns at an engine.
        emit: told of every event, on the loop.
        on_ack: told how many chunks are safe and heard, on the loop.

    Raises:
        EngineMissingError: no such engine is installed.
        InvalidParamsError: the engine is known not to understand the language. If that is
            found out later, it ends the dictation.
    """

    def __init__(
        self,
        parts: LiveParts,
        options: LiveOptions,
        client: Hashable,
        emit: Callable[[LiveEvent], None],
        on_ack: Callable[[int], None],
    ) -> None:
        self._engine = options.engine or parts.default_engine()
        parts.pool.check(self._engine, options.language)
        self._options = options
        self._emit = emit
        self._on_ack = on_ack
        self._clock = parts.clock
        self._began_s = parts.clock.now_s()
        self._n_samples = 0  # accepted, at `rate_hz`
        self._n_chunks = 0
        self._n_heard = 0  # chunks, too
        self._all_heard = asyncio.Event()
        self._all_heard.set()
        self._flushes: deque[tuple[int, asyncio.Future[None]]] = deque()
        self._deaf = False
        self._ending: asyncio.Task[Final] | None = None
        self._keep = False  # the recording, if it is closed or aborted
        self.attended = True
        self._loop = asyncio.get_running_loop()
        self._pipeline = Pipeline(
            pool=parts.pool,
            engine=self._engine,
            options=options,
            client=client,
            emit=emit,
            on_flush=self._flushed,
            clock=parts.clock,
        )
        self._decoded = asyncio.create_task(self._pipeline.run())
        self._decoded.add_done_callback(self._end_without_engine)
        self._hearing = Hearing(options.rate_hz, self._begin(parts), parts.make_vad, self._tell)

    @property
    def committed(self) -> str:
        """All text that is committed so far."""
        return self._pipeline.text

    def accept(self, pcm: bytes) -> None:
        """Take the next chunk: PCM, signed 16 bits, little endian, at most 500 ms.

        Raises:
            BadAudioError: it is empty, or ends within a sample.
            NoSessionError: the dictation is ending.
        """
        if not pcm or len(pcm) % SAMPLE_BYTES:
            raise BadAudioError(
                "A chunk of audio must be whole 16-bit samples, and at least one.", detail="length"
            )
        self._must_go_on()
        self._n_samples += len(pcm) // SAMPLE_BYTES
        self._n_chunks += 1
        self._all_heard.clear()
        self._hearing.put(pcm)

    def flush(self, seq: int) -> Coroutine[Any, Any, None]:
        """Make all that was accepted before this call final text.

        What it returns, to be awaited, ends when `Flushed(seq)` was told.

        Raises:
            NoSessionError: the dictation is ending; when awaited: it ended before that.
        """
        self._must_go_on()
        done: asyncio.Future[None] = self._loop.create_future()
        self._flushes.append((seq, done))
        self._hearing.put(Mark.FLUSH)
        return _until_flushed(done)

    async def settled(self) -> None:
        """Wait until all that was accepted is heard, and no pass runs or is due.

        So a recording can be replayed faster than it was spoken: push a chunk, wait for
        this, push the next. What is told, and between which chunks, is then the same in
        every run, as if passes took no time. A `Clock` that is advanced meanwhile gives
        them any time that they should seem to take.
        """
        quiet = asyncio.create_task(self._quiet())
        await asyncio.wait([quiet, self._decoded], return_when=asyncio.FIRST_COMPLETED)
        quiet.cancel()

    async def close(self, *, keep: bool = False) -> Final:
        """Make all that was accepted final text, and end. `keep` leaves the recording."""
        if self._ending is None:
            self._keep = keep
        return await self._end("close")

    async def abort(self, *, keep: bool = False) -> Final:
        """End at once, without what is not committed yet. `keep` leaves the recording.

        It also cuts short a `close` that waits for text which nobody wants any more.
        """
        if self._ending is None or self._decoded.cancel():
            self._keep = keep
        return await self._end("abort")

    async def fail(self, error: SottoError) -> Final:
        """End because of an error; what was accepted becomes final text as by `close`."""
        if self._ending is None:
            self._trouble(error, recoverable=False)
        return await self._end("error")

    async def _quiet(self) -> None:
        await self._all_heard.wait()
        await self._pipeline.quiet()

    def _must_go_on(self) -> None:
        if self._ending is not None:
            raise NoSessionError("This dictation is ending; begin another.")

    def _begin(self, parts: LiveParts) -> Callable[[], Recording] | None:
        begin, own = parts.begin_recording, self._options
        if begin is None or not own.recorded:
            return None
        info = RecordingInfo(
            own.rate_hz, self._engine, own.language, own.hotwords, time.time(), own.live
        )
        return lambda: begin(info, own.recording)

    def _tell(self, told: Told) -> None:
        """Bring what the audio thread tells to the loop, unless that is gone."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._take, told)

    def _take(self, told: Told) -> None:
        match told:
            case Sound():
                if told.n_chunks > self._n_heard:
                    self._n_heard = told.n_chunks
                    self._on_ack(self._n_heard)
                self._hear(told)
                if told.n_chunks == self._n_chunks:
                    self._all_heard.set()
            case Unsafe(error):
                self._trouble(error, recoverable=True)
            case Deaf(error):
                self._go_deaf(error)

    def _hear(self, sound: Sound) -> None:
        if not self._decoded.done():
            self._pipeline.hear(sound)

    def _flushed(self) -> None:
        seq, done = self._flushes.popleft()
        self._emit(Flushed(seq))
        done.set_result(None)

    def _trouble(self, error: SottoError, *, recoverable: bool) -> None:
        self._emit(Trouble(error.kind, error.message, recoverable, error.detail))

    def _go_deaf(self, error: SottoError) -> None:
        """End with what was heard so far: the audio thread only records from here on."""
        self._deaf = True
        self._hear(Sound(self._n_chunks, SILENCE, SILENCE, None, Mark.CLOSE))
        self._trouble(error, recoverable=False)
        if self._ending is None:
            self._begin_to_end("error")

    def _end_without_engine(self, decoded: asyncio.Task[None]) -> None:
        if self._ending is None and not decoded.cancelled():
            self._begin_to_end("error")

    async def _end(self, reason: Reason) -> Final:
        if self._ending is None:
            self._begin_to_end(reason)
        assert self._ending is not None
        return await asyncio.shield(self._ending)

    def _begin_to_end(self, reason: Reason) -> None:
        if reason == "abort":
            self._decoded.cancel()
        elif not self._decoded.done():
            self._pipeline.drain()
        if reason == "abort" and not self._keep:
            self._hearing.abandon()
        else:
            self._hearing.put(Mark.CLOSE)
        self._ending = asyncio.create_task(self._finish(reason))

    async def _finish(self, reason: Reason) -> Final:
        """Wait until all is decoded that will be, put the recording away, and tell."""
        await asyncio.wait([self._decoded])
        if reason == "close" and self._decoded.cancelled():
            reason = "abort"
        error = _failure(self._decoded)
        if error is not None:
            self._trouble(error, recoverable=False)
        if error is not None or self._deaf:
            reason = "error" if reason == "close" else reason
        for _, flushed in self._flushes:
            flushed.cancel()
        tally = self._pipeline.tally
        complete = tally.complete and reason != "abort" and error is None and not self._deaf
        unheard = reason == "error" or not complete or not self.attended
        wanted = self._keep if reason == "abort" else unheard
        recording = await asyncio.to_thread(self._put_away, wanted=wanted, complete=complete)
        final = Final(
            text=self._pipeline.text,
            language=tally.language or self._options.language,
            engine=self._engine,
            timings=Timings(
                self._n_samples / self._options.rate_hz,
                tally.speech_s,
                tally.decode_s,
                self._clock.now_s() - self._began_s,
            ),
            reason=reason,
            complete=complete,
            recording=recording,
            notices=self._pipeline.notices(),
        )
        self._emit(final)
        return final

    def _put_away(self, *, wanted: bool, complete: bool) -> str | None:
        """End the recording, once nothing writes to it; gives its name if it stays."""
        self._hearing.join()
        recording = self._hearing.recording
        if recording is None:
            return None
        if wanted:
            stays = recording.keep()
        else:
            stays = recording.finish(keep=self._keep) if complete else recording.discard()
        return recording.name if stays else None


async def _until_flushed(done: asyncio.Future[None]) -> None:
    await asyncio.wait([done])
    if done.cancelled():
        raise NoSessionError("The dictation ended before it was flushed.")


def _failure(decoded: asyncio.Task[None]) -> SottoError | None:
    """Why decoding has failed, if it has."""
    error = None if decoded.cancelled() else decoded.exception()
    if error is None or isinstance(error, SottoError):
        return error
    _log.error("decoding failed", exc_info=error)
    return InternalError("Sotto failed while transcribing; its log says where. Dictate again.")
