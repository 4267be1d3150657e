from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from sidecar.convert.graph import INLINE_BYTES, GraphWriter
from sidecar.inference.session import Session, SessionOptions

ODD = np.arange(3 * 433, dtype=np.float32).reshape(3, 433)
"""Its bytes end at no boundary, so that what follows must be aligned."""


def write(path: Path, weight: npt.NDArray[np.float32]) -> None:
    with GraphWriter(path) as graph:
        x = graph.input("x", np.float32, ["n", 3])
        product = graph.op("MatMul", x, graph.tensor(weight))
        doubled = graph.op("Add", product, graph.tensor(weight[:1]))
        graph.output("y", doubled, np.float32, ["n", weight.shape[1]])


def test_large_tensors_lie_beside_the_graph_and_are_found_there(tmp_path: Path) -> None:
    write(tmp_path / "graph.onnx", ODD)

    x = np.array([[1, 10, 100]], np.float32)
    [y] = Session(tmp_path / "graph.onnx", SessionOptions()).run({"x": x}, lambda: False)

    assert ODD[:1].nbytes > INLINE_BYTES
    assert (tmp_path / "graph.onnx").stat().st_size < ODD.nbytes
    np.testing.assert_array_equal(y, x @ ODD + ODD[:1])


def test_a_view_is_written_as_what_it_shows(tmp_path: Path) -> None:
    turned = np.ascontiguousarray(ODD.T).T
    write(tmp_path / "plain.onnx", ODD)

    write(tmp_path / "turned.onnx", turned)

    data = [(tmp_path / f"{name}.onnx.data").read_bytes() for name in ("plain", "turned")]
    assert data[0] == data[1]


def test_the_same_tensors_give_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    write(tmp_path / "graph.onnx", ODD)

    write(tmp_path / "again" / "graph.onnx", ODD)

    for name in ("graph.onnx", "graph.onnx.data"):
        assert (tmp_path / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_a_graph_that_was_not_finished_is_not_there(tmp_path: Path) -> None:
    def missing() -> npt.NDArray[np.float32]:
        raise KeyError("weight")

    with pytest.raises(KeyError), GraphWriter(tmp_path / "graph.onnx") as graph:
        graph.tensor(missing())

    assert not (tmp_path / "graph.onnx").exists()
