"""The transformer of the Qwen3-ASR encoder: frames of a window become embeddings.

Pre-norm layers with full attention inside a window of at most 8 s, a last norm, and the
projector into the decoder's width (layout of transformers 5.23, `Qwen3ASREncoder`). What
comes before a window or after it changes nothing, so that windows are a batch.

Of ONNX Runtime's fused operators those are used that are faster than their parts. On a CPU
`SkipLayerNormalization` and `BiasGelu` are not, and sums of one node are not fused into them.

Errors of the projector go straight into the embeddings, while those of a layer are small
beside the residual that it is added to, and attention's are larger than those of the rest. So
the former stays in floats, and attention has 8 bits where the rest has 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from sidecar.convert.graph import GraphWriter
from sidecar.convert.layers import Layers
from sidecar.convert.quantise import float_type
from sidecar.convert.tensors import AUDIO, PROJECTOR
from sidecar.model_store.manifest import EncoderKind

if TYPE_CHECKING:
    from pathlib import Path

    from sidecar.convert.architecture import AudioShape
    from sidecar.convert.graph import Value, Weights

LAYER_NORM_EPSILON = 1e-5
ATTENTION_KINDS: Mapping[EncoderKind, EncoderKind] = {"int4": "int8"}
PROJECTOR_KINDS: Mapping[EncoderKind, EncoderKind] = {"int4": "fp32", "int8": "fp32"}


def write_encoder(path: Path, shape: AudioShape, weights: Weights, kind: EncoderKind) -> None:
    """Write the graph that encodes windows.

    Inputs `frames` f32 [w, t, d] and `n_frames` i64 [w], how many rows of each window are
    valid; output `embeds` f32 [w, t, out], of which as many rows are meaningful.

    Args:
        path: the `.onnx` file; its weights go to `<path>.data`.
        shape: of the audio tower.
        weights: gives tensors of the checkpoint by name.
        kind: what the weights of linear layers become.
    """
    with GraphWriter(path) as graph:
        layers = Layers(graph, weights, kind)
        frames = graph.input("frames", np.float32, ["w", "t", shape.width])
        n_frames = graph.input("n_frames", np.int64, ["w"])
        encoder = _Encoder(layers, shape, frames, n_frames)
        hidden = encoder.run(graph.cast(frames, float_type(kind)))
        embeds = _projector(layers.of(PROJECTOR_KINDS.get(kind, kind)), hidden)
        embeds = encoder.by_window(graph.cast(embeds, np.float32))
        graph.output("embeds", embeds, np.float32, ["w", "t", shape.out])


class _Encoder:
    """Adds the layers to a graph. Rows of all windows are one matrix, except for attention."""

    def __init__(self, layers: Layers, shape: AudioShape, frames: Value, n_frames: Value) -> None:
        graph = layers.graph
        self._layers = layers
        self._attention_layers = layers.of(ATTENTION_KINDS.get(layers.kind, layers.kind))
        self._shape = shape
        self._n_valid = graph.cast(n_frames, np.int32)
        n_windows_and_rows = graph.op("Shape", frames, start=0, end=2)
        self._windows = graph.op("Concat", n_windows_and_rows, graph.numbers(-1), axis=0)

    def run(self, frames: Value) -> Value:
        """All layers and the last norm: [w, t, d] -> [w * t, d]."""
        layers = self._layers
        residual = layers.graph.op("Reshape", frames, layers.graph.numbers(-1, self._shape.width))
        for i in range(self._shape.layers):
            name = f"{AUDIO}.layers.{i}"
            normal = _norm(layers, residual, f"{name}.self_attn_layer_norm")
            added = self._attention(f"{name}.self_attn", normal)
            residual = _biased(layers, f"{name}.self_attn.out_proj", added, residual)
            normal = _norm(layers, residual, f"{name}.final_layer_norm")
            inner = layers.gelu_rows(_gelu(layers, normal, f"{name}.fc1"))
            added = layers.linear_of(inner, f"{name}.fc2")
            residual = _biased(layers, f"{name}.fc2", added, residual)
        return _norm(layers, residual, f"{AUDIO}.ln_post")

    def by_window(self, rows: Value) -> Value:
        """[w * t, n] -> [w, t, n]."""
        return self._layers.graph.op("Reshape", rows, self._windows)

    def _attention(self, name: str, x: Value) -> Value:
        """Self-attention without the last bias, among the valid frames of each window."""
        layers, graph = self._attention_layers, self._layers.graph
        projections = [f"{name}.{part}_proj" for part in "qkv"]
        entering = layers.rows(x)
        heard = graph.fused(
            "MultiHeadAttention",
            *(self.by_window(layers.linear_of(entering, module)) for module in projections),
            layers.vector(*(f"{module}.bias" for module in projections)),
            self._n_valid,
            num_heads=self._shape.heads,
        )
        flat = graph.op("Reshape", heard, graph.numbers(-1, self._shape.width))
        return layers.linear(flat, f"{name}.out_proj")


def _gelu(layers: Layers, x: Value, name: str) -> Value:
    """A linear layer and the exact GELU after it."""
    return layers.graph.fused("Gelu", _biased(layers, name, layers.linear(x, name)))


def _biased(layers: Layers, linear: str, *terms: Value) -> Value:
    """The sum of some terms and of the bias which a linear layer lacks yet."""
    return layers.graph.op("Sum", *terms, layers.vector(f"{linear}.bias"))


def _norm(layers: Layers, x: Value, name: str) -> Value:
    gamma, beta = layers.vector(f"{name}.weight"), layers.vector(f"{name}.bias")
    return layers.graph.op(
        "LayerNormalization", x, gamma, beta, axis=-1, epsilon=LAYER_NORM_EPSILON
    )


def _projector(layers: Layers, hidden: Value) -> Value:
    first, second = f"{PROJECTOR}.linear_1", f"{PROJECTOR}.linear_2"
    return _biased(layers, second, layers.linear(_gelu(layers, hidden, first), second))
