"""Loudness over time, for a waveform on a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from sidecar.domain import Samples

BIN_SAMPLES = 512  # one VAD frame, so that a bin has one speech probability


class LevelMeter:
    """Peak and RMS of each `bin_samples` of a stream, however it is cut into pieces."""

    def __init__(self, bin_samples: int = BIN_SAMPLES) -> None:
        self._bin_samples = bin_samples
        self._rest: Samples = np.empty(0, np.float32)

    def push(self, samples: Samples) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Peaks and RMS values of the bins that are complete now.

        Returns:
            Two arrays of shape (bins,), float32, in [0, 1] where 1 is full scale.
        """
        samples = np.concatenate((self._rest, samples))
        whole = len(samples) - len(samples) % self._bin_samples
        self._rest = samples[whole:].copy()
        return _levels(samples[:whole].reshape(-1, self._bin_samples))

    def flush(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """The last, shorter bin, if any, and a meter as good as new."""
        rest, self._rest = self._rest, np.empty(0, np.float32)
        return _levels(rest[None] if len(rest) else rest.reshape(0, 1))


def _levels(bins: Samples) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    if not bins.size:
        return np.empty(0, np.float32), np.empty(0, np.float32)
    peaks = np.abs(bins).max(axis=1)
    rms = np.sqrt(np.square(bins).mean(axis=1))
    # Resampling may overshoot full scale a little.
    return np.minimum(peaks, 1, dtype=np.float32), np.minimum(rms, 1, dtype=np.float32)
