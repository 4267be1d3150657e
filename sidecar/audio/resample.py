"""Any sample rate to 16 kHz, piece by piece, as if it had been done at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import soxr

from sidecar.domain import SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from sidecar.domain import Samples


class Resampler:
    """Mono audio of `rate_hz` to 16 kHz (SoX's resampler, "HQ": -3 dB at 91 % of the band).

    How the audio is cut into pieces changes nothing in the result. After `flush` it is
    used up.
    """

    def __init__(self, rate_hz: int) -> None:
        self._stream = (
            None
            if rate_hz == SAMPLE_RATE_HZ
            else soxr.ResampleStream(rate_hz, SAMPLE_RATE_HZ, 1, dtype="float32")
        )

    def push(self, samples: Samples) -> Samples:
        """What can be said at 16 kHz so far; the filter keeps the last few milliseconds.

        Args:
            samples: shape (n,), float32, at `rate_hz`.
        """
        return samples if self._stream is None else self._resample(samples, last=False)

    def flush(self) -> Samples:
        """The rest, so that all pieces together last as long as what was pushed."""
        empty = np.empty(0, np.float32)
        return empty if self._stream is None else self._resample(empty, last=True)

    def _resample(self, samples: Samples, *, last: bool) -> Samples:
        assert self._stream is not None
        resampled: Samples = self._stream.resample_chunk(np.ascontiguousarray(samples), last=last)
        return resampled
