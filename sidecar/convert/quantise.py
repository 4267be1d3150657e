"""How the linear layers of a graph hold their weights and compute with them.

int8: weights are quantised per output channel, activations per row, each by its largest
value. So a row's result depends on nothing but that row, whatever it is batched with, and an
outlier spoils the precision of its own row alone. Products are sums of 8-bit integers.

On x86 without VNNI, pairs of neighbouring products are summed in 16 bits, which saturate
(`vpmaddubsw`). Usually that is avoided with weights of 7 bits (`reduce_range` of ONNX
Runtime). Limiting the sums of neighbouring weights avoids it as surely, and leaves most
channels almost one more bit.

int4: 4 bits, and for each block of 16 weights of a row a scale and a level of zero
(`MatMulNBits`), which ONNX Runtime multiplies with activations of 8 bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from sidecar.convert.graph import GraphWriter, Value
    from sidecar.model_store.manifest import EncoderKind

    Floats: TypeAlias = npt.NDArray[np.float32]

INT8_MAX = 127
ZERO = 128  # activations are unsigned: this one is zero
GELU_MIN = -0.17
GELU_ZERO = 32  # behind a GELU, so that most of the range is above it
UINT8_MAX = 255
SMALLEST = 1e-9  # keeps rows and channels of zeros from dividing by zero
INT4_BLOCK = 16
INT4_MAX = 15
INT8_ACTIVATIONS = 4  # accuracy level of MatMulNBits


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows that linear layers take.

    Attributes:
        value: what they multiply with their weights.
        scale: what their results must be multiplied with, [rows, 1], or None.
        zero: the integer that is zero, if they are integers.
    """

    value: Value
    scale: Value | None = None
    zero: int = ZERO


def float_type(kind: EncoderKind) -> type[np.floating[Any]]:
    """The type of whatever is not quantised."""
    return np.float16 if kind == "fp16" else np.float32


def rows(graph: GraphWriter, x: Value, kind: EncoderKind) -> Rows:
    """Make `x` [rows, n] ready for linear layers of a kind."""
    if kind != "int8":
        return Rows(x)
    peak = graph.op("ReduceMax", graph.op("Abs", x), graph.numbers(1), keepdims=0)
    scale = graph.op("Mul", peak, graph.floats(1 / INT8_MAX))
    return _quantised(graph, x, graph.op("Max", scale, graph.floats(SMALLEST)), ZERO)


def gelu_rows(graph: GraphWriter, x: Value, kind: EncoderKind) -> Rows:
    """The same of what a GELU computed, which is nowhere below -0.17."""
    if kind != "int8":
        return Rows(x)
    peak = graph.op("ReduceMax", x, graph.numbers(1), keepdims=0)
    return _quantised(graph, x, gelu_scale(graph, peak), GELU_ZERO)


def gelu_scale(graph: GraphWriter, peak: Value) -> Value:
    """What a step of the integers is worth where a GELU's largest value is `peak`."""
    above = graph.op("Mul", peak, graph.floats(1 / (UINT8_MAX - GELU_ZERO)))
    return graph.op("Max", above, graph.floats(-GELU_MIN / GELU_ZERO))


def quantised(graph: GraphWriter, x: Value, scale: Value, zero: int) -> Value:
    """`x` [n, ...] as unsigned integers, with a `scale` [n]."""
    zeros = graph.op("Expand", graph.tensor(np.array([zero], np.uint8)), graph.op("Shape", scale))
    return graph.op("QuantizeLinear", x, scale, zeros, axis=0)


def _quantised(graph: GraphWriter, x: Value, scale: Value, zero: int) -> Rows:
    column = graph.op("Unsqueeze", scale, graph.numbers(1))
    return Rows(quantised(graph, x, scale, zero), column, zero)


def product(graph: GraphWriter, entering: Rows, weight: Floats, kind: EncoderKind) -> Value:
    """`entering @ weight.T` without the rows' scale; `weight` is [out, in] as torch keeps it."""
    if kind == "int8":
        return int8_product(graph, entering.value, entering.zero, weight)
    if kind == "int4":
        return _int4_product(graph, entering.value, weight)
    return graph.op("MatMul", entering.value, graph.tensor(weight.T.astype(float_type(kind))))


def int8_product(graph: GraphWriter, x: Value, zero: int, weight: Floats) -> Value:
    """`(x - zero) @ weight.T` in float32, of unsigned 8-bit `x` [..., in]."""
    integers, scales = int8_weights(weight)
    return graph.fused(
        "MatMulIntegerToFloat",
        x,
        graph.tensor(integers.T),
        graph.tensor(np.array(1, np.float32)),
        graph.tensor(scales),
        graph.tensor(np.array(zero, np.uint8)),
    )


def int8_weights(weight: Floats) -> tuple[npt.NDArray[np.int8], Floats]:
    """Quantise each row of `weight` [out, in].

    Returns:
        The integers, and the scale of each row. No two of them that are neighbours, the first
        at an even place, sum up to more than 128 or less than -128: times 255, the largest
        activation, that fits 16 bits.
    """
    even = weight[:, : weight.shape[1] // 2 * 2]
    pairs = even[:, 0::2] + even[:, 1::2]
    peaks = np.maximum(np.abs(weight).max(axis=1), np.abs(pairs).max(axis=1, initial=0))
    scales = np.maximum(peaks / INT8_MAX, SMALLEST).astype(np.float32)
    return np.rint(weight / scales[:, np.newaxis]).astype(np.int8), scales


def _int4_product(graph: GraphWriter, x: Value, weight: Floats) -> Value:
    n_out, n_in = weight.shape
    return graph.fused(
        "MatMulNBits",
        x,
        *(graph.tensor(part) for part in int4_weights(weight)),
        K=n_in,
        N=n_out,
        bits=4,
        block_size=INT4_BLOCK,
        accuracy_level=INT8_ACTIVATIONS,
    )


def int4_weights(weight: Floats) -> tuple[npt.NDArray[np.uint8], Floats, npt.NDArray[np.uint8]]:
    """Quantise each block of each row of `weight` [out, in], in the layout of MatMulNBits.

    Returns:
        Two weights a byte, [out, blocks, 8]; the scale of each block, [out, blocks]; its
        level of zero, two a byte, [out, blocks / 2].
    """
    n_out, n_in = weight.shape
    n_blocks = -(-n_in // INT4_BLOCK)
    padded = np.pad(weight, ((0, 0), (0, n_blocks * INT4_BLOCK - n_in)))
    blocks = padded.reshape(n_out, n_blocks, INT4_BLOCK)
    lowest = blocks.min(axis=2, keepdims=True, initial=0)
    highest = blocks.max(axis=2, keepdims=True, initial=0)
    steps = np.maximum((highest - lowest) / INT4_MAX, SMALLEST)
    zeros = np.rint(-lowest / steps)
    levels = np.clip(np.rint(blocks / steps) + zeros, 0, INT4_MAX)
    # The steps are fitted once more to the levels that were found (least squares).
    whole = levels - zeros
    fit = (blocks * whole).sum(axis=2) / np.maximum((whole**2).sum(axis=2), 1)
    pairs = np.pad(zeros[..., 0], ((0, 0), (0, n_blocks % 2)))
    return _nibbles(levels), fit.astype(np.float32), _nibbles(pairs)


def _nibbles(levels: Floats) -> npt.NDArray[np.uint8]:
    """Two numbers of 4 bits a byte, the first one low."""
    small = levels.astype(np.uint8)
    return small[..., 0::2] | np.left_shift(small[..., 1::2], 4, dtype=np.uint8)
