"""How the linear layers of a graph hold their weights and compute with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from sidecar.convert.graph import GraphWriter, Value
    from sidecar.model_store.manifest import EncoderKind


def float_type(kind: EncoderKind) -> type[np.floating]:
    """The type of whatever is not quantised."""
    return np.float16 if kind == "fp16" else np.float32


def linear(
    graph: GraphWriter, x: Value, weight: npt.NDArray[np.float32], kind: EncoderKind
) -> Value:
    """`x @ weight.T`, where `weight` is [out, in] as torch keeps it. Biases come later."""
    return graph.op("MatMul", x, graph.tensor(weight.T.astype(float_type(kind))))
