"""Writes an ONNX graph node by node, and its weights to disk as they come.

    with GraphWriter(folder / "stem.onnx") as graph:
        mel = graph.input("mel", np.float32, ["n", 128, 100])
        hidden = graph.op("MatMul", mel, graph.tensor(weights))
        graph.output("frames", hidden, np.float32, ["n", 128, 13])

Tensors of more than a few numbers go to `<name>.onnx.data` at once: converting never holds
more than one of them, protobuf's limit of 2 GB is never met, and ONNX Runtime maps the file
instead of copying it, so that a session needs no memory for weights it repacks anyway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeAlias

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from types import TracebackType

    import numpy.typing as npt

    Weights: TypeAlias = Callable[[str], npt.NDArray[np.float32]]
    """Gives a tensor of the checkpoint by its name, as float32."""

Value: TypeAlias = str
"""The name of what a node computes."""

MICROSOFT = "com.microsoft"  # ONNX Runtime's own, fused operators
OPSET = 21
IR_VERSION = 10  # the newest that ONNX Runtime 1.20 reads
INLINE_BYTES = 1024  # shapes, scales and the like stay in the graph, where optimisers see them
ALIGNMENT_BYTES = 64


class GraphWriter:
    """One graph in the making; leaving the `with` block without an error writes it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._data_path = path.with_name(path.name + ".data")
        self._data = self._data_path.open("wb")
        self._nodes: list[onnx.NodeProto] = []
        self._tensors: list[onnx.TensorProto] = []
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._n_values = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._data.close()
        if kind is None:
            self._save()

    def input(self, name: str, dtype: npt.DTypeLike, shape: Sequence[int | str]) -> Value:
        """An input of the graph; dimensions that are names may be of any size."""
        self._inputs.append(_typed(name, dtype, shape))
        return name

    def output(
        self, name: str, value: Value, dtype: npt.DTypeLike, shape: Sequence[int | str]
    ) -> None:
        """Make a value an output of the graph, under a name of its own."""
        self._nodes.append(helper.make_node("Identity", [value], [name]))
        self._outputs.append(_typed(name, dtype, shape))

    def tensor(self, array: npt.NDArray[Any]) -> Value:
        """A constant. Large ones are written now and not kept."""
        name = self._name("w")
        if array.nbytes <= INLINE_BYTES:
            self._tensors.append(numpy_helper.from_array(array, name))
        else:
            self._tensors.append(self._external(array, name))
        return name

    def numbers(self, *values: int) -> Value:
        """A constant of whole numbers, such as a shape or some axes: int64 [n]."""
        return self.tensor(np.array(values, np.int64))

    def floats(self, *values: float) -> Value:
        """A constant of numbers: float32 [n]."""
        return self.tensor(np.array(values, np.float32))

    def op(self, kind: str, *inputs: Value, **attributes: Any) -> Value:  # noqa: ANN401
        """A node of the standard with one output."""
        return self.ops(kind, *inputs, n_outputs=1, **attributes)[0]

    def ops(
        self,
        kind: str,
        *inputs: Value,
        n_outputs: int,
        domain: str = "",
        **attributes: Any,  # noqa: ANN401
    ) -> list[Value]:
        """A node with several outputs."""
        outputs = [self._name(kind) for _ in range(n_outputs)]
        self._nodes.append(helper.make_node(kind, inputs, outputs, domain=domain, **attributes))
        return outputs

    def fused(self, kind: str, *inputs: Value, **attributes: Any) -> Value:  # noqa: ANN401
        """A node of ONNX Runtime's own with one output."""
        return self.ops(kind, *inputs, n_outputs=1, domain=MICROSOFT, **attributes)[0]

    def cast(self, value: Value, dtype: npt.DTypeLike) -> Value:
        """The value in another type; runtimes drop the node where it has that type already."""
        return self.op("Cast", value, to=helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def _name(self, kind: str) -> str:
        self._n_values += 1
        return f"{kind}_{self._n_values}"

    def _external(self, array: npt.NDArray[Any], name: str) -> onnx.TensorProto:
        offset = -(-self._data.tell() // ALIGNMENT_BYTES) * ALIGNMENT_BYTES
        self._data.seek(offset)
        self._data.write(np.ascontiguousarray(array).data)
        tensor = TensorProto(
            name=name,
            data_type=helper.np_dtype_to_tensor_dtype(array.dtype),
            dims=array.shape,
            data_location=TensorProto.EXTERNAL,
        )
        where = {"location": self._data_path.name, "offset": offset, "length": array.nbytes}
        for key, value in where.items():
            tensor.external_data.add(key=key, value=str(value))
        return tensor

    def _save(self) -> None:
        graph = helper.make_graph(
            self._nodes, self._path.stem, self._inputs, self._outputs, self._tensors
        )
        model = helper.make_model(
            graph,
            ir_version=IR_VERSION,
            opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)],
        )
        self._path.write_bytes(model.SerializeToString(deterministic=True))


def _typed(name: str, dtype: npt.DTypeLike, shape: Sequence[int | str]) -> onnx.ValueInfoProto:
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    return helper.make_tensor_value_info(name, kind, shape)
