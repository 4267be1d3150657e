"""How fast an installed model is on this machine: a real worker hears the bundled clip."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from sidecar.audio.files import open_audio
from sidecar.cli.clip import CLIP
from sidecar.domain import SAMPLE_RATE_HZ
from sidecar.engine.base import SegmentOptions
from sidecar.engine.client import EnginePool, WorkerOptions
from sidecar.engine.registry import EngineRegistry
from sidecar.engine.turns import Urgency
from sidecar.model_store.tuning import SPEECH_S, TRIAL, Mode, Speed, Tuning, as_trial
from sidecar.session.pacing import DUTY, LONGEST_INTERVAL_S, Pace
from sidecar.session.segment import LiveSegment

if TYPE_CHECKING:
    from sidecar.domain import Samples
    from sidecar.engine.base import Capabilities
    from sidecar.session.engines import OpenSegment

LANGUAGE = "en"
N_PARTIALS = 4  # a second apart, up to the end; the first one knows nothing and does not count


async def measure(model: str, folder: Path, tuning: Tuning | None = None) -> Speed:
    """Load a model in a worker of its own, let it hear 10 s of speech, and end it.

    Args:
        model: its id.
        folder: where it is.
        tuning: how it is to be run; None for how it would be.

    Raises:
        EngineError: it does not load, or fails.
    """
    samples = speech()
    with _trial(tuning):
        pool = EnginePool(EngineRegistry(lambda: {model: folder}), WorkerOptions(), lambda *_: None)
        try:
            began_s = time.monotonic()
            capabilities = await pool.start(model)
            load_s = time.monotonic() - began_s
            language = LANGUAGE if capabilities.knows(LANGUAGE) else None
            open_live = partial(pool.open, model, SegmentOptions(language=language, live=True))
            final_s = await _final_s(pool, model, samples, language)
            partial_s = await _partial_s(open_live, capabilities, samples)
        finally:
            await pool.close()
    return speed_of(load_s, final_s, partial_s, capabilities.agreement)


def speed_of(load_s: float, final_s: float, partial_s: float, agreement: int) -> Speed:
    """What a dictation makes of such times; see `sidecar.session.pacing`."""
    pace = Pace(agreement)
    pace.partial_took(partial_s)
    return Speed(
        load_s=round(load_s, 3),
        final_s=round(final_s, 3),
        partial_s=round(partial_s, 3),
        interval_s=round(pace.interval_s, 3),
        mode=_mode(final_s, partial_s),
    )


def speech() -> Samples:
    """The first 10 s of the bundled clip, shape (160000,)."""
    with open_audio(CLIP) as audio:
        samples = np.concatenate(list(audio.blocks()))
    return samples[: int(SPEECH_S * SAMPLE_RATE_HZ)]


def _mode(final_s: float, partial_s: float) -> Mode:
    """Live text may take half of the time, and comes every four seconds at least."""
    if final_s > SPEECH_S:
        return "batch"
    return "live" if partial_s <= DUTY * LONGEST_INTERVAL_S else "finals"


async def _final_s(pool: EnginePool, model: str, samples: Samples, language: str | None) -> float:
    began_s = time.monotonic()
    await pool.recognise(model, samples, SegmentOptions(language=language))
    return time.monotonic() - began_s


async def _partial_s(
    open_segment: OpenSegment, capabilities: Capabilities, samples: Samples
) -> float:
    """As a dictation makes them: what was found before is given and guessed."""
    segment = LiveSegment(open_segment, capabilities, Urgency.FINAL)
    took_s = []
    try:
        for seconds in range(N_PARTIALS):
            n_samples = len(samples) - (N_PARTIALS - 1 - seconds) * SAMPLE_RATE_HZ
            began_s = time.monotonic()
            hypothesis = await segment.partial(samples[:n_samples])
            took_s.append(time.monotonic() - began_s)
            segment.take(hypothesis, n_samples)
    finally:
        await segment.close()
    return median(took_s[1:])


@contextmanager
def _trial(tuning: Tuning | None) -> Iterator[None]:
    """Workers that are started meanwhile run the model so."""
    before = os.environ.pop(TRIAL, None)
    if tuning is not None:
        os.environ[TRIAL] = as_trial(tuning)
    try:
        yield
    finally:
        os.environ.pop(TRIAL, None)
        if before is not None:
            os.environ[TRIAL] = before
