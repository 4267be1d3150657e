"""Whisper's log-mel spectrogram, as most speech models we run expect it.

16 kHz, a periodic Hann window of 400 samples every 160, power spectrum, Slaney's mel
scale and norm up to 8 kHz, log10 from 1e-10, clamped to 8 below the maximum, (x + 4) / 4.
Source: openai/whisper `audio.py`; equal to transformers' `WhisperFeatureExtractor`.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from sidecar.domain import SAMPLE_RATE_HZ

if TYPE_CHECKING:
    import numpy.typing as npt

    from sidecar.domain import Samples

WINDOW_SAMPLES = 400
HOP_SAMPLES = 160
N_BINS = WINDOW_SAMPLES // 2 + 1
MAX_HZ = 8_000.0
DYNAMIC_RANGE = 8.0  # in powers of ten
FRAMES_AT_ONCE = 128  # 1 MB of spectrum stays in the cache: twice as fast as all at once


def log_mel(
    samples: Samples, n_mels: int = 128, *, maximum: float | None = None
) -> npt.NDArray[np.float32]:
    """The spectrogram of a clip.

    Args:
        samples: mono 16 kHz float32, shape (n,).
        n_mels: bands; 128, or 80 for Whisper models older than large-v3.
        maximum: log10 power that values are clamped to 8 below of; None takes the
            loudest value of this clip. A constant (Voxtral Realtime: 1.5) makes frames
            independent of what comes later.

    Returns:
        float32, shape (n_mels, n // 160).

    >>> log_mel(np.zeros(16_000, np.float32)).shape
    (128, 100)
    """
    n_frames = len(samples) // HOP_SAMPLES
    if not n_frames:
        return np.empty((n_mels, 0), np.float32)
    mel = _mel_power(_windows(samples, n_frames), n_mels)
    np.log10(np.maximum(mel, 1e-10, out=mel), out=mel)
    loudest = float(mel.max()) if maximum is None else maximum
    np.maximum(mel, loudest - DYNAMIC_RANGE, out=mel)
    mel += 4
    mel *= 0.25
    return np.ascontiguousarray(mel.T)


def _windows(samples: Samples, n_frames: int) -> Samples:
    """Overlapping windows, centred by mirroring half a window at both ends; a view."""
    padded = np.pad(samples, WINDOW_SAMPLES // 2, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW_SAMPLES)
    return windows[::HOP_SAMPLES][:n_frames]


def _mel_power(windows: Samples, n_mels: int) -> npt.NDArray[np.float32]:
    """Power in each mel band, shape (frames, n_mels)."""
    window, filters = _hann(), mel_filters(n_mels)
    mel = np.empty((len(windows), n_mels), np.float32)
    # float64, because quiet bands next to loud ones lose 1e-5 otherwise; numpy's
    # float32 transform is no faster, and neither is a matrix product of that precision.
    spectrum = np.empty((FRAMES_AT_ONCE, N_BINS), np.complex128)
    power = np.empty((FRAMES_AT_ONCE, N_BINS), np.float32)
    for at in range(0, len(windows), FRAMES_AT_ONCE):
        frames = windows[at : at + FRAMES_AT_ONCE] * window
        n = len(frames)
        parts = np.fft.rfft(frames, out=spectrum[:n]).view(np.float64)
        parts *= parts
        np.add(parts[:, ::2], parts[:, 1::2], out=power[:n], casting="same_kind")
        np.matmul(power[:n], filters, out=mel[at : at + n])
    return mel


@cache
def _hann() -> npt.NDArray[np.float64]:
    phase = 2 * np.pi * np.arange(WINDOW_SAMPLES) / WINDOW_SAMPLES
    return np.asarray(0.5 - 0.5 * np.cos(phase), np.float64)


@cache
def mel_filters(n_mels: int) -> npt.NDArray[np.float32]:
    """Triangles on Slaney's mel scale, each of area 1 (per Hz), shape (201, n_mels)."""
    edges_hz = _mel_to_hz(np.linspace(0, _hz_to_mel(MAX_HZ), n_mels + 2))
    bins_hz = np.linspace(0, SAMPLE_RATE_HZ / 2, N_BINS)
    above = bins_hz[:, None] - edges_hz
    widths_hz = np.diff(edges_hz)
    rising = above[:, :-2] / widths_hz[:-1]
    falling = -above[:, 2:] / widths_hz[1:]
    triangles = np.maximum(0, np.minimum(rising, falling))
    areas = (edges_hz[2:] - edges_hz[:-2]) / 2
    return np.asarray(triangles / areas, np.float32)


# Slaney's scale: linear to 1 kHz (15 mel), from there 27 mel for each factor of 6.4.
def _hz_to_mel(hz: float) -> float:
    return 3 * hz / 200 if hz < 1_000 else float(15 + np.log(hz / 1_000) * 27 / np.log(6.4))


def _mel_to_hz(mel: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    above = np.maximum(mel - 15, 0)
    return np.asarray(np.minimum(200 * mel / 3, 1_000) * np.exp(above * np.log(6.4) / 27))
