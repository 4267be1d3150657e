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

from typing import TYPE_CHECKING, Any

import numpy as np

from sidecar.convert.graph import GraphWriter
from sidecar.convert.layers import Layers
from sidecar.convert.tensors import CLASSES, TEXT

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from sidecar.convert.architecture import TextShape
    from sidecar.convert.graph import Value, Weights
    from sidecar.convert.quantise import Rows
    from sidecar.model_store.manifest import EncoderKind


def write_prefill(path: Path, shape: TextShape, weights: Weights, kind: EncoderKind) -> None:
    """Write the graph that prefills.

    Inputs `embeds` f32 [t, h], and of each layer but the last `past_keys_<i>`, `past_values_<i>`
    f32 [1 + p, w], w = kv_heads * head_dim: a row that nobody looks at, then the p positions
    before. Outputs `keys`, `values` f32 [layers, t, w] of positions p to p + t - 1, rounded to
    half precision, and the same as llama.cpp keeps them: `kept_keys` f16 [layers, t, w],
    `kept_values` f16 [layers, w, t].

    Args:
        path: the `.onnx` file; its weights go to `<path>.data`.
        shape: of the decoder.
        weights: gives tensors of the checkpoint by name.
        kind: "int8", or "fp32" to compare with.
    """
    with GraphWriter(path) as graph:
        decoder = _Decoder(Layers(graph, weights, kind), shape, shape.layers - 1, np.float16)
        decoder.run()
        decoder.last_keys()
        decoder.give_keys()
        decoder.give_kept()


def write_aligner(
    path: Path, shape: TextShape, n_classes: int, weights: Weights, kind: EncoderKind
) -> None:
    """Write the graph that tells classes apart.

    Inputs are those of `write_prefill`, of all layers, and `marks` i64 [m], which of the new
    positions are asked for; outputs `keys`, `values`, not rounded, and `logits` f32 [m, classes].

    Args:
        path: the `.onnx` file; its weights go to `<path>.data`.
        shape: of the decoder.
        n_classes: that the head tells apart.
        weights: gives tensors of the checkpoint by name.
        kind: "int8", or "fp32".
    """
    with GraphWriter(path) as graph:
        layers = Layers(graph, weights, kind)
        decoder = _Decoder(layers, shape, shape.layers, np.float32)
        marks = graph.input("marks", np.int64, ["m"])
        decoder.run()
        decoder.give_keys()
        logits = layers.linear(decoder.finished(marks), CLASSES.removesuffix(".weight"))
        graph.output("logits", logits, np.float32, ["m", n_classes])


class _Decoder:
    """Adds inputs and layers to a graph. Layers share positions and the mask.

    Keys and values of the past are multiplied where they lie, positions first: of few rows,
    copying them would be most of the work. ONNX Runtime divides by zero if there are none.
    """

    def __init__(
        self,
        layers: Layers,
        shape: TextShape,
        n_layers: int,
        precision: type[np.floating[Any]],
    ) -> None:
        self._layers = layers
        self._precision = precision
        self._graph = graph = layers.graph
        self._shape = shape
        self._n_queries = shape.heads // shape.kv_heads  # that share a key
        self._width = shape.kv_heads * shape.head_dim
        self._keys: list[Value] = []
        self._values: list[Value] = []
        self._residual = embeds = graph.input("embeds", np.float32, ["t", shape.width])
        self._pasts = [
            (self._past(f"keys_{i}"), self._past(f"values_{i}")) for i in range(n_layers)
        ]
        n_before = graph.op("Shape", self._pasts[0][0], start=0, end=1)
        n_new = graph.op("Shape", embeds, start=0, end=1)
        self._parts = graph.op("Concat", n_before, n_new, axis=0)
        n_past = graph.op("Sub", n_before, graph.numbers(1))
        n_all = graph.op("Add", n_past, n_new)
        positions = self._counted(n_past, n_all)
        self._mask = self._causal_mask(positions, self._counted(graph.numbers(-1), n_all))
        self._cosines, self._sines = self._rotations(positions)
        self._first_row = graph.numbers(0)

    def run(self) -> None:
        """Pass through the layers that have a past."""
        for i in range(len(self._pasts)):
            name = f"{TEXT}.layers.{i}"
            entering = self._keep(i)
            factor = self._shape.head_dim**-0.5  # of the scores
            query = self._rotated(entering, f"{name}.self_attn.q", self._shape.heads, factor)
            added = self._layers.linear(self._attention(i, query), f"{name}.self_attn.o_proj")
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

    def give_keys(self) -> None:
        """Make new keys and values the outputs, [layers, t, w]."""
        for name, by_layer in (("keys", self._keys), ("values", self._values)):
            self._give(name, self._stacked(by_layer), np.float32, ["t", self._width])

    def give_kept(self) -> None:
        """And give them as llama.cpp keeps them, without a loss."""
        graph = self._graph
        keys, values = (
            graph.cast(self._stacked(each), np.float16) for each in (self._keys, self._values)
        )
        self._give("kept_keys", keys, np.float16, ["t", self._width])
        turned = graph.op("Transpose", values, perm=[0, 2, 1])
        self._give("kept_values", turned, np.float16, [self._width, "t"])

    def _give(self, name: str, value: Value, dtype: npt.DTypeLike, shape: list[int | str]) -> None:
        self._graph.output(name, value, dtype, [self._shape.layers, *shape])

    def _keep(self, i: int) -> Rows:
        """Add new keys and values of a layer, [t, kv_heads * head_dim]; gives what enters it."""
        graph, name = self._graph, f"{TEXT}.layers.{i}"
        entering = self._layers.rows(self._norm(self._residual, f"{name}.input_layernorm"))
        key = self._rotated(entering, f"{name}.self_attn.k", self._shape.kv_heads, 1.0)
        value = self._layers.linear_of(entering, f"{name}.self_attn.v_proj")
        self._keys.append(self._rounded(graph.op("Reshape", key, graph.numbers(-1, self._width))))
        self._values.append(self._rounded(value))
        return entering

    def _rounded(self, value: Value) -> Value:
        """As precise as it is kept, so that it is all the same which rows come together."""
        return self._graph.cast(self._graph.cast(value, self._precision), np.float32)

    def _past(self, name: str) -> Value:
        """An input: [1 + p, w]."""
        return self._graph.input(f"past_{name}", np.float32, ["1 + p", self._width])

    def _stacked(self, by_layer: list[Value]) -> Value:
        """[t, w] of each layer -> [layers, t, w]."""
        axis = self._graph.numbers(0)
        apart = [self._graph.op("Unsqueeze", value, axis) for value in by_layer]
        return self._graph.op("Concat", *apart, axis=0)

    def _counted(self, start: Value, end: Value) -> Value:
        """Whole numbers from start up to, not including, end; both [1]."""
        one = self._graph.tensor(np.array(1, np.int64))
        start, end = (self._graph.op("Squeeze", bound) for bound in (start, end))
        return self._graph.op("Range", start, end, one)

    def _causal_mask(self, positions: Value, all_positions: Value) -> Value:
        """What is added to scores of the queries that share a key, [n_queries * t, 1 + p + t]."""
        graph = self._graph
        column = graph.op("Unsqueeze", positions, graph.numbers(1))
        is_none = graph.op("Less", all_positions, graph.numbers(0))
        is_later = graph.op("Greater", all_positions, column)
        hidden = graph.op("Or", is_none, is_later)
        mask = graph.op("Where", hidden, graph.floats(-np.inf), graph.floats(0))
        return graph.op("Concat", *[mask] * self._n_queries, axis=0)

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

    def _attention(self, i: int, query: Value) -> Value:
        """[1, t, heads * head_dim] -> [t, heads * head_dim].

        As fast as `GroupQueryAttention` of one row, and faster for many.
        """
        graph, dim, n_kv = self._graph, self._shape.head_dim, self._shape.kv_heads
        grouped = graph.op("Reshape", query, graph.numbers(-1, n_kv, self._n_queries, dim))
        turned = graph.op("Transpose", grouped, perm=[1, 2, 0, 3])
        queries = graph.op("Reshape", turned, graph.numbers(n_kv, -1, dim))
        past_keys, past_values = (self._by_head(past) for past in self._pasts[i])
        keys, values = self._by_head(self._keys[i]), self._by_head(self._values[i])
        scores = [
            graph.fused("FusedMatMul", queries, each, transB=1, transBatchB=1)
            for each in (past_keys, keys)
        ]
        masked = graph.op("Add", graph.op("Concat", *scores, axis=-1), self._mask)
        odds = graph.op("Softmax", masked, axis=-1)
        past_odds, new_odds = graph.ops("Split", odds, self._parts, n_outputs=2, axis=-1)
        heard = graph.op(
            "Add",
            graph.fused("FusedMatMul", past_odds, past_values, transBatchB=1),
            graph.fused("FusedMatMul", new_odds, values, transBatchB=1),
        )
        apart = graph.op("Reshape", heard, graph.numbers(n_kv, self._n_queries, -1, dim))
        together = graph.op("Transpose", apart, perm=[2, 0, 1, 3])
        return graph.op("Reshape", together, graph.numbers(-1, self._shape.heads * dim))

    def _by_head(self, value: Value) -> Value:
        """[n, w] -> [n, kv_heads, head_dim]."""
        apart = self._graph.numbers(-1, self._shape.kv_heads, self._shape.head_dim)
        return self._graph.op("Reshape", value, apart)

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
