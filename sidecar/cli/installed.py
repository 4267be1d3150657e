"""The models of this machine, for commands that look at their folders themselves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sidecar.cli.connect import own_settings
from sidecar.engine.registry import EngineRegistry
from sidecar.host.paths import data_dir
from sidecar.model_store.catalogue import Catalogue
from sidecar.model_store.conversion import ConvertProcess
from sidecar.model_store.store import ModelStore
from sidecar.parts import MODELS


def models_folder() -> Path:
    """Where all models are; it may not be there yet.

    Raises:
        ConfigError: the data folder cannot be used.
    """
    return data_dir(own_settings().data_dir) / MODELS


def installed_models() -> Mapping[str, Path]:
    """The folders of all installed models by their ids, sorted.

    Raises:
        ConfigError: the data folder cannot be used.
    """
    return ModelStore(models_folder(), Catalogue(()), ConvertProcess()).installed()


def speech_models() -> Mapping[str, Path]:
    """Those that are engines, rather than aligners; also damaged ones.

    Raises:
        ConfigError: the data folder cannot be used.
    """
    registry = EngineRegistry(installed_models)
    found = {name: registry.entry(name).folder for name in registry.names()}
    return {name: folder for name, folder in found.items() if folder is not None}
