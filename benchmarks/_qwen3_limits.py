"""What this machine can do at most: `_qwen3_limits THREADS`.

Memory: threads reduce arrays far larger than any cache with numpy, each its own; the fastest
of three reductions counts, as one of them may be bound by arithmetic. Matrices: products of
ONNX Runtime, of a large square and of the encoder's own shapes; the fastest counts. That is
the best that a library reaches here, rather than what the processor's data sheet promises.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks._qwen3_child import serve

if TYPE_CHECKING:
    import numpy.typing as npt

ARRAY_BYTES = 768 << 20
TRIES = 4
SHAPES = ((2048, 2048, 2048), (416, 896, 3584), (416, 3584, 896))  # rows, inputs, outputs


def best_s(work: Callable[[], object]) -> float:
    """The shortest time of some tries."""
    times = []
    for _ in range(TRIES):
        began_s = time.perf_counter()
        work()
        times.append(time.perf_counter() - began_s)
    return min(times)


def bandwidth(n_threads: int) -> float:
    """Bytes per second that so many threads read from memory."""
    arrays = [np.ones(ARRAY_BYTES // n_threads // 4, np.float32) for _ in range(n_threads)]
    n_bytes = sum(array.nbytes for array in arrays)
    reductions: list[Callable[[npt.NDArray[np.float32]], object]] = [
        np.max,
        lambda array: np.max(array.view(np.int32)),
        lambda array: np.dot(array, array),
    ]
    with ThreadPoolExecutor(n_threads) as threads:

        def seconds(reduction: Callable[[npt.NDArray[np.float32]], object]) -> float:
            return best_s(lambda: list(threads.map(reduction, arrays)))

        return n_bytes / min(map(seconds, reductions))


def gemm_peak(kind: str, n_threads: int) -> float:
    """Operations per second of the fastest product, "int8" (unsigned by signed) or "fp32"."""
    return max(_gemm(kind, n_threads, *shape) for shape in SHAPES)


def _gemm(kind: str, n_threads: int, rows: int, n_in: int, n_out: int) -> float:
    import onnxruntime

    random = np.random.default_rng(0)
    left: npt.NDArray[Any] = random.integers(0, 128, (rows, n_in)).astype(np.uint8)
    right: npt.NDArray[Any] = random.integers(-63, 64, (n_in, n_out)).astype(np.int8)
    if kind == "fp32":
        left, right = left.astype(np.float32), right.astype(np.float32)
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = n_threads
    product = onnxruntime.InferenceSession(
        _graph(kind, left, right), settings, providers=["CPUExecutionProvider"]
    )
    return 2.0 * rows * n_in * n_out / best_s(lambda: product.run(None, {"left": left}))


def _graph(kind: str, left: npt.NDArray[Any], right: npt.NDArray[Any]) -> bytes:
    """One product whose right side is constant, as weights are."""
    from onnx import TensorProto, helper, numpy_helper

    operator, taken, given = {
        "int8": ("MatMulInteger", TensorProto.UINT8, TensorProto.INT32),
        "fp32": ("MatMul", TensorProto.FLOAT, TensorProto.FLOAT),
    }[kind]
    sizes = [left.shape[0], right.shape[1]]
    graph = helper.make_graph(
        [helper.make_node(operator, ["left", "right"], ["product"])],
        "gemm",
        [helper.make_tensor_value_info("left", taken, left.shape)],
        [helper.make_tensor_value_info("product", given, sizes)],
        [numpy_helper.from_array(right, "right")],
    )
    opsets = [helper.make_opsetid("", 17)]
    content: bytes = helper.make_model(
        graph, opset_imports=opsets, ir_version=8
    ).SerializeToString()
    return content


def main(n_threads: str) -> None:
    n = int(n_threads)

    def measure() -> Mapping[str, Any]:
        return {
            "bytes_per_s": bandwidth(n),
            "int8_per_s": gemm_peak("int8", n),
            "fp32_per_s": gemm_peak("fp32", n),
        }

    serve({"measure": measure})


if __name__ == "__main__":
    main(*sys.argv[1:])
