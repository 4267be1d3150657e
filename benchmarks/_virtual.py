"""Recordings on a virtual clock: ours, the published policy, and the recording as a whole.

A function here runs in a process of its own, so that several can use several cores.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks._baseline import replay_baseline
from benchmarks._coverage import voiced
from benchmarks._live import replay
from benchmarks._measured import Measured, measured
from benchmarks._speech import clips, folder, samples_of
from benchmarks._wer import Errors, errors
from sidecar.domain import SAMPLE_RATE_HZ
from sidecar.engine.client import EnginePool, WorkerOptions
from sidecar.engine.registry import EngineRegistry
from sidecar.session.endpoints import live_endpointer
from sidecar.session.transcriber import TranscribeOptions, Transcriber
from sidecar.vad.default import make_vad

NOISE_S = 30


@dataclass(frozen=True, slots=True)
class Replayed:
    """One recording.

    Attributes:
        ours: dictated to us.
        baseline: dictated to the published policy, with the same engine.
        offline: misheard of the recording as a whole, by the same engine.
    """

    ours: Measured
    baseline: Measured
    offline: Errors


def replay_all(engine: str, names: tuple[str, ...]) -> list[Replayed]:
    """Replay the recordings of these names, one after the other."""
    return asyncio.run(_replay_all(engine, names))


async def _replay_all(engine: str, names: tuple[str, ...]) -> list[Replayed]:
    pool = EnginePool(EngineRegistry(), WorkerOptions(), lambda *_: None)
    try:
        return [await _replayed(pool, engine, clip) for clip in clips() if clip["file"] in names]
    finally:
        await pool.close()


async def _replayed(pool: EnginePool, engine: str, clip: dict[str, Any]) -> Replayed:
    samples = samples_of(clip["file"])
    speech = voiced(samples, live_endpointer(await pool.start(engine)))
    ours = await replay(pool, engine, samples)
    baseline = await replay_baseline(pool, engine, samples)
    transcriber = Transcriber(pool, lambda: engine, make_vad)
    offline = await transcriber.transcribe(
        folder() / clip["file"], TranscribeOptions(), lambda _: None
    )
    return Replayed(
        measured(ours, clip, speech),
        measured(baseline, clip, speech),
        errors(clip["text"], offline.text, clip["lang"]),
    )


def noise_chars(engine: str) -> int:
    """How many characters are heard where nobody speaks: recorded noise, white noise, silence."""
    return asyncio.run(_noise_chars(engine))


async def _noise_chars(engine: str) -> int:
    pool = EnginePool(EngineRegistry(), WorkerOptions(), lambda *_: None)
    white = np.random.default_rng(0).normal(0, 0.02, NOISE_S * SAMPLE_RATE_HZ)
    sounds = [
        np.zeros(NOISE_S * SAMPLE_RATE_HZ, np.float32),
        white.astype(np.float32),
        *(samples_of(clip["file"]) for clip in clips() if clip["lang"] == "none"),
    ]
    try:
        return sum([len((await replay(pool, engine, sound)).final.text) for sound in sounds])
    finally:
        await pool.close()
