from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sidecar.domain import SAMPLE_RATE_HZ, SpeechSpan
from sidecar.errors import BadAudioError
from sidecar.session.cutting import BIN_S, Cut, cut_recording
from sidecar.vad.default import make_vad
from sidecar.vad.endpointer import EndpointerOptions

CLIP = next((Path(__file__).parents[3] / "sidecar" / "cli" / "data").glob("*.flac"))


def cut(source: bytes | Path, options: EndpointerOptions | None = None) -> list[Cut]:
    return list(cut_recording(source, make_vad(), options or EndpointerOptions()))


def spans_of(cuts: list[Cut]) -> list[SpeechSpan]:
    return [span for piece in cuts for span in piece.spans]


def wav(samples: np.ndarray[tuple[int], np.dtype[np.float32]]) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, SAMPLE_RATE_HZ, format="WAV", subtype="FLOAT")
    return file.getvalue()


def test_the_spans_of_a_recording_hold_its_own_samples() -> None:
    recording, _ = soundfile.read(CLIP, dtype="float32")

    spans = spans_of(cut(CLIP))

    assert spans
    for span in spans:
        np.testing.assert_array_equal(span.samples, recording[span.start : span.end])


def test_bytes_and_a_file_are_cut_alike() -> None:
    from_file, from_bytes = spans_of(cut(CLIP)), spans_of(cut(CLIP.read_bytes()))

    assert [(s.start, s.end) for s in from_file] == [(s.start, s.end) for s in from_bytes]


def test_levels_cover_the_whole_recording_without_a_gap() -> None:
    duration_s = soundfile.info(CLIP).duration

    levels = [piece.level for piece in cut(CLIP) if piece.level]

    end_s = 0.0
    for level in levels:
        assert level.start_s == pytest.approx(end_s)
        assert len(level.peak) == len(level.rms) == len(level.speech)
        end_s += len(level.peak) * BIN_S
    assert duration_s <= end_s < duration_s + BIN_S


def test_progress_ends_at_the_length_of_the_recording() -> None:
    cuts = cut(CLIP)

    assert cuts[-1].heard_s == cuts[-1].total_s == pytest.approx(soundfile.info(CLIP).duration)
    assert [piece.heard_s for piece in cuts] == sorted(piece.heard_s for piece in cuts)


def test_silence_has_levels_and_no_spans() -> None:
    cuts = cut(wav(np.zeros(5 * SAMPLE_RATE_HZ, np.float32)))

    assert spans_of(cuts) == []
    assert any(piece.level for piece in cuts)


def test_no_span_is_longer_than_the_engine_takes() -> None:
    spans = spans_of(cut(CLIP, EndpointerOptions(longest_s=3)))

    assert max(len(span.samples) for span in spans) <= 3 * SAMPLE_RATE_HZ


def test_what_is_not_audio_is_refused_with_the_reason() -> None:
    with pytest.raises(BadAudioError) as caught:
        cut(b"these are words, not sound" * 100)

    assert caught.value.detail == "not_audio"
