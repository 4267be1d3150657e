from __future__ import annotations

import subprocess
import sys
import warnings
from itertools import islice
from typing import Any

import numpy as np
import pytest

from sidecar.audio.files import open_audio
from sidecar.audio.mel import log_mel, mel_filters
from sidecar.domain import Samples


def extractor(n_mels: int) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from transformers import WhisperFeatureExtractor

        make: Any = WhisperFeatureExtractor
        return make(feature_size=n_mels)


def transformers_mel(samples: Samples, n_mels: int) -> Samples:
    # The numpy half of it: with torch installed it would compute in float32, which is less exact.
    [features] = extractor(n_mels)._np_extract_fbank_features(samples[None], "cpu")
    return np.asarray(features, np.float32)


@pytest.mark.parametrize("n_mels", [80, 128])
def test_real_speech_gives_the_spectrogram_of_transformers(speech: Any, n_mels: int) -> None:
    for row in speech.rows:
        with open_audio(speech.path(row["file"])) as audio:
            samples = np.concatenate(list(islice(audio.blocks(), 10)))

        mel = log_mel(samples, n_mels)

        np.testing.assert_allclose(mel, transformers_mel(samples, n_mels), atol=1e-5)


@pytest.mark.parametrize("n", [161, 399, 400, 401, 8_000, 20_479, 20_480, 20_481])
def test_every_length_gives_as_many_frames_as_transformers(n: int) -> None:
    samples = np.random.default_rng(n).uniform(-1, 1, n).astype(np.float32)

    np.testing.assert_allclose(log_mel(samples), transformers_mel(samples, 128), atol=1e-5)


@pytest.mark.parametrize("n", [0, 1, 159])
def test_less_than_a_hop_gives_no_frame(n: int) -> None:
    assert log_mel(np.zeros(n, np.float32), 80).shape == (80, 0)


def test_silence_is_flat_at_the_floor() -> None:
    mel = log_mel(np.zeros(16_000, np.float32))

    np.testing.assert_allclose(mel, -1.5, atol=1e-6)


def test_a_fixed_maximum_makes_frames_independent_of_what_comes_later() -> None:
    rng = np.random.default_rng(1)
    quiet: Samples = rng.normal(0, 1e-5, 16_000).astype(np.float32)
    loud: Samples = rng.uniform(-1, 1, 16_000).astype(np.float32)
    then_loud = np.concatenate((quiet, loud))

    alone, before = log_mel(quiet, maximum=1.5), log_mel(then_loud, maximum=1.5)

    np.testing.assert_allclose(before[:, :98], alone[:, :98], atol=1e-6)
    assert not np.allclose(log_mel(then_loud)[:, :98], log_mel(quiet)[:, :98], atol=0.1)
    assert alone.min() >= (1.5 - 8 + 4) / 4 - 1e-6


def test_a_fixed_maximum_of_the_clips_own_changes_nothing() -> None:
    samples = np.random.default_rng(1).uniform(-1, 1, 16_000).astype(np.float32)
    mel = log_mel(samples)

    np.testing.assert_allclose(log_mel(samples, maximum=float(mel.max()) * 4 - 4), mel, atol=1e-6)


def test_the_samples_are_left_as_they_were() -> None:
    samples = np.random.default_rng(1).uniform(-1, 1, 16_000).astype(np.float32)
    before = samples.copy()

    log_mel(samples)

    np.testing.assert_array_equal(samples, before)


@pytest.mark.parametrize("n_mels", [80, 128])
def test_the_filters_are_slaneys(n_mels: int) -> None:
    np.testing.assert_allclose(mel_filters(n_mels), extractor(n_mels).mel_filters, atol=1e-7)


def test_the_spectrogram_needs_no_scipy_and_no_torch() -> None:
    code = (
        "import sys, numpy, sidecar.audio.mel as mel; mel.log_mel(numpy.zeros(16_000, 'f4'));"
        "print({'scipy', 'torch', 'librosa'} & set(sys.modules))"
    )

    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert run.stdout.strip() == "set()"
