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
from sidecar.vad.spans import SpanCutter, SpanFinder


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

    assert len(cutter._finder._held) < 16_000


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


def voiced(*probabilities: tuple[float, int]) -> tuple[Samples, Any]:
    """Noise, and the probability of each of its frames: (probability, frames) in turn."""
    speech = np.concatenate([np.full(n, p, np.float32) for p, n in probabilities])
    noise = np.random.default_rng(5).standard_normal(len(speech) * FRAME_SAMPLES)
    return noise.astype(np.float32), speech


def test_an_open_span_grows_until_its_samples_are_those_of_the_span() -> None:
    samples, speech = voiced((0.0, 30), (0.9, 40), (0.0, 40))
    finder = SpanFinder()
    shown: list[Samples] = []
    spans: list[SpeechSpan] = []
    for i in range(len(speech)):
        spans += finder.push(samples[i * 512 : i * 512 + 512], speech[i : i + 1])
        if finder.open:
            shown.append(finder.open.samples.copy())

    (span,) = spans
    for earlier in shown:
        np.testing.assert_array_equal(earlier, span.samples[: len(earlier)])
    assert len(shown[-1]) == len(span.samples)
    np.testing.assert_array_equal(span.samples, samples[span.start : span.end])


def test_an_open_span_tells_its_voice_and_the_silence_after_it() -> None:
    samples, speech = voiced((0.9, 40), (0.0, 10))
    finder = SpanFinder()

    finder.push(samples, speech)

    assert finder.open is not None
    assert finder.open.voiced_s == pytest.approx(40 * 0.032)
    assert finder.open.silence_s == pytest.approx(10 * 0.032)


def test_a_span_ended_on_request_is_followed_by_the_next_without_a_gap() -> None:
    samples, speech = voiced((0.9, 100))
    finder = SpanFinder()

    finder.push(samples[: 50 * 512], speech[:50])
    first = finder.end_span()
    finder.push(samples[50 * 512 :], speech[50:])
    second = finder.end_span()

    assert first is not None
    assert second is not None
    assert (first.ended, first.end) == ("flush", second.start)
    np.testing.assert_array_equal(np.concatenate((first.samples, second.samples)), samples)


def test_silence_has_no_span_to_end() -> None:
    samples, speech = voiced((0.1, 20))
    finder = SpanFinder()

    assert finder.push(samples, speech) == ()
    assert finder.end_span() is None


def test_a_span_is_cut_after_the_position_it_must_not_be_cut_before() -> None:
    samples, speech = voiced((0.9, 770), (0.1, 1), (0.9, 400))
    free, held = SpanFinder(), SpanFinder()
    held.no_cut_before(775 * 512 - 100)

    (first,) = free.push(samples, speech)
    (later,) = held.push(samples, speech)

    assert first.end == 770 * 512
    assert later.end >= 775 * 512
    assert later.ended == "length"
