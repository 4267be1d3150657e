from __future__ import annotations

import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from typing import Any

import numpy as np
import pytest

from sidecar.audio.files import open_audio
from sidecar.domain import Samples
from sidecar.errors import LoadFailedError
from sidecar.testing.conformance_vad import check_vad
from sidecar.vad import silero
from sidecar.vad.base import FRAME_SAMPLES
from sidecar.vad.silero import SileroVad


def frames_of(speech: Any, name: str) -> Samples:
    with open_audio(speech.path(name)) as audio:
        samples = np.concatenate(list(audio.blocks()))
    return samples[: len(samples) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)


def frame_by_frame(frames: Samples, context_samples: int = 64) -> Samples:
    """The plain streaming graph, driven as its authors document it."""
    import onnxruntime

    name = "silero_vad_16k_op15.onnx"
    session = onnxruntime.InferenceSession(silero.model_path().with_name(name).read_bytes())
    state, context = np.zeros((2, 1, 128), np.float32), np.zeros(64, np.float32)
    heard = []
    for frame in frames:
        joined = np.concatenate((context[64 - context_samples :], frame))[None]
        feeds = {"input": joined, "state": state, "sr": np.array(16_000)}
        probability, state = session.run(None, feeds)
        heard.append(probability[0, 0])
        context = frame[-64:]
    return np.array(heard, np.float32)


def test_silero_keeps_every_promise_of_a_detector() -> None:
    check_vad(SileroVad)


def test_a_whole_clip_gives_what_the_streaming_graph_gives_frame_by_frame(speech: Any) -> None:
    frames = frames_of(speech, "en_jfk.wav")

    heard = SileroVad().probabilities(frames)

    np.testing.assert_allclose(heard, frame_by_frame(frames), atol=1e-6)


def test_real_speech_is_heard_and_real_noise_is_not(speech: Any) -> None:
    voice = SileroVad().probabilities(frames_of(speech, "en_jfk.wav"))
    noise = SileroVad().probabilities(frames_of(speech, "none_noise_exercise_bike.flac"))

    assert (voice >= 0.5).mean() > 0.6
    assert (noise >= 0.5).mean() < 0.01


def test_without_the_context_between_frames_no_speech_would_be_heard(speech: Any) -> None:
    frames = frames_of(speech, "en_jfk.wav")

    deaf = frame_by_frame(frames, context_samples=0)

    assert (deaf >= 0.5).mean() < 0.01


def test_more_frames_than_fit_one_run_are_heard_as_if_they_did(speech: Any) -> None:
    frames = frames_of(speech, "en_dictation_v1_1_reminders.flac")
    assert len(frames) > silero.FRAMES_AT_ONCE

    at_once = SileroVad().probabilities(frames)

    one_by_one = SileroVad()
    singly = [one_by_one.probabilities(frame[None]) for frame in frames]
    np.testing.assert_allclose(at_once, np.concatenate(singly), atol=1e-6)


def test_a_missing_model_is_a_load_failure_that_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    def nothing_installed(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(silero, "__file__", str(tmp_path / "silero.py"))
    monkeypatch.setattr(silero, "distribution", nothing_installed)

    with pytest.raises(LoadFailedError, match="Install"):
        silero.model_path()


def test_the_model_in_our_wheel_comes_before_the_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / silero.MODEL).touch()
    monkeypatch.setattr(silero, "__file__", str(tmp_path / "silero.py"))

    assert silero.model_path() == tmp_path / silero.MODEL


def test_importing_the_detector_and_the_cutter_loads_no_model_library() -> None:
    code = (
        "import sys, sidecar.vad.default, sidecar.vad.spans;"
        "print({'onnxruntime', 'torch', 'silero_vad'} & set(sys.modules))"
    )

    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (run.stdout.strip(), run.stderr) == ("set()", "")
