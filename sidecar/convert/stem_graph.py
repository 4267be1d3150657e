"""The stem of the Qwen3-ASR encoder: one second of log-mel becomes 13 frames.

Three strided convolutions with exact GELU, a linear layer over (channel, frequency), and a
table of 13 positions. Each second is computed for itself, so that seconds are a batch and a
second that has been heard is never computed again (QwenLM/Qwen3-ASR, technical report
arXiv 2601.21337; layout of transformers 5.23, `Qwen3ASREncoder`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sidecar.convert.graph import GraphWriter
from sidecar.convert.layers import Layers
from sidecar.convert.quantise import float_type
from sidecar.convert.tensors import AUDIO

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from sidecar.convert.architecture import AudioShape
    from sidecar.convert.graph import Value, Weights
    from sidecar.model_store.manifest import EncoderKind

MAX_TIMESCALE = 10_000


def write_stem(path: Path, shape: AudioShape, weights: Weights, kind: EncoderKind) -> None:
    """Write the graph: `mel` f32 [n, 128, 100] -> `frames` f32 [n, 13, d].

    Args:
        path: the `.onnx` file; its weights go to `<path>.data`.
        shape: of the audio tower.
        weights: gives tensors of the checkpoint by name.
        kind: what the weights of the convolutions and the linear layer become.
    """
    with GraphWriter(path) as graph:
        layers = Layers(graph, weights, kind)
        mel = graph.input("mel", np.float32, ["n", shape.n_mels, shape.frames_per_chunk])
        heard = _convolutions(layers, graph.cast(mel, float_type(kind)))
        by_time = graph.op("Transpose", heard, perm=[0, 3, 1, 2])
        rows = graph.op("Reshape", by_time, graph.numbers(0, shape.tokens_per_chunk, -1))
        frames = layers.linear(rows, f"{AUDIO}.conv_out")
        placed = graph.op(
            "Add", frames, layers.constant(positions(shape.tokens_per_chunk, shape.width))
        )
        graph.output(
            "frames",
            graph.cast(placed, np.float32),
            np.float32,
            ["n", shape.tokens_per_chunk, shape.width],
        )


def _convolutions(layers: Layers, mel: Value) -> Value:
    """[n, 128, 100] -> [n, channels, 16, 13]."""
    x = layers.graph.op("Unsqueeze", mel, layers.graph.numbers(1))
    for i in (1, 2, 3):
        name = f"{AUDIO}.conv2d{i}"
        kernel, bias = layers.vector(f"{name}.weight"), layers.vector(f"{name}.bias")
        geometry = {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]}
        x = layers.graph.fused("Gelu", layers.graph.op("Conv", x, kernel, bias, **geometry))
    return x


def positions(n_frames: int, width: int) -> npt.NDArray[np.float32]:
    """Sinusoids of Whisper, [n_frames, width]: sines before cosines."""
    n_timescales = width // 2
    increment = np.log(MAX_TIMESCALE) / (n_timescales - 1)
    inverse = np.exp(np.float32(-increment) * np.arange(n_timescales, dtype=np.float32))
    angles = np.arange(n_frames, dtype=np.float32)[:, np.newaxis] * inverse
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1)
