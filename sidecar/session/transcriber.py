"""One recording, from bytes to a transcript.

    cut_recording (audio, VAD) -> EnginePool -> WordTimes -> Segment, as it becomes final

Audio is decoded and cut in a thread, some seconds ahead of the engine, and never held
whole: a recording of hours takes the memory of its longest span, or of a few where the engine
hears several together.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

from sidecar.domain import (
    SAMPLE_RATE_HZ,
    Hypothesis,
    Progress,
    Segment,
    SpeechSpan,
    Timings,
    Transcript,
    TranscriptionEvent,
    Word,
)
from sidecar.engine.base import Capabilities, SegmentOptions
from sidecar.engine.client import EnginePool
from sidecar.session.cutting import Cut, cut_recording
from sidecar.session.endpoints import live_endpointer, recording_endpointer
from sidecar.session.guards import guarded, worth_decoding
from sidecar.session.outcome import notices
from sidecar.session.read_ahead import read_ahead
from sidecar.session.side_by_side import SideBySide
from sidecar.session.word_times import WordTimes
from sidecar.text.spacing import join_pieces
from sidecar.vad.base import Vad

_Heard: TypeAlias = list[tuple[SpeechSpan, Hypothesis]]

BLOCKS_AHEAD = 32  # about half a minute: the next span is ready when the engine is


@dataclass(frozen=True, slots=True)
class TranscribeOptions:
    """How one recording is to be transcribed. `engine` None means the default engine.

    `live` hears it as a live dictation would, so that one that broke off gets the same text.
    `align` gives words their times by the installed aligner where the engine gives none.
    """

    engine: str | None = None
    language: str | None = None
    hotwords: tuple[str, ...] = ()
    levels: bool = False
    live: bool = False
    align: bool = True


class Transcriber:
    """Transcribes recordings with any engine of a pool; several at once, fairly.

    The engine takes one span at a time from each, or some together, and the recordings in
    rotation, so those of different callers advance together.
    """

    def __init__(
        self, pool: EnginePool, default_engine: Callable[[], str], make_vad: Callable[[], Vad]
    ) -> None:
        self._pool = pool
        self._default_engine = default_engine
        self._make_vad = make_vad

    async def transcribe(
        self,
        source: bytes | Path,
        options: TranscribeOptions,
        emit: Callable[[TranscriptionEvent], None],
    ) -> Transcript:
        """Transcribe a recording in any format that `open_audio` reads.

        Segments go to `emit` as they become final, so that a caller who is cut off has
        them; the transcript holds them all. Silence gives an empty text.

        Raises:
            BadAudioError: the bytes are not audio.
            EngineError: the engine is missing, does not load, or failed on a span twice.
            InvalidParamsError: the engine does not know the language.
        """
        started_s = time.monotonic()
        engine = options.engine or self._default_engine()
        emit(Progress("loading", 0.0))
        capabilities = await self._pool.start(engine)
        vad = await asyncio.to_thread(self._make_vad)
        run = _Run(self._pool, engine, capabilities, options, emit)
        endpointer = live_endpointer if options.live else recording_endpointer
        cuts = cut_recording(source, vad, endpointer(capabilities))
        async with run.times, run.work, read_ahead(cuts, BLOCKS_AHEAD) as ready:
            async for cut in ready:
                await run.take(cut)
        return run.transcript(total_s=time.monotonic() - started_s)


class _Run:
    """What has come of one recording so far.

    Attributes:
        times: through which segments go. Leave it before asking for the transcript.
        work: what is being recognised. Leave it before that.
    """

    def __init__(
        self,
        pool: EnginePool,
        engine: str,
        capabilities: Capabilities,
        options: TranscribeOptions,
        emit: Callable[[TranscriptionEvent], None],
    ) -> None:
        aligned = options.align and not capabilities.word_times and pool.aligner() is not None
        self.times = WordTimes(pool if aligned else None, self._deliver)
        # Twice as many as are heard together, so that the next are there when those are done.
        n = capabilities.together
        self.work: SideBySide[_Heard] = SideBySide(2 * n if n > 1 else 1)
        self._pool = pool
        self._engine = engine
        self._capabilities = capabilities
        self._options = options
        self._emit = emit
        self._segments: list[Segment] = []
        self._audio_s = self._speech_s = self._decode_s = 0.0
        self._n_decoding = 0
        self._decoding_since_s = 0.0
        self._damaged = False

    async def take(self, cut: Cut) -> None:
        """Begin to recognise the spans of a cut, and tell in its turn what came of it."""
        if self._options.levels and cut.level:
            self._emit(cut.level)
        spans = [
            span
            for span in cut.spans
            if worth_decoding(span.samples, span.voiced_s, continues=span.continues)
        ]
        await self.work.add(self._begun(spans), partial(self._tell, cut))

    def _begun(self, spans: list[SpeechSpan]) -> asyncio.Future[_Heard]:
        if spans:
            return asyncio.create_task(self._recognise(spans))
        nothing: asyncio.Future[_Heard] = asyncio.get_running_loop().create_future()
        nothing.set_result([])
        return nothing

    async def _recognise(self, spans: list[SpeechSpan]) -> _Heard:
        own = self._options
        options = SegmentOptions(own.language, own.hotwords, live=own.live)
        with self._decoding():
            return [
                (span, await self._pool.recognise(self._engine, span.samples, options, client=self))
                for span in spans
            ]

    @contextmanager
    def _decoding(self) -> Iterator[None]:
        """Count the time in which something is being decoded, however much it is at once."""
        if not self._n_decoding:
            self._decoding_since_s = time.monotonic()
        self._n_decoding += 1
        try:
            yield
        finally:
            self._n_decoding -= 1
            if not self._n_decoding:
                self._decode_s += time.monotonic() - self._decoding_since_s

    async def _tell(self, cut: Cut, heard: _Heard) -> None:
        for span, found in heard:
            self._speech_s += len(span.samples) / SAMPLE_RATE_HZ
            hypothesis = guarded(found, span.voiced_s)
            if hypothesis.text:
                language = hypothesis.language or self._options.language
                await self.times.add(_place(hypothesis, span), span.samples, language)
        self._audio_s, self._damaged = cut.heard_s, cut.damaged
        self._emit(Progress("transcribing", cut.heard_s, cut.total_s))

    def _deliver(self, segment: Segment) -> None:
        self._segments.append(segment)
        self._emit(segment)

    def transcript(self, total_s: float) -> Transcript:
        """All of it, once the last cut is taken and everything is delivered."""
        languages = Counter(segment.language for segment in self._segments if segment.language)
        return Transcript(
            text=join_pieces(segment.text for segment in self._segments),
            segments=tuple(self._segments),
            language=languages.most_common(1)[0][0] if languages else self._options.language,
            engine=self._engine,
            timings=Timings(self._audio_s, self._speech_s, self._decode_s, total_s),
            notices=tuple(self._notices()),
        )

    def _notices(self) -> Iterator[str]:
        if self._damaged:
            yield "Part of the recording is damaged; what could not be decoded is left out."
        yield from self.times.notices()
        hotwords = bool(self._options.hotwords)
        yield from notices(self._engine, self._capabilities, hotwords=hotwords)


def _place(hypothesis: Hypothesis, span: SpeechSpan) -> Segment:
    """Move a hypothesis from its span's time to the recording's."""
    start_s, end_s = span.start / SAMPLE_RATE_HZ, span.end / SAMPLE_RATE_HZ
    return Segment(
        start_s,
        end_s,
        hypothesis.text,
        tuple(
            Word(word.text, start_s + word.start_s, start_s + word.end_s, word.confidence)
            for word in hypothesis.words
        ),
        hypothesis.language,
    )
