"""Real recordings for the benchmarks; they are not part of the repository."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sidecar.domain import Samples


def folder() -> Path:
    """Where they are: $SOTTO_SPEECH, or `shared/speech` beside the checkout."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "speech"
    return Path(os.environ.get("SOTTO_SPEECH") or beside)


def clips() -> list[dict[str, Any]]:
    """The rows of the manifest, or the end of the program where there is none."""
    manifest = folder() / "manifest.jsonl"
    if not manifest.is_file():
        sys.exit("no recordings: set SOTTO_SPEECH to a folder with a manifest.jsonl")
    return [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines()]


def samples_of(name: str) -> Samples:
    """A recording as float32 mono 16 kHz."""
    import numpy as np

    from sidecar.audio.files import open_audio

    with open_audio(folder() / name) as audio:
        return np.asarray(np.concatenate(list(audio.blocks())), np.float32)
