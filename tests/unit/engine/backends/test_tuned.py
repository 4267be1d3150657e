from __future__ import annotations

from pathlib import Path

import pytest

from sidecar.engine.backends.machine import MachineOptions
from sidecar.engine.backends.tuned import options_for
from sidecar.inference.session import Provider
from sidecar.inference.threads import physical_cores
from sidecar.model_store.tuning import Tuning, write_tuning


def tuned(folder: Path, threads: int, provider: str, *, prefill: bool = True) -> MachineOptions:
    cores = physical_cores()
    write_tuning(folder, Tuning(cores=cores, threads=threads, provider=provider, prefill=prefill))
    return options_for(folder)


def test_a_model_that_was_not_measured_uses_all_cores(tmp_path: Path) -> None:
    assert options_for(tmp_path) == MachineOptions(physical_cores())


def test_a_model_runs_as_was_measured(tmp_path: Path) -> None:
    options = tuned(tmp_path, 1, "CUDAExecutionProvider", prefill=False)

    assert options == MachineOptions(1, providers=(Provider.CUDA, Provider.CPU), prefill=False)


@pytest.mark.parametrize("provider", ["CPUExecutionProvider", "FutureExecutionProvider"])
def test_the_processor_computes_where_nobody_else_is_known(tmp_path: Path, provider: str) -> None:
    assert set(tuned(tmp_path, 1, provider).providers) == {Provider.CPU}


def test_there_are_never_more_threads_than_cores(tmp_path: Path) -> None:
    assert tuned(tmp_path, 4096, "CPUExecutionProvider").n_threads == physical_cores()
