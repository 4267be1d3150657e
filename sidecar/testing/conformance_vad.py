"""What every voice activity detector must do, whoever wrote it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from sidecar.vad.base import FRAME_SAMPLES, Vad

if TYPE_CHECKING:
    from sidecar.domain import Samples


def check_vad(make_vad: Callable[[], Vad]) -> None:
    """Assert every promise of `Vad`.

    Raises:
        AssertionError: naming the promise that is broken.
    """
    frames = _rising_noise()
    expected = make_vad().probabilities(frames)
    _check_values(expected, len(frames))
    assert make_vad().probabilities(frames[:0]).shape == (0,), "no frames, no probabilities"
    _check_pieces(make_vad(), frames, expected)
    _check_reset(make_vad(), frames, expected)
    _check_input_is_left_alone(make_vad(), frames)
    silence = make_vad().probabilities(np.zeros((20, FRAME_SAMPLES), np.float32))
    assert (silence < 0.35).all(), "digital silence is not speech"


def _rising_noise() -> Samples:
    """Three seconds of noise, each frame louder than the one before."""
    noise = np.random.default_rng(1).uniform(-1, 1, (96, FRAME_SAMPLES))
    return (noise * np.geomspace(1e-3, 1, 96)[:, None]).astype(np.float32)


def _check_values(speech: Samples, n_frames: int) -> None:
    assert speech.shape == (n_frames,), "one probability a frame"
    assert speech.dtype == np.float32, "probabilities are float32"
    assert ((speech >= 0) & (speech <= 1)).all(), "probabilities are in [0, 1]"


def _check_pieces(vad: Vad, frames: Samples, expected: Samples) -> None:
    pieces = [vad.probabilities(piece) for piece in np.split(frames, [1, 2, 5, 40])]
    assert np.allclose(np.concatenate(pieces), expected, atol=1e-5), "pieces change nothing"


def _check_reset(vad: Vad, frames: Samples, expected: Samples) -> None:
    vad.probabilities(frames[::-1].copy())
    vad.reset()
    assert np.allclose(vad.probabilities(frames), expected, atol=1e-5), "reset forgets everything"


def _check_input_is_left_alone(vad: Vad, frames: Samples) -> None:
    pushed = frames.copy()
    first = vad.probabilities(pushed[:48])
    assert (pushed == frames).all(), "input is not written to"
    pushed[:] = 0
    second = vad.probabilities(frames[48:])
    vad.reset()
    assert np.allclose(np.concatenate((first, second)), vad.probabilities(frames), atol=1e-5), (
        "no reference to the input is kept"
    )
