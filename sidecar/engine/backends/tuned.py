"""How an installed model is run: as `sotto bench` has found, or as suits most machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sidecar.engine.backends.machine import MachineOptions
from sidecar.inference.session import Provider
from sidecar.inference.threads import physical_cores
from sidecar.model_store.tuning import read_tuning

if TYPE_CHECKING:
    from pathlib import Path


def options_for(folder: Path) -> MachineOptions:
    """The options of the model in a folder, on this machine."""
    cores = physical_cores()
    tuning = read_tuning(folder, cores)
    if tuning is None:
        return MachineOptions(cores)
    known = [provider for provider in Provider if provider == tuning.provider]
    return MachineOptions(
        min(tuning.threads, cores),
        providers=(*known, Provider.CPU),
        prefill=tuning.prefill,
    )
