"""Stores of models whose only model is a small one, and the checkpoint it is made of."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec

from sidecar.model_store.catalogue import Catalogue, CatalogueEntry, PinnedFile
from sidecar.model_store.conversion import ConvertProcess
from sidecar.model_store.options import StoreOptions, WebOptions
from sidecar.model_store.store import ModelStore
from tests.unit.model_store.hub import REPO, blocks, sha256

CONVERTER = Path(__file__).with_name("converter.py")
CHECKOUT = Path(__file__).resolve().parents[3]
MODEL = "tiny-asr"
WEIGHTS = blocks(2_500_000)
CHECKPOINT = {"config.json": b"{}", "vocab.json": b'{"a": 0}', "model.safetensors": WEIGHTS}
QUICK = WebOptions(connections=1, waits_s=(0.0, 0.0))  # the smallest file first


def entry(source: str, *, pins: bool = True, **changes: Any) -> CatalogueEntry:
    files = tuple(
        PinnedFile(name=name, bytes=len(content), sha256=sha256(content))
        for name, content in CHECKPOINT.items()
    )
    whole = CatalogueEntry(
        id=MODEL,
        name="Tiny ASR",
        family="qwen3-asr",
        languages=("en", "zh"),
        streaming=True,
        licence="Apache-2.0",
        installed_bytes=100_000,
        ram_bytes=1_000_000,
        repo=REPO,
        sources=(source,),
        files=files if pins else (),
    )
    return msgspec.structs.replace(whole, **changes)


def store(
    folder: Path, *entries: CatalogueEntry, mode: str = "", options: StoreOptions | None = None
) -> ModelStore:
    (folder / "models").mkdir(mode=0o700, exist_ok=True)

    def command(checkpoint: Path, target: Path, model: str) -> list[str]:
        return [sys.executable, str(CONVERTER), str(checkpoint), str(target), model, mode]

    options = options or StoreOptions(web=QUICK, spare_bytes=0)
    return ModelStore(
        folder / "models", Catalogue(entries), ConvertProcess(command), options=options
    )
