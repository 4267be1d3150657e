"""Our engine as it is, but for one thing: it says two tokens for each second of sound.

The benchmark's model never ends a text by itself, so somebody has to, and on all sides alike.
It is an engine of its own by the entry point that `install` makes, so that real workers run it.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sidecar.engine.backends.machine import Machine, MachineOptions
from sidecar.engine.backends.model import ModelEngine
from sidecar.engine.backends.prompt import Prompter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sidecar.engine.backends.generation import Script
    from sidecar.engine.base import SegmentOptions

NAME = "qwen3-asr-bench"
MODEL, THREADS = "SOTTO_BENCH_MODEL", "SOTTO_BENCH_THREADS"
TOKENS_PER_S = 2


class CappedEngine(ModelEngine):
    """The model in the folder that the environment names."""

    def __init__(self) -> None:
        options = MachineOptions(int(os.environ[THREADS]))
        super().__init__(Path(os.environ[MODEL]), options)

    def load(self) -> None:
        """Load the model, warm; see `ModelEngine`."""
        super().load()
        self.machine.prompter.__class__ = CappedPrompter

    @property
    def machine(self) -> Machine:
        """The parts of the model."""
        assert self._hearing is not None, "it is loaded"
        return self._hearing.machine


class CappedPrompter(Prompter):
    """A text of two tokens for each second, what is given of it included."""

    def script(
        self,
        options: SegmentOptions,
        *,
        prefix: Sequence[int],
        header: Sequence[int],
        header_guess: Sequence[int],
        guess: Sequence[int],
        duration_s: float,
    ) -> Script:
        """What is known of the answer."""
        known = super().script(
            options,
            prefix=prefix,
            header=header,
            header_guess=header_guess,
            guess=guess,
            duration_s=duration_s,
        )
        return replace(known, most=max(1, n_new(duration_s) - len(prefix)))


def n_new(audio_s: float) -> int:
    """How many tokens are said of so much sound."""
    return int(TOKENS_PER_S * audio_s)


def install(folder: Path, model: Path, n_threads: int) -> dict[str, str]:
    """Offer the engine to Python programs.

    Args:
        folder: where to keep what they need to find.
        model: the folder of the model.
        n_threads: how many it uses.

    Returns:
        What their environment must have.
    """
    about = folder / f"{NAME}-1.0.dist-info"
    about.mkdir(exist_ok=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {NAME}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[sotto.engines]\n{NAME} = {__name__}:CappedEngine\n")
    path = os.pathsep.join([str(folder), str(Path(__file__).parents[1])])
    return {"PYTHONPATH": path, MODEL: str(model), THREADS: str(n_threads)}
