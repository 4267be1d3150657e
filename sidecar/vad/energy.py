"""Speech by loudness alone: what is left when the neural detector cannot be loaded."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from sidecar.domain import Samples

QUIETEST_DB = -70.0  # full scale is 0; the noise floor never falls below
START_DB = -50.0  # an unknown room is at most this loud, until it proves louder
FALL = 0.5  # share of the way down that the floor goes in one frame
RISE_DB = 0.06  # per frame: 2 dB a second, slower than the gaps between words pull it down
SPEECH_DB = 6.0  # above the floor: as likely speech as not
SLOPE_DB = 2.0


class EnergyVad:
    """Compares each frame with a noise floor that follows the quietest moments.

    Needs nothing but numpy. Takes any sound that stands out for speech: use `SileroVad`
    where it loads.
    """

    def __init__(self) -> None:
        self.reset()

    def probabilities(self, frames: Samples) -> npt.NDArray[np.float32]:
        """Hear frames of shape (n, 512); see `Vad`."""
        power = np.square(frames).mean(axis=1) + 1e-10
        levels_db = (10 * np.log10(power)).tolist()
        return np.array([self._probability(level) for level in levels_db], np.float32)

    def reset(self) -> None:
        """Forget the noise floor."""
        self._floor_db = START_DB

    def _probability(self, level_db: float) -> float:
        above_db = level_db - self._floor_db
        step_db = FALL * above_db if above_db < 0 else min(RISE_DB, above_db)
        self._floor_db = max(QUIETEST_DB, self._floor_db + step_db)
        odds = (level_db - self._floor_db - SPEECH_DB) / SLOPE_DB
        return 1 / (1 + math.exp(-max(-50.0, odds)))
