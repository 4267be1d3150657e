"""Fixtures that more than one folder of tests uses."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from tests.unit.installed import TinyModels

CHECKOUT = Path(__file__).resolve().parent.parent
ENGINES = CHECKOUT / "tests" / "data" / "engines"
ALIGNERS = CHECKOUT / "tests" / "data" / "aligners"

# How long tests wait for what must come. It tells what never comes from what is late on a
# machine that has much else to do, and costs nothing where all is well.
PATIENCE_S = 60.0

# Examples share two cores with real processes: how long one takes says nothing.
settings.register_profile("sotto", deadline=None)
settings.load_profile("sotto")


@dataclass(frozen=True, slots=True)
class Speech:
    """A folder of real recordings and what is said in them; not part of the project."""

    folder: Path
    rows: tuple[dict[str, Any], ...]

    def path(self, name: str) -> Path:
        """The recording of that file name."""
        return self.folder / name

    def text(self, name: str) -> str:
        """What is said in it."""
        return next(str(row["text"]) for row in self.rows if row["file"] == name)


@pytest.fixture(scope="session")
def speech() -> Speech:
    """The real recordings, or a skip where this checkout has none beside it."""
    folder = Path(os.environ.get("SOTTO_SPEECH") or CHECKOUT.parent / "shared" / "speech")
    manifest = folder / "manifest.jsonl"
    if not manifest.is_file():
        pytest.skip(f"no recordings at {folder.name}/: set SOTTO_SPEECH to a folder that has them")
    rows = tuple(json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines())
    return Speech(folder, rows)


@dataclass(frozen=True, slots=True)
class Scripted:
    """The scripted engine, installed under the name `scripted` here and in child processes."""

    fuses: Path
    monkeypatch: pytest.MonkeyPatch
    name: str = "scripted"

    def fuse(self, name: str, times: int = 1) -> str:
        """A hotword after which the script goes on only so many times."""
        for number in range(times):
            (self.fuses / (f"{name}.{number}" if number else name)).touch()
        return f"fuse:{name}"

    def when_loading(self, *script: str) -> None:
        """What the engine does whenever a process loads it."""
        self.monkeypatch.setenv("SOTTO_SCRIPT", " ".join(script))


@pytest.fixture
def scripted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scripted:
    """An engine that does what its hotwords say; see `sidecar.testing.scripted`."""
    monkeypatch.syspath_prepend(str(ENGINES))
    monkeypatch.setenv("PYTHONPATH", str(ENGINES), prepend=os.pathsep)
    monkeypatch.setenv("SOTTO_FUSES", str(tmp_path))
    return Scripted(tmp_path, monkeypatch)


@dataclass(frozen=True, slots=True)
class ScriptedAligner:
    """The scripted aligner, installed beside the scripted engine."""

    engine: Scripted

    def does(self, *script: str) -> None:
        """What it does in every pass of workers that start after this."""
        self.engine.monkeypatch.setenv("SOTTO_ALIGNER", " ".join(script))


@pytest.fixture
def scripted_aligner(scripted: Scripted) -> ScriptedAligner:
    """An aligner that gives every word as long; see `sidecar.testing.scripted_aligner`."""
    scripted.monkeypatch.syspath_prepend(str(ALIGNERS))
    scripted.monkeypatch.setenv("PYTHONPATH", str(ALIGNERS), prepend=os.pathsep)
    return ScriptedAligner(scripted)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> TinyModels:
    """Tiny random models, installed: `tiny_model("int8", "q4_k")` is the folder of one."""
    from tests.unit.installed import TinyModels  # loads torch

    return TinyModels(tmp_path_factory.mktemp("models"))
