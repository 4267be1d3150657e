"""The transformer of the Qwen3-ASR encoder: frames of a window become embeddings.

Pre-norm layers with full attention inside a window of at most 8 s, a last norm, and the
projector into the decoder's width (layout of transformers 5.23, `Qwen3ASREncoder`). What
comes before a window or after it changes nothing, so that windows are a batch.

The graph is written fused, with ONNX Runtime's own operators: each residual sum, its bias
and the norm after it are one node, as are bias and GELU.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sidecar.convert.graph import MICROSOFT, GraphWriter
from sidecar.convert.layers import Layers
from sidecar.convert.quantise import float_type
from sidecar.convert.tensors import AUDIO, PROJECTOR

if TYPE_CHECKING:
    from pathlib import Path

    from sidecar.convert.architecture import AudioShape
    from sidecar.convert.graph import Value, Weights
    from sidecar.model_store.manifest import EncoderKind

LAYER_NORM_EPSILON = 1e-5


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
        valid = graph.cast(n_frames, np.int32)
        hidden = _transformer(layers, shape, graph.cast(frames, float_type(kind)), valid)
        embeds = _projector(layers, hidden)
        graph.output("embeds", graph.cast(embeds, np.float32), np.float32, ["w", "t", shape.out])


def _transformer(layers: Layers, shape: AudioShape, frames: Value, valid: Value) -> Value:
    """All layers and the last norm. `residual` is what a layer adds to, `added` what it adds."""
    residual = frames
    normal = _norm(layers, frames, f"{AUDIO}.layers.0.self_attn_layer_norm")
    for i in range(shape.layers):
        name = f"{AUDIO}.layers.{i}"
        added = _attention(layers, f"{name}.self_attn", shape.heads, normal, valid)
        normal, residual = _add_and_norm(
            layers, added, residual, f"{name}.self_attn.out_proj", f"{name}.final_layer_norm"
        )
        added = layers.linear(_gelu(layers, normal, f"{name}.fc1"), f"{name}.fc2")
        is_last = i + 1 == shape.layers
        after = "ln_post" if is_last else f"layers.{i + 1}.self_attn_layer_norm"
        normal, residual = _add_and_norm(layers, added, residual, f"{name}.fc2", f"{AUDIO}.{after}")
    return normal


def _attention(layers: Layers, name: str, n_heads: int, x: Value, valid: Value) -> Value:
    """Self-attention without the last bias, among the valid frames of each window."""
    projections = [f"{name}.{part}_proj" for part in "qkv"]
    query, key, value = layers.graph.ops(
        "Split", layers.linear(x, *projections), n_outputs=3, axis=-1, num_outputs=3
    )
    heard = layers.graph.fused(
        "MultiHeadAttention",
        query,
        key,
        value,
        layers.vector(*(f"{projection}.bias" for projection in projections)),
        valid,
        num_heads=n_heads,
    )
    return layers.linear(heard, f"{name}.out_proj")


def _gelu(layers: Layers, x: Value, name: str) -> Value:
    """A linear layer and the exact GELU after it."""
    return layers.graph.fused("BiasGelu", layers.linear(x, name), layers.vector(f"{name}.bias"))


def _norm(layers: Layers, x: Value, name: str) -> Value:
    gamma, beta = layers.vector(f"{name}.weight"), layers.vector(f"{name}.bias")
    return layers.graph.op(
        "LayerNormalization", x, gamma, beta, axis=-1, epsilon=LAYER_NORM_EPSILON
    )


def _add_and_norm(
    layers: Layers, added: Value, residual: Value, linear: str, norm: str
) -> tuple[Value, Value]:
    """Give what `linear` lacks, its bias, add it all to the residual, and normalise.

    Returns:
        The normalised sum, and the sum.
    """
    normal, _mean, _inverse, total = layers.graph.ops(
        "SkipLayerNormalization",
        added,
        residual,
        layers.vector(f"{norm}.weight"),
        layers.vector(f"{norm}.bias"),
        layers.vector(f"{linear}.bias"),
        n_outputs=4,
        domain=MICROSOFT,
        epsilon=LAYER_NORM_EPSILON,
    )
    return normal, total


def _projector(layers: Layers, hidden: Value) -> Value:
    hidden = _gelu(layers, hidden, f"{PROJECTOR}.linear_1")
    embeds = layers.linear(hidden, f"{PROJECTOR}.linear_2")
    return layers.graph.op("Add", embeds, layers.vector(f"{PROJECTOR}.linear_2.bias"))
