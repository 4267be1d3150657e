from __future__ import annotations

from typing import Any

import numpy as np

from sidecar.audio.files import open_audio
from sidecar.domain import Samples, SpeechSpan
from sidecar.testing.conformance_vad import check_vad
from sidecar.vad.base import FRAME_SAMPLES
from sidecar.vad.energy import EnergyVad
from sidecar.vad.spans import SpanCutter


def noise(seconds: float, rms: float) -> Samples:
    n_frames = int(seconds * 16_000) // FRAME_SAMPLES
    shape = (n_frames, FRAME_SAMPLES)
    return (np.random.default_rng(7).standard_normal(shape) * rms).astype(np.float32)


def test_the_energy_detector_keeps_every_promise_of_a_detector() -> None:
    check_vad(EnergyVad)


def test_a_steady_hum_is_taken_for_speech_only_until_the_floor_has_risen_to_it() -> None:
    hum = EnergyVad().probabilities(noise(20, rms=0.02))

    assert hum[0] > 0.5
    assert (hum[-100:] < 0.35).all()


def test_a_burst_above_the_room_stands_out_and_the_room_after_it_does_not() -> None:
    room, burst = noise(8, rms=0.003), noise(1, rms=0.1)

    heard = EnergyVad().probabilities(np.concatenate((room, burst, room)))

    first, last = len(room), len(room) + len(burst)
    assert (heard[first:last] > 0.8).all()
    assert (heard[last + 5 :] < 0.35).all()


def test_loudness_alone_finds_the_speech_of_a_dictation_between_long_silences(speech: Any) -> None:
    cutter = SpanCutter(EnergyVad())
    spans: list[SpeechSpan] = []
    with open_audio(speech.path("en_long_silence_open.flac")) as audio:
        for block in audio.blocks():
            spans += cutter.push(block).spans
    spans += cutter.flush().spans

    voiced_s = sum(span.end - span.start for span in spans) / 16_000
    assert 15 < voiced_s < 25
    assert any(span.start < 10 * 16_000 < span.end for span in spans)
    assert any(span.start < 40 * 16_000 < span.end for span in spans)
