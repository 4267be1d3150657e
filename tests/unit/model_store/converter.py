"""A converter for tests: a process that makes a small model of any checkpoint, its own way.

python converter.py CHECKPOINT FOLDER ID [MODE]

It makes what a model has of the checkpoint's bytes, so that a test sees which checkpoint it
was. It ends early when its stdin does. MODE: "die" ends by SIGKILL, "fail" says why, "silent"
fails without a word, "wait" does nothing until its stdin ends, "lie" writes another byte than
the manifest says, "aligner" makes a model of the other family.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from pathlib import Path

import msgspec

from sidecar.model_store.manifest import (
    Alignment,
    Audio,
    Decoder,
    Encoder,
    Manifest,
    Source,
    describe,
    write_manifest,
)

NAMES = (
    "stem.onnx",
    "encoder.onnx",
    "decoder.gguf",
    "decoder.onnx",
    "tokenizer.gguf",
    "embeddings.npy",
)


def manifest_of(folder: Path, model: str, *, aligner: bool = False) -> Manifest:
    made = Manifest(
        id=model,
        family="qwen3-asr",
        name="Converted",
        languages=("en",),
        licence="unknown",
        ram_bytes=12_345,
        source=Source(repo="folder"),
        audio=Audio(),
        width=8,
        layers=1,
        kv_heads=1,
        head_dim=8,
        max_context=64,
        encoder=Encoder("int8"),
        decoder=Decoder("q4_k"),
        files={name: describe(folder / name) for name in NAMES},
    )
    if not aligner:
        return made
    return msgspec.structs.replace(
        made, family="qwen3-forced-aligner", alignment=Alignment(n_classes=10, class_ms=80)
    )


def make_model(checkpoint: Path, folder: Path, model: str, *, aligner: bool = False) -> None:
    weights = (checkpoint / "model.safetensors").read_bytes()
    for number, name in enumerate(NAMES):
        (folder / name).write_bytes(name.encode() + weights[number:])
    write_manifest(folder, manifest_of(folder, model, aligner=aligner))


def say(**what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def until_asked_to_end() -> None:
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


def main(checkpoint: str, folder: str, model: str, mode: str = "") -> int:
    asked_to_end = threading.Thread(target=until_asked_to_end, daemon=True)
    asked_to_end.start()
    say(phase="converting", done=1, total=2)
    if mode == "wait":
        asked_to_end.join()
    if mode == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if mode == "fail":
        say(error={"kind": "LOAD_FAILED", "message": "Its shape is not known."})
    if mode in ("fail", "silent"):
        return 1
    Path(folder).mkdir()
    make_model(Path(checkpoint), Path(folder), model, aligner=mode == "aligner")
    if mode == "lie":
        with (Path(folder) / NAMES[0]).open("r+b") as file:
            file.write(b"?")
    say(phase="checking", done=2, total=2)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
