"""Opens ONNX graphs: on the best processor that works here, with threads that sleep.

ONNX Runtime is imported when the first session is opened, which takes about 60 ms.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from sidecar.errors import CancelledError, EngineError, LoadFailedError, OutOfMemoryError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    Abort: TypeAlias = Callable[[], bool]

Floats: TypeAlias = npt.NDArray[np.float32]

ABORT_S = 0.05  # between two questions whether to stop


class Provider(StrEnum):
    """Who computes; the values are ONNX Runtime's names."""

    CUDA = "CUDAExecutionProvider"
    DIRECTML = "DmlExecutionProvider"
    COREML = "CoreMLExecutionProvider"
    CPU = "CPUExecutionProvider"


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """How a graph is run.

    Attributes:
        n_threads: of the CPU, the calling one included.
        providers: who computes, best first. Those not built into this ONNX Runtime are passed
            over, and so are those that do not load the graph; the CPU is always the last.
    """

    n_threads: int = 1
    providers: tuple[Provider, ...] = (Provider.CPU,)


class Session:
    """One loaded graph. Called from one thread.

    Raises:
        LoadFailedError: on construction: ONNX Runtime or a file of the graph is missing or
            damaged. `detail` is the name of the file.
        OutOfMemoryError: on construction.
    """

    def __init__(self, path: Path, options: SessionOptions) -> None:
        self._name = path.name
        self._session = _opened(path, options)
        self._thread = ThreadPoolExecutor(1, path.name)
        self._names = [output.name for output in self._session.get_outputs()]

    @property
    def provider(self) -> Provider:
        """Who computes most of the graph."""
        return Provider(self._session.get_providers()[0])

    def shape(self, output: str, *varying: int) -> tuple[int, ...]:
        """Of an output, whose axes have fixed lengths but for those that vary, which are 0.

        Raises:
            LoadFailedError: the graph has no such output.
        """
        declared = {each.name: each.shape for each in self._session.get_outputs()}
        shape = tuple(each if isinstance(each, int) else 0 for each in declared.get(output, ()))
        if not shape or varying != tuple(axis for axis, each in enumerate(shape) if not each):
            raise LoadFailedError(
                "The model was converted by another version of Sotto. Install it again.",
                detail=self._name,
            )
        return shape

    def run(self, inputs: Mapping[str, npt.NDArray[Any]], abort: Abort) -> list[Floats]:
        """Compute all outputs, in the order in which the graph declares them.

        Args:
            inputs: arrays by name.
            abort: asked before the work and every 50 ms of it, always by the calling thread;
                True means stop now.

        Raises:
            CancelledError: `abort` returned True.
        """
        if abort():
            raise _cancelled()
        settings = _run_settings()
        work = self._thread.submit(self._session.run, self._names, inputs, settings)
        while not wait([work], ABORT_S).done:
            if abort():
                settings.terminate = True  # before the next node of the graph
                wait([work])
                raise _cancelled()
        outputs: list[Floats] = work.result()
        return outputs


def _cancelled() -> CancelledError:
    return CancelledError("The decoding was cancelled.")


def _opened(path: Path, options: SessionOptions) -> Any:  # noqa: ANN401  (onnxruntime has no types)
    try:
        import onnxruntime
    except ImportError as error:
        raise LoadFailedError(
            "ONNX Runtime, which runs the model, does not load here. Install Sotto again."
        ) from error
    if not path.is_file():
        raise LoadFailedError(
            f"The model's file {path.name} is missing. Install the model again.", detail=path.name
        )
    present = onnxruntime.get_available_providers()
    preferred = [provider for provider in options.providers if provider in present]
    accelerated = [provider for provider in preferred if provider is not Provider.CPU]
    for providers in [*([provider, Provider.CPU] for provider in accelerated), [Provider.CPU]]:
        try:
            settings = _settings(onnxruntime, options.n_threads, providers)
            return onnxruntime.InferenceSession(
                str(path), settings, providers=[str(provider) for provider in providers]
            )
        except Exception as error:  # its exceptions have no base of their own
            failure = error
    raise _load_failure(path.name, str(failure)) from failure


def _load_failure(name: str, reason: str) -> EngineError:
    # C++ says so in its own words: "std::bad_alloc", or "bad allocation" on Windows.
    if "bad_alloc" in reason or "bad allocation" in reason:
        return OutOfMemoryError(
            "The model needs more memory than is free. Close other programs, or use a smaller"
            " model or one of a smaller quantisation."
        )
    return LoadFailedError(
        f"The model's file {name} is damaged. Install the model again.", detail=name
    )


def _settings(onnxruntime: Any, n_threads: int, providers: Sequence[Provider]) -> Any:  # noqa: ANN401
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = n_threads
    if providers == [Provider.CPU]:
        # Our graphs are written as a CPU runs them. To look for more takes half of the loading
        # time of 2,000 nodes, and finds nothing that makes them faster.
        settings.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    settings.inter_op_num_threads = 1
    # A thread that sleeps between two nodes wakes too late, by a tenth of the time in all; one
    # that spins until the next graph burns a core that the decoder needs.
    settings.add_session_config_entry("session.intra_op.spin_duration_us", "50")
    # Plans of memory are kept for each length of input, and lengths hardly recur.
    settings.enable_mem_pattern = False
    # Planning which results may share memory compares each with all: it is two thirds of the
    # time a graph of 2,000 nodes takes to load, and the arena shares what is free anyway.
    settings.enable_mem_reuse = False
    settings.log_severity_level = 3  # its warnings are for who writes graphs
    return settings


def _run_settings() -> Any:  # noqa: ANN401
    import onnxruntime

    return onnxruntime.RunOptions()
