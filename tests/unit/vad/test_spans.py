from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.audio.files import open_audio
from sidecar.domain import Samples, SpeechSpan
from sidecar.vad.base import FRAME_SAMPLES
from sidecar.vad.energy import EnergyVad
from sidecar.vad.silero import SileroVad
from sidecar.vad.spans import SpanCutter


def cut(cutter: SpanCutter, pieces: list[Samples]) -> tuple[list[SpeechSpan], Samples]:
    heard = [*(cutter.push(piece) for piece in pieces), cutter.flush()]
    spans = [span for part in heard for span in part.spans]
    return spans, np.concatenate([part.speech for part in heard])


def clip(speech: Any, name: str) -> Samples:
    with open_audio(speech.path(name)) as audio:
        samples: Samples = np.concatenate(list(audio.blocks()))
    return samples


def bursts() -> Samples:
    """Loud, quiet, loud, quiet ...: 12 s that are no multiple of a frame."""
    loudness = np.repeat([0.001, 0.3, 0.001, 0.2, 0.001, 0.3], 32_000)[:-77]
    noise = np.random.default_rng(3).standard_normal(len(loudness))
    return np.asarray(noise * loudness, np.float32)


def test_a_known_speech_is_covered_by_its_spans(speech: Any) -> None:
    samples = clip(speech, "en_jfk.wav")
    vad = SileroVad()
    frames = samples[: len(samples) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    voiced = np.flatnonzero(vad.probabilities(frames) >= 0.5) * FRAME_SAMPLES

    spans, _ = cut(SpanCutter(vad), np.array_split(samples, 11))

    inside = [any(span.start <= at < span.end for span in spans) for at in voiced]
    assert np.mean(inside) > 0.99


def test_noise_without_speech_gives_no_span(speech: Any) -> None:
    samples = clip(speech, "none_noise_exercise_bike.flac")

    spans, probabilities = cut(SpanCutter(SileroVad()), np.array_split(samples, 61))

    assert spans == []
    assert len(probabilities) == -(-len(samples) // FRAME_SAMPLES)


def test_long_silences_split_a_recording_and_are_left_out(speech: Any) -> None:
    samples = clip(speech, "en_long_silence_open.flac")

    spans, _ = cut(SpanCutter(SileroVad()), np.array_split(samples, 80))

    assert len(spans) >= 2
    assert sum(len(span.samples) for span in spans) < len(samples) / 3


@settings(max_examples=30)
@given(st.lists(st.integers(0, 200_000), max_size=12))
def test_how_audio_is_cut_into_pieces_changes_no_span(places: list[int]) -> None:
    samples = bursts()
    whole, probabilities = cut(SpanCutter(EnergyVad()), [samples])

    pieces = np.split(samples, sorted(min(place, len(samples)) for place in places))
    spans, pieced = cut(SpanCutter(EnergyVad()), pieces)

    assert [(s.start, s.end) for s in spans] == [(s.start, s.end) for s in whole]
    assert all((a.samples == b.samples).all() for a, b in zip(spans, whole, strict=True))
    np.testing.assert_array_equal(pieced, probabilities)


def test_spans_carry_the_very_samples_of_the_recording_and_end_with_it() -> None:
    samples = bursts()

    spans, _ = cut(SpanCutter(EnergyVad()), np.array_split(samples, 100))

    assert len(spans) == 3
    assert spans[-1].end == len(samples)
    for span in spans:
        np.testing.assert_array_equal(span.samples, samples[span.start : span.end])


def test_only_the_open_span_and_the_pre_roll_are_held() -> None:
    cutter = SpanCutter(EnergyVad())
    silence = np.zeros(16_000, np.float32)

    for _ in range(30):
        cutter.push(silence)

    assert len(cutter._held) < 16_000


def test_pushed_arrays_may_be_reused_by_the_caller() -> None:
    samples = bursts()
    expected, _ = cut(SpanCutter(EnergyVad()), [samples])
    cutter = SpanCutter(EnergyVad())
    buffer = np.empty(1_600, np.float32)

    spans: list[SpeechSpan] = []
    for at in range(0, len(samples), 1_600):
        piece = buffer[: len(samples[at : at + 1_600])]
        piece[:] = samples[at : at + 1_600]
        spans += cutter.push(piece).spans
        buffer[:] = 0
    spans += cutter.flush().spans

    for span, same in zip(spans, expected, strict=True):
        np.testing.assert_array_equal(span.samples, same.samples)


@pytest.mark.parametrize("n", [0, 1, 511])
def test_a_recording_shorter_than_a_frame_gives_no_span(n: int) -> None:
    spans, probabilities = cut(SpanCutter(EnergyVad()), [np.zeros(n, np.float32)])

    assert spans == []
    assert len(probabilities) == (1 if n else 0)
