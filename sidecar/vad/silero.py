"""Silero VAD (snakers4/silero-vad, version 6) through ONNX Runtime, without torch.

We run its `sequence` graph. It computes bit for bit what the usual frame-by-frame graph
does (a test holds them equal), takes any number of frames in one call, and is faster
even for one: no sample rate switch is evaluated each time.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sidecar.errors import LoadFailedError
from sidecar.vad.base import FRAME_SAMPLES

if TYPE_CHECKING:
    import numpy.typing as npt

    from sidecar.domain import Samples

MODEL = "silero_vad_16k_sequence.onnx"
CONTEXT_SAMPLES = 64  # of the frame before; without them the model hears no speech at all
STATE_SHAPE = (1, 1, 128)
FRAMES_AT_ONCE = 512  # bounds the memory of a call; 16 s


class SileroVad:
    """The neural detector. Loading it imports onnxruntime, about 60 ms.

    Raises:
        LoadFailedError: on construction, when the model or onnxruntime is missing.
    """

    def __init__(self) -> None:
        self._session = _session()
        self.reset()

    def probabilities(self, frames: Samples) -> npt.NDArray[np.float32]:
        """Hear frames of shape (n, 512); see `Vad`."""
        heard = [
            self._run(frames[at : at + FRAMES_AT_ONCE])
            for at in range(0, len(frames), FRAMES_AT_ONCE)
        ]
        return np.concatenate(heard) if heard else np.empty(0, np.float32)

    def reset(self) -> None:
        """Forget the context and the network's state."""
        self._context = np.zeros(CONTEXT_SAMPLES, np.float32)
        self._hidden = np.zeros(STATE_SHAPE, np.float32)
        self._cell = np.zeros(STATE_SHAPE, np.float32)

    def _run(self, frames: Samples) -> npt.NDArray[np.float32]:
        inputs = np.empty((len(frames), CONTEXT_SAMPLES + FRAME_SAMPLES), np.float32)
        inputs[:, CONTEXT_SAMPLES:] = frames
        inputs[0, :CONTEXT_SAMPLES] = self._context
        inputs[1:, :CONTEXT_SAMPLES] = frames[:-1, -CONTEXT_SAMPLES:]
        self._context = inputs[-1, -CONTEXT_SAMPLES:].copy()
        feeds = {"input": inputs, "h": self._hidden, "c": self._cell}
        speech, self._hidden, self._cell = self._session.run(["speech_probs", "hn", "cn"], feeds)
        return np.asarray(speech, np.float32)


def model_path() -> Path:
    """The ONNX file: beside this module in our wheel, else in the `silero-vad` package.

    That package is looked up, never imported, since importing it loads torch.

    Raises:
        LoadFailedError: it is in neither place.
    """
    bundled = Path(__file__).with_name(MODEL)
    if bundled.is_file():
        return bundled
    try:
        installed = Path(str(distribution("silero-vad").locate_file(f"silero_vad/data/{MODEL}")))
    except PackageNotFoundError:
        installed = bundled
    if not installed.is_file():
        raise LoadFailedError("The voice detector's model is missing. Install Sotto again.")
    return installed


@cache
def _session() -> Any:  # noqa: ANN401  (onnxruntime has no types)
    """One session for all streams: running it is thread-safe, and it holds no state."""
    try:
        import onnxruntime
    except ImportError as error:
        raise LoadFailedError(
            "ONNX Runtime, which the voice detector needs, does not load here. Install Sotto again."
        ) from error
    options = onnxruntime.SessionOptions()
    # The graph is far too small to gain from a second thread, and a spinning one burns a core.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(
        model_path().read_bytes(), options, providers=["CPUExecutionProvider"]
    )
