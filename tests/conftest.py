"""Fixtures that more than one folder of tests uses."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent


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
