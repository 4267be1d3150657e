"""How much the built-in engine mishears, and how fast it is, on recordings of people.

Ours is the product: decoded, cut at pauses, recognised in a worker. The peer is
PocketSphinx as its own documentation uses it: default settings, the whole file at once.
Both work on every clip in turn, so that a noisy moment hits both. Word error rates are
over all words, after Whisper's normaliser, of English clips whose text a person wrote.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks._report import Row, report
from benchmarks._speech import clips, folder, samples_of
from benchmarks._wer import errors
from sidecar.domain import SAMPLE_RATE_HZ
from sidecar.engine.client import EnginePool, WorkerOptions
from sidecar.engine.registry import EngineRegistry
from sidecar.session.transcriber import TranscribeOptions, Transcriber
from sidecar.vad.default import make_vad

if TYPE_CHECKING:
    from pocketsphinx import Decoder

MAX_CLIP_S = 120.0  # longer ones are joined from others


@dataclass(frozen=True, slots=True)
class Score:
    """What came of audio: misheard words, words said, and time, all in all."""

    errors: int = 0
    words: int = 0
    took_s: float = 0.0
    audio_s: float = 0.0

    @property
    def wer(self) -> float:
        """The word error rate."""
        return self.errors / self.words

    @property
    def rtf(self) -> float:
        """Seconds of work for a second of audio."""
        return self.took_s / self.audio_s

    def __add__(self, other: Score) -> Score:
        return Score(
            self.errors + other.errors,
            self.words + other.words,
            self.took_s + other.took_s,
            self.audio_s + other.audio_s,
        )


def score(clip: dict[str, Any], text: str, took_s: float, audio_s: float) -> Score:
    found = errors(clip["text"], text, clip["lang"])
    return Score(found.errors, found.units, took_s, audio_s)


async def ours(transcriber: Transcriber, clip: dict[str, Any]) -> Score:
    recording = folder() / clip["file"]
    transcript = await transcriber.transcribe(recording, TranscribeOptions(), lambda _: None)
    timings = transcript.timings
    return score(clip, transcript.text, timings.total_s, timings.audio_s)


def peers(decoder: Decoder, clip: dict[str, Any]) -> Score:
    import numpy as np

    samples = samples_of(clip["file"])
    pcm = np.clip(samples * 32768, -32768, 32767).astype("<i2").tobytes()
    began_s = time.perf_counter()
    decoder.start_utt()
    decoder.process_raw(pcm, full_utt=True)
    decoder.end_utt()
    took_s = time.perf_counter() - began_s
    hypothesis = decoder.hyp()
    text = hypothesis.hypstr if hypothesis else ""
    return score(clip, text, took_s, len(samples) / SAMPLE_RATE_HZ)


async def measure() -> list[tuple[str, Score, Score]]:
    from pocketsphinx import Decoder

    decoder = Decoder(loglevel="FATAL")
    pool = EnginePool(EngineRegistry(), WorkerOptions(), lambda *_: None)
    transcriber = Transcriber(pool, lambda: "builtin", make_vad)
    try:
        await pool.start("builtin")
        return [
            (clip["file"], await ours(transcriber, clip), peers(decoder, clip))
            for clip in clips()
            if clip["lang"] == "en" and clip["ref_kind"] == "human"
            if clip["seconds"] <= MAX_CLIP_S
        ]
    finally:
        await pool.close()


def main() -> None:
    results = asyncio.run(measure())
    own = sum((own for _, own, _ in results), Score())
    peer = sum((peer for _, _, peer in results), Score())
    rows = [Row(name, own.wer, "WER", peer.wer) for name, own, peer in results]
    rows.append(Row(f"all {own.words} words", own.wer, "WER", peer.wer))
    rows.append(Row(f"all {own.audio_s:.0f} s", own.rtf, "RTF", peer.rtf))
    report("builtin", rows, {"wer_en": own.wer, "rtf": own.rtf})
