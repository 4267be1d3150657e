"""What `sotto doctor` finds out about installed models: whether they are whole, and how fast."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sidecar.cli.bench import sentence, tuned_here
from sidecar.cli.checks import CHANGE, Check, Finding
from sidecar.cli.installed import installed_models, models_folder, speech_models
from sidecar.cli.speed import measure
from sidecar.config import ConfigError
from sidecar.errors import EngineError, ModelCorruptError
from sidecar.inference.threads import physical_cores
from sidecar.model_store.conversion import DEFAULT
from sidecar.model_store.manifest import verify
from sidecar.model_store.tuning import Weights, read_weights

MEASURE = "Run `sotto bench` to have it measured how this model runs best here."
MEASURE_WEIGHTS = "Run `sotto bench` to have it measured how weights are best kept here."


def check_models() -> list[Check]:
    """Read every file of every installed model, and have those that hear hear something."""
    try:
        there, hearing = installed_models(), speech_models()
        weights = read_weights(models_folder(), physical_cores())
    except ConfigError as error:
        return [Check("Models", "broken", str(error), CHANGE)]
    models = [
        Check(f"Model {name}", *_examined(name, folder, hears=name in hearing))
        for name, folder in there.items()
    ]
    if not there and weights is None:  # nobody has thought of models yet
        return []
    return [*models, Check("Weights of new models", *_kept(weights))]


def _kept(weights: Weights | None) -> Finding:
    """In how many bits."""
    kinds = weights or DEFAULT
    found = f"encoder {kinds.encoder}, decoder {kinds.decoder}"
    if weights is None:
        return "ok", f"{found}, as suits most machines", MEASURE_WEIGHTS
    return "ok", f"{found}, as measured by sotto bench", ""


def _examined(name: str, folder: Path, *, hears: bool) -> Finding:
    try:
        verify(folder)
    except ModelCorruptError as error:
        fix = f"Install it again: sotto models remove {name}, sotto models install {name}"
        return "broken", error.message, fix
    return _heard(name, folder) if hears else ("ok", "whole", "")


def _heard(name: str, folder: Path) -> Finding:
    """How fast it is: as it was measured, or else as it turns out now."""
    tuning = tuned_here(folder)
    try:
        speed = (tuning and tuning.speed) or asyncio.run(measure(name, folder))
    except EngineError as error:
        return "broken", f"whole, but does not run: {error.message}", ""
    found = f"whole; {sentence(speed)}"
    if speed.mode == "batch":
        return "warning", found, "Use a smaller model, or the built-in engine, to dictate."
    if tuning is None:
        return "ok", found, MEASURE
    return "ok", f"{found}, as measured by sotto bench", ""
