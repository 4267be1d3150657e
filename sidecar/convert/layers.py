"""Layers of a graph, made of the tensors of a checkpoint."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial, reduce
from typing import TYPE_CHECKING

import numpy as np

from sidecar.convert.quantise import Rows, float_type, gelu_rows, product, rows

if TYPE_CHECKING:
    import numpy.typing as npt

    from sidecar.convert.graph import GraphWriter, Value, Weights
    from sidecar.model_store.manifest import EncoderKind


@dataclass(frozen=True, slots=True)
class Layers:
    """Adds layers to a graph by the names of their modules in the checkpoint.

    Attributes:
        graph: where they go.
        weights: gives the tensors of the checkpoint.
        kind: what the weights of linear layers become.
    """

    graph: GraphWriter
    weights: Weights
    kind: EncoderKind

    def of(self, kind: EncoderKind) -> Layers:
        """The same graph's layers with weights of another kind, and the same float type."""
        return replace(self, kind=kind)

    def linear(self, x: Value, module: str) -> Value:
        """A linear layer over `x` [rows, n], without its bias."""
        return self.linear_of(self.rows(x), module)

    def linear_of(self, entering: Rows, module: str) -> Value:
        """The same over rows that are ready."""
        return self.scaled(self.product(entering, module), entering)

    def rows(self, x: Value) -> Rows:
        """Make `x` [rows, n] ready for several linear layers."""
        return rows(self.graph, x, self.kind)

    def gelu_rows(self, x: Value) -> Rows:
        """The same of what a GELU computed."""
        return gelu_rows(self.graph, x, self.kind)

    def product(self, entering: Rows, module: str) -> Value:
        """What `linear_of` computes, but for the rows' scale."""
        return product(self.graph, entering, self.weights(f"{module}.weight"), self.kind)

    def scaled(self, result: Value, *entered: Rows) -> Value:
        """The result of `product`, with the scales of rows that entered, if they have any."""
        scales = [rows.scale for rows in entered if rows.scale is not None]
        if not scales:
            return result
        return self.graph.op("Mul", result, reduce(partial(self.graph.op, "Mul"), scales))

    def vector(self, *names: str) -> Value:
        """Tensors as they are, one behind the other: biases, norms."""
        return self.constant(np.concatenate([self.weights(name) for name in names]))

    def constant(self, array: npt.NDArray[np.float32]) -> Value:
        """A constant in the graph's floating point type."""
        return self.graph.tensor(array.astype(float_type(self.kind)))
