from __future__ import annotations

import subprocess
import sys
from itertools import count
from pathlib import Path
from threading import get_ident

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from sidecar.convert.graph import GraphWriter
from sidecar.errors import CancelledError
from sidecar.inference.session import Session, SessionOptions


def counting_graph(path: Path) -> Session:
    """A graph that counts up to `n`, one by one."""
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go_on"], ["still"]),
            helper.make_node("Add", ["so_far", "one"], ["then"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("go_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("so_far", TensorProto.FLOAT, [1]),
        ],
        [
            helper.make_tensor_value_info("still", TensorProto.BOOL, []),
            helper.make_tensor_value_info("then", TensorProto.FLOAT, [1]),
        ],
        [numpy_helper.from_array(np.ones(1, np.float32), "one")],
    )
    graph = helper.make_graph(
        [helper.make_node("Loop", ["n", "", "start"], ["found"], body=body)],
        "counting",
        [helper.make_tensor_value_info("n", TensorProto.INT64, [])],
        [helper.make_tensor_value_info("found", TensorProto.FLOAT, [1])],
        [numpy_helper.from_array(np.zeros(1, np.float32), "start")],
    )
    opsets = [helper.make_opsetid("", 21)]
    onnx.save(helper.make_model(graph, ir_version=10, opset_imports=opsets), path)
    return Session(path, SessionOptions())


LOAD_WITH_LITTLE_MEMORY = """
import resource, sys
from pathlib import Path
import onnxruntime
from sidecar.errors import OutOfMemoryError
from sidecar.inference.session import Session, SessionOptions

used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 200_000_000,) * 2)
try:
    Session(Path(sys.argv[1]), SessionOptions())
except OutOfMemoryError as error:
    print(error.message)
"""


def test_a_graph_larger_than_the_memory_says_so(tmp_path: Path) -> None:
    with GraphWriter(tmp_path / "large.onnx") as graph:
        x = graph.input("x", np.float32, ["n", 4096])
        weight = graph.tensor(np.zeros((4096, 16384), np.float32))
        graph.output("y", graph.op("MatMul", x, weight), np.float32, ["n", 16384])

    loaded = subprocess.run(
        [sys.executable, "-c", LOAD_WITH_LITTLE_MEMORY, str(tmp_path / "large.onnx")],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert "Close other programs" in loaded.stdout


def test_work_is_stopped_in_the_middle_and_the_next_is_done(tmp_path: Path) -> None:
    session = counting_graph(tmp_path / "counting.onnx")
    asking = count(1)

    with pytest.raises(CancelledError):
        session.run({"n": np.array(2**62)}, lambda: next(asking) == 3)

    assert session.run({"n": np.array(5)}, lambda: False)[0].tolist() == [5]


def test_whether_to_stop_is_asked_by_the_calling_thread(tmp_path: Path) -> None:
    session = counting_graph(tmp_path / "counting.onnx")
    asked_by: list[int] = []

    def abort() -> bool:
        asked_by.append(get_ident())
        return len(asked_by) == 3

    with pytest.raises(CancelledError):
        session.run({"n": np.array(2**62)}, abort)

    assert asked_by == [get_ident()] * 3
