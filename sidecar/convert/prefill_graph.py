"""The decoder's layers over embeddings, for their keys and values, or for classes at marks.

llama.cpp multiplies many rows at a time at a third of the speed that 8-bit integers allow on
a CPU. The embeddings of audio, most of a prompt, therefore pass through this graph, and
llama.cpp is handed what it would have kept of them: keys after RoPE and values of each layer.
Of the last layer nothing else is computed, and logits not at all.

An aligner generates nothing: all of its work is of this kind, and so is its whole decoder.

Qwen3 (layout of transformers 5.23, `Qwen3Model`): RMS norms, grouped queries, norms over each
head of queries and keys, rotary positions in halves (NEOX), SwiGLU.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sidecar.convert.graph import GraphWriter
from sidecar.convert.layers import Layers
from sidecar.convert.tensors import CLASSES, TEXT

if TYPE_CHECKING:
    from pathlib import Path

    from sidecar.convert.architecture import TextShape
    from sidecar.convert.graph import Value, Weights
    from sidecar.convert.quantise import Rows
    from sidecar.model_store.manifest import EncoderKind


def write_prefill(path: Path, shape: TextShape, weights: Weights, kind: EncoderKind) -> None:
    """Write the graph that prefills.

    Inputs `embeds` f32 [t, h], and of the p positions before them `past_keys`, `past_values`
    f32 [p, layers, kv_heads * head_dim]; outputs `keys`, `values` f32 [t, layers, kv_heads *
    head_dim] of positions p to p + t - 1. Time comes first, so that a past that grows is the
    beginning of one array, and never copied.

    Args:
        path: the `.onnx` file; its weights go to `<path>.data`.
        shape: of the decoder.
        weights: gives tensors of the checkpoint by name.
        kind: "int8", or "fp32" to compare with.
    """
    with GraphWriter(path) as graph:
        decoder = _Decoder(Layers(graph, weights, kind), shape)
        decoder.run(shape.layers - 1)
        decoder.last_keys()
        decoder.give_kept()


def write_aligner(
    path: Path, shape: TextShape, n_classes: int, weights: Weights, kind: EncoderKind
) -> None:
    """Write the graph that tells classes apart.

    Inputs and outputs are those of `write_prefill`, and besides the input `marks` i64 [m],
    which of the new positions are asked for, and the output `logits` f32 [m, classes].

    Args:
        path: the `.onnx` file; its weights go to `<path>.data`.
        shape: of the decoder.
        n_classes: that the head tells apart.
        weights: gives tensors of the checkpoint by name.
        kind: "int8", or "fp32".
    """
    with GraphWriter(path) as graph:
        layers = Layers(graph, weights, kind)
        decoder = _Decoder(layers, shape)
        marks = graph.input("marks", np.int64, ["m"])
        decoder.run(shape.layers)
        decoder.give_kept()
        logits = layers.linear(decoder.finished(marks), CLASSES.removesuffix(".weight"))
        graph.output("logits", logits, np.float32, ["m", n_classes])


class _Decoder:
    """Adds inputs and layers to a graph. Layers share positions and the mask."""

    def __init__(self, layers: Layers, shape: TextShape) -> None:
        self._layers = layers
        self._graph = graph = layers.graph
        self._shape = shape
        self._n_queries = shape.heads // shape.kv_heads  # that share a key
        self._kept_shape = [shape.layers, shape.kv_heads * shape.head_dim]
        self._keys: list[Value] = []
        self._values: list[Value] = []
        self._residual = embeds = graph.input("embeds", np.float32, ["t", shape.width])
        past = graph.input("past_keys", np.float32, ["p", *self._kept_shape])
        self._past_keys = self._by_layer(past)
        self._past_values = self._by_layer(
            graph.input("past_values", np.float32, ["p", *self._kept_shape])
        )
        n_past = graph.op("Shape", past, start=0, end=1)
        n_all = graph.op("Add", n_past, graph.op("Shape", embeds, start=0, end=1))
        positions = self._counted(n_past, n_all)
        self._mask = self._causal_mask(positions, self._counted(graph.numbers(0), n_all))
        self._cosines, self._sines = self._rotations(positions)
        self._first_row = graph.numbers(0)

    def run(self, n_layers: int) -> None:
        """Pass through the first layers."""
        for i in range(n_layers):
            name = f"{TEXT}.layers.{i}"
            entering = self._keep(i)
            factor = self._shape.head_dim**-0.5  # of the scores
            query = self._rotated(entering, f"{name}.self_attn.q", self._shape.heads, factor)
            all_keys = self._graph.op("Concat", self._past_keys[i], self._keys[i], axis=0)
            all_values = self._graph.op("Concat", self._past_values[i], self._values[i], axis=0)
            heard = self._attention(query, all_keys, all_values)
            added = self._layers.linear(heard, f"{name}.self_attn.o_proj")
            self._residual = self._graph.op("Sum", self._residual, added)
            normal = self._norm(self._residual, f"{name}.post_attention_layernorm")
            added = self._feed_forward(normal, f"{name}.mlp")
            self._residual = self._graph.op("Sum", self._residual, added)

    def last_keys(self) -> None:
        """Of the last layer, compute what is kept."""
        self._keep(self._shape.layers - 1)

    def finished(self, rows: Value) -> Value:
        """What comes of some rows behind all layers."""
        return self._norm(self._graph.op("Gather", self._residual, rows, axis=0), f"{TEXT}.norm")

    def give_kept(self) -> None:
        """Make new keys and values the outputs, [t, layers, kv_heads * head_dim]."""
        for name, kept in (("keys", self._keys), ("values", self._values)):
            self._graph.output(name, self._stacked(kept), np.float32, ["t", *self._kept_shape])

    def _keep(self, i: int) -> Rows:
        """Add new keys and values of a layer, [t, kv_heads * head_dim]; gives what enters it."""
        name = f"{TEXT}.layers.{i}"
        entering = self._layers.rows(self._norm(self._residual, f"{name}.input_layernorm"))
        key = self._rotated(entering, f"{name}.self_attn.k", self._shape.kv_heads, 1.0)
        self._keys.append(self._flat(key))
        self._values.append(self._layers.linear_of(entering, f"{name}.self_attn.v_proj"))
        return entering

    def _stacked(self, by_layer: list[Value]) -> Value:
        """[t, width] of each layer -> [t, layers, width]."""
        axis = self._graph.numbers(1)
        apart = [self._graph.op("Unsqueeze", value, axis) for value in by_layer]
        return self._graph.op("Concat", *apart, axis=1)

    def _by_layer(self, past: Value) -> list[Value]:
        """[p, layers, width] -> [p, width] of each layer."""
        n_layers = self._shape.layers
        apart = self._graph.ops("Split", past, n_outputs=n_layers, axis=1, num_outputs=n_layers)
        return [self._flat(value) for value in apart]

    def _flat(self, value: Value) -> Value:
        """Keys or values without the axes between time and width."""
        width = self._shape.kv_heads * self._shape.head_dim
        return self._graph.op("Reshape", value, self._graph.numbers(-1, width))

    def _counted(self, start: Value, end: Value) -> Value:
        """Whole numbers from start up to, not including, end; both [1]."""
        one = self._graph.tensor(np.array(1, np.int64))
        start, end = (self._graph.op("Squeeze", bound) for bound in (start, end))
        return self._graph.op("Range", start, end, one)

    def _causal_mask(self, positions: Value, all_positions: Value) -> Value:
        """What is added to scores of the queries that share a key, [n_queries * t, p + t]."""
        column = self._graph.op("Unsqueeze", positions, self._graph.numbers(1))
        mask = self._graph.op(
            "Where",
            self._graph.op("Greater", all_positions, column),
            self._graph.floats(-np.inf),
            self._graph.floats(0),
        )
        return self._graph.op("Concat", *[mask] * self._n_queries, axis=0)

    def _rotations(self, positions: Value) -> tuple[Value, Value]:
        """Cosines and sines of the new positions, [t, head_dim / 2]."""
        graph, dim = self._graph, self._shape.head_dim
        exponents = np.arange(0, dim, 2, dtype=np.float32) / np.float32(dim)
        frequencies = 1 / np.float32(self._shape.rope_theta) ** exponents
        column = graph.op("Unsqueeze", graph.cast(positions, np.float32), graph.numbers(1))
        angles = graph.op("Mul", column, graph.tensor(frequencies))
        return graph.op("Cos", angles), graph.op("Sin", angles)

    def _rotated(self, entering: Rows, name: str, n_heads: int, gain: float) -> Value:
        """Queries or keys, each head normalised and turned to its position: [1, t, width]."""
        graph, dim = self._graph, self._shape.head_dim
        # A norm undoes any scale, so that of the rows need not be made up for.
        product = self._layers.product(entering, f"{name}_proj")
        heads = graph.op("Reshape", product, graph.numbers(1, -1, n_heads, dim))
        gains = self._layers.weights(f"{name}_norm.weight") * np.float32(gain)
        normal = graph.op(
            "SimplifiedLayerNormalization",
            heads,
            self._layers.constant(gains),
            axis=-1,
            epsilon=self._shape.rms_eps,
        )
        flat = graph.op("Reshape", normal, graph.numbers(1, -1, n_heads * dim))
        return graph.fused("RotaryEmbedding", flat, self._first_row, self._cosines, self._sines)

    def _attention(self, query: Value, keys: Value, values: Value) -> Value:
        """[1, t, heads * head_dim], twice [p + t, kv_heads * head_dim] -> as the query.

        As fast as `GroupQueryAttention` of one row, and faster for many.
        """
        graph, dim, n_kv = self._graph, self._shape.head_dim, self._shape.kv_heads
        grouped = graph.op("Reshape", query, graph.numbers(-1, n_kv, self._n_queries, dim))
        turned = graph.op("Transpose", grouped, perm=[1, 2, 0, 3])
        queries = graph.op("Reshape", turned, graph.numbers(n_kv, -1, dim))
        scores = graph.fused("FusedMatMul", queries, self._by_head(keys), transB=1)
        odds = graph.op("Softmax", graph.op("Add", scores, self._mask), axis=-1)
        heard = graph.op("MatMul", odds, self._by_head(values))
        apart = graph.op("Reshape", heard, graph.numbers(n_kv, self._n_queries, -1, dim))
        together = graph.op("Transpose", apart, perm=[2, 0, 1, 3])
        return graph.op("Reshape", together, graph.numbers(-1, self._shape.heads * dim))

    def _by_head(self, value: Value) -> Value:
        """[n, kv_heads * head_dim] -> [kv_heads, n, head_dim]."""
        split = self._graph.numbers(-1, self._shape.kv_heads, self._shape.head_dim)
        return self._graph.op("Transpose", self._graph.op("Reshape", value, split), perm=[1, 0, 2])

    def _feed_forward(self, normal: Value, name: str) -> Value:
        graph, layers = self._graph, self._layers
        entering = layers.rows(normal)
        gate = layers.linear_of(entering, f"{name}.gate_proj")
        up = layers.product(entering, f"{name}.up_proj")
        # Rows are scaled anew before the last product, and this scale is made up for there.
        inner = layers.rows(graph.op("Mul", graph.fused("QuickGelu", gate, alpha=1.0), up))
        return layers.scaled(layers.product(inner, f"{name}.down_proj"), entering, inner)

    def _norm(self, x: Value, name: str) -> Value:
        return self._graph.op(
            "SimplifiedLayerNormalization",
            x,
            self._layers.vector(f"{name}.weight"),
            axis=-1,
            epsilon=self._shape.rms_eps,
        )
