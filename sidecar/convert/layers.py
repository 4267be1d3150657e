"""Layers of a graph, made of the tensors of a checkpoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sidecar.convert.quantise import float_type, linear

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

    def linear(self, x: Value, *modules: str) -> Value:
        """Linear layers over the same input, side by side in the last axis, without biases."""
        weight = np.concatenate([self.weights(f"{module}.weight") for module in modules])
        return linear(self.graph, x, weight, self.kind)

    def vector(self, *names: str) -> Value:
        """Tensors as they are, one behind the other: biases, norms."""
        return self.constant(np.concatenate([self.weights(name) for name in names]))

    def constant(self, array: npt.NDArray[np.float32]) -> Value:
        """A constant in the graph's floating point type."""
        return self.graph.tensor(array.astype(float_type(self.kind)))
