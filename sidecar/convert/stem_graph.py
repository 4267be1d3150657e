"""The stem of the Qwen3-ASR encoder: one second of log-mel becomes 13 frames.

Three strided convolutions with exact GELU, a linear layer over (channel, frequency), and a
table of 13 positions. Each second is computed for itself, so that seconds are a batch and a
second that has been heard is never computed again (QwenLM/Qwen3-ASR, technical report
arXiv 2601.21337; layout of transformers 5.23, `Qwen3ASREncoder`).

The convolutions are half of the encoder's work, and ONNX Runtime gains nothing from integers
in its own. So with 8 bits they are written as products: pixels lie with their channels
together, an index gathers the nine that each result sees, and the kernel is a matrix. Each
second has a scale of its own, whatever it is batched with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sidecar.convert.graph import GraphWriter
from sidecar.convert.layers import Layers
from sidecar.convert.quantise import (
    GELU_ZERO,
    float_type,
    gelu_scale,
    int8_product,
    product,
    quantised,
)
from sidecar.convert.tensors import AUDIO

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from sidecar.convert.architecture import AudioShape
    from sidecar.convert.graph import Value, Weights
    from sidecar.model_store.manifest import EncoderKind

MAX_TIMESCALE = 10_000
KERNEL = 3  # wide and high


def write_stem(path: Path, shape: AudioShape, weights: Weights, kind: EncoderKind) -> None:
    """Write the graph: `mel` f32 [n, 128, 100] -> `frames` f32 [n, 13, d].

    Args:
        path: the `.onnx` file; its weights go to `<path>.data`.
        shape: of the audio tower.
        weights: gives tensors of the checkpoint by name.
        kind: what its weights become; "int4" is "int8" here, where there is little to save.
    """
    kind = "int8" if kind == "int4" else kind
    with GraphWriter(path) as graph:
        layers = Layers(graph, weights, kind)
        mel = graph.input("mel", np.float32, ["n", shape.n_mels, shape.frames_per_chunk])
        if kind == "int8":
            frames = _int8_frames(layers, shape, mel)
        else:
            frames = _float_frames(layers, shape, graph.cast(mel, float_type(kind)))
        placed = graph.op(
            "Add", frames, layers.constant(positions(shape.tokens_per_chunk, shape.width))
        )
        out_shape: list[int | str] = ["n", shape.tokens_per_chunk, shape.width]
        graph.output("frames", graph.cast(placed, np.float32), np.float32, out_shape)


def positions(n_frames: int, width: int) -> npt.NDArray[np.float32]:
    """Sinusoids of Whisper, [n_frames, width]: sines before cosines."""
    n_timescales = width // 2
    increment = np.log(MAX_TIMESCALE) / (n_timescales - 1)
    inverse = np.exp(np.float32(-increment) * np.arange(n_timescales, dtype=np.float32))
    angles = np.arange(n_frames, dtype=np.float32)[:, np.newaxis] * inverse
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1)


def _float_frames(layers: Layers, shape: AudioShape, mel: Value) -> Value:
    graph = layers.graph
    x = graph.op("Unsqueeze", mel, graph.numbers(1))
    for i in (1, 2, 3):
        name = f"{AUDIO}.conv2d{i}"
        kernel, bias = layers.vector(f"{name}.weight"), layers.vector(f"{name}.bias")
        geometry = {"kernel_shape": [KERNEL] * 2, "strides": [2, 2], "pads": [1] * 4}
        x = graph.fused("Gelu", graph.op("Conv", x, kernel, bias, **geometry))
    by_time = graph.op("Transpose", x, perm=[0, 3, 1, 2])
    flat = graph.op("Reshape", by_time, graph.numbers(0, shape.tokens_per_chunk, -1))
    return layers.linear(flat, f"{AUDIO}.conv_out")


@dataclass(frozen=True, slots=True)
class _Grid:
    """Pixels that a convolution takes, numbered row by row."""

    height: int
    width: int

    @property
    def outside(self) -> int:
        """Number of the pixel that stands for the padding: one behind the last."""
        return self.height * self.width

    @property
    def halved(self) -> _Grid:
        """What a convolution with stride 2 and padding 1 makes of it."""
        return _Grid((self.height + 1) // 2, (self.width + 1) // 2)

    def patches(self) -> npt.NDArray[np.int64]:
        """The nine pixels that each result sees: [height of the result, its width, 9]."""
        taps = np.arange(KERNEL) - 1
        row = 2 * np.arange(self.halved.height)[:, None, None, None] + taps[:, None]
        column = 2 * np.arange(self.halved.width)[:, None, None] + taps
        is_inside = (row >= 0) & (row < self.height) & (column >= 0) & (column < self.width)
        numbers = np.where(is_inside, row * self.width + column, self.outside)
        return numbers.reshape(*numbers.shape[:2], KERNEL**2)


def _int8_frames(layers: Layers, shape: AudioShape, mel: Value) -> Value:
    graph, width = layers.graph, shape.width
    grid = _Grid(shape.n_mels, shape.frames_per_chunk)
    pixels = _first_convolution(layers, mel, grid)
    second, third = grid.halved.patches(), grid.halved.halved.patches()
    pixels = _int8_convolution(layers, f"{AUDIO}.conv2d2", pixels, second)
    by_time = third.swapaxes(0, 1)
    pixels = _int8_convolution(layers, f"{AUDIO}.conv2d3", pixels, by_time)
    by_channel = layers.weights(f"{AUDIO}.conv_out.weight").reshape(width, shape.channels, -1)
    by_frequency = np.ascontiguousarray(by_channel.swapaxes(1, 2)).reshape(width, -1)
    entering = layers.gelu_rows(
        graph.op("Reshape", pixels, graph.numbers(-1, by_frequency.shape[1]))
    )
    frames = layers.scaled(product(graph, entering, by_frequency, layers.kind), entering)
    return graph.op("Reshape", frames, graph.numbers(-1, shape.tokens_per_chunk, width))


def _first_convolution(layers: Layers, mel: Value, grid: _Grid) -> Value:
    """[n, 128, 100] -> [n, pixels, channels], as floats: with nine products each it is cheap."""
    graph, name = layers.graph, f"{AUDIO}.conv2d1"
    flat = graph.op("Reshape", mel, graph.numbers(0, -1))
    zero_behind = graph.op("Pad", flat, graph.numbers(0, 0, 0, 1))
    one = np.array(1, np.float32)
    padded = graph.op("Pad", zero_behind, graph.numbers(0, 0, 0, 1), graph.tensor(one))
    patches = grid.patches().reshape(-1, KERNEL**2)
    with_one = np.pad(patches, ((0, 0), (0, 1)), constant_values=grid.outside + 1)
    seen = graph.op("Gather", padded, graph.tensor(with_one), axis=1)
    kernel = layers.weights(f"{name}.weight").reshape(-1, KERNEL**2)
    bias = layers.weights(f"{name}.bias")
    matrix = np.concatenate([kernel, bias[:, np.newaxis]], axis=1).T
    return graph.fused("Gelu", graph.op("MatMul", seen, graph.tensor(matrix)))


def _int8_convolution(
    layers: Layers, name: str, pixels: Value, patches: npt.NDArray[np.int64]
) -> Value:
    """A convolution and its GELU: [n, pixels, channels] -> [n, results in order, channels]."""
    graph = layers.graph
    by_pixel = graph.op("ReduceMax", pixels, graph.numbers(2), keepdims=0)
    peak = graph.op("ReduceMax", by_pixel, graph.numbers(1), keepdims=0)
    scale = gelu_scale(graph, peak)
    integers = quantised(graph, pixels, scale, GELU_ZERO)
    behind = graph.numbers(0, 0, 0, 0, 1, 0)
    padded = graph.op("Pad", integers, behind, graph.tensor(np.array(GELU_ZERO, np.uint8)))
    numbers = graph.tensor(patches.reshape(-1, KERNEL**2))
    seen = graph.op("Gather", padded, numbers, axis=1)
    flat = graph.op("Reshape", seen, graph.numbers(0, 0, -1))
    kernel = layers.weights(f"{name}.weight").transpose(0, 2, 3, 1)
    matrix = np.ascontiguousarray(kernel).reshape(len(kernel), -1)
    result = int8_product(graph, flat, GELU_ZERO, matrix)
    scaled = graph.op("Mul", result, graph.op("Reshape", scale, graph.numbers(-1, 1, 1)))
    return graph.fused("Gelu", graph.op("Sum", scaled, layers.vector(f"{name}.bias")))
