"""What a voice activity detector is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from sidecar.domain import Samples

FRAME_SAMPLES = 512  # 32 ms at 16 kHz; Silero refuses any other length
FRAME_MS = 32


class Vad(Protocol):
    """Tells how likely each frame is speech. Hears one stream, called from one thread.

    `sidecar.testing.check_vad` proves an implementation.
    """

    def probabilities(self, frames: Samples) -> npt.NDArray[np.float32]:
        """Hear the next frames of the stream.

        How many come in one call changes nothing in the result; several at once cost
        less each. Keeps no reference to `frames`.

        Args:
            frames: mono 16 kHz float32, shape (n, 512); n may be 0.

        Returns:
            float32, shape (n,), in [0, 1].
        """
        ...

    def reset(self) -> None:
        """Forget everything heard: another stream begins."""
        ...
