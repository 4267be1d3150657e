"""Copies Silero's ONNX file into our wheel, so that installing the wheel never asks for torch.

The `silero-vad` distribution depends on torch, which would be 2.6 GB for one file of
1 MB. Whoever builds the wheel has it from the lock files (`make wheel`); its licence
travels with it in `packaging/licences`.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

MODEL = "silero_vad/data/silero_vad_16k_sequence.onnx"
TARGET = "sidecar/vad/silero_vad_16k_sequence.onnx"


class CopySileroModel(BuildHookInterface[Any]):
    """Adds the model to standard wheels; editable installs find it in site-packages."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it writes the wheel."""
        if version == "editable":
            return
        try:
            model = Path(str(distribution("silero-vad").locate_file(MODEL)))
        except PackageNotFoundError:
            self.app.display_warning("silero-vad is not installed: the wheel will use energy VAD")
            return
        build_data["force_include"][str(model)] = TARGET
