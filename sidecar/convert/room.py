"""What converting a model needs: memory, and room on disk. Known before anything is written."""

from __future__ import annotations

import math
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sidecar.convert.tensors import EMBEDDINGS, TEXT, needed_tensors
from sidecar.errors import DiskFullError, OutOfMemoryError
from sidecar.host.memory import free_memory

if TYPE_CHECKING:
    from sidecar.convert.architecture import Architecture
    from sidecar.model_store.manifest import EncoderKind, KeptKind

# Bytes that a weight takes in a finished file, scales included.
ENCODER_BYTES: Final[dict[EncoderKind, float]] = {
    "fp32": 4.0,
    "fp16": 2.0,
    "int8": 1.2,
    "int4": 0.95,
}
DECODER_BYTES: Final[dict[KeptKind, float]] = {
    "f32": 4.0,
    "f16": 2.0,
    "q8_0": 1.07,
    "q5_k": 0.76,
    "q4_k": 0.67,
    "int8": 1.05,
}
HEAD_BYTES: Final = 0.57
"""Of a rough one, in 4 bits."""
PREFILL_BYTES: Final = 1.05
HALF_BYTES: Final = 2.0
ORT_BYTES: Final = 1.15
"""Memory of ONNX Runtime for each byte of a graph's weights, which it packs anew."""
BASE_BYTES: Final = 500 << 20
"""Memory besides weights: libraries, blocks that are read, what the check computes."""
SPARE_BYTES: Final = 64 << 20
"""Room on disk besides weights: tokenizer, graphs, manifest."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many weights the parts of a model have.

    Attributes:
        encoder: audio tower and projector.
        layers: the decoder's layers.
        decoder: these, the embeddings and the head.
        embeddings: their table alone.
    """

    encoder: int
    layers: int
    decoder: int
    embeddings: int


@dataclass(frozen=True, slots=True)
class Needs:
    """What has to be free."""

    memory_bytes: int
    disk_bytes: int


def sizes(model: Architecture) -> Sizes:
    """How many weights a model has, by part."""
    counts = {name: math.prod(shape) for name, shape in needed_tensors(model).items()}
    layers = sum(n for name, n in counts.items() if name.startswith(f"{TEXT}.layers."))
    encoder = sum(
        n for name, n in counts.items() if name.startswith(("model.audio", "model.multi"))
    )
    return Sizes(encoder, layers, sum(counts.values()) - encoder, counts[EMBEDDINGS])


def needs(
    model: Architecture,
    encoder: EncoderKind,
    decoder: KeptKind,
    *,
    prefill: bool,
    rough_head: bool = False,
) -> Needs:
    """What a conversion needs, about; rather too much than too little."""
    n = sizes(model)
    head = rough_head * n.embeddings
    graphs, filled = n.encoder * ENCODER_BYTES[encoder], prefill * n.layers * PREFILL_BYTES
    table = n.embeddings * HALF_BYTES if prefill or model.n_classes else 0.0
    within = n.decoder - n.embeddings if model.n_classes else n.decoder
    final = within * DECODER_BYTES[decoder] + head * HEAD_BYTES
    half = (n.decoder + head) * HALF_BYTES if decoder in ("q8_0", "q5_k", "q4_k") else 0.0
    writing = n.embeddings * (4.0 if decoder == "f32" else HALF_BYTES)
    checking = ORT_BYTES * graphs + max(final, ORT_BYTES * filled)  # one after the other
    return Needs(
        memory_bytes=round(BASE_BYTES + max(writing, checking)),
        disk_bytes=round(SPARE_BYTES + graphs + filled + final + half + table),
    )


def check_room(needed: Needs, folder: Path) -> None:
    """Refuse what cannot come to its end.

    Args:
        needed: what has to be free.
        folder: on the disk in question; it exists.

    Raises:
        OutOfMemoryError: too little memory is free.
        DiskFullError: too little disk is.
    """
    memory = free_memory()
    if memory and memory.available_bytes + memory.swap_bytes < needed.memory_bytes:
        raise OutOfMemoryError(
            f"Converting this model needs {_gb(needed.memory_bytes)} of memory, and"
            f" {_gb(memory.available_bytes + memory.swap_bytes)} are free. Close other programs."
        )
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < needed.disk_bytes:
        raise DiskFullError(
            f"Converting this model needs {_gb(needed.disk_bytes)} on disk, and"
            f" {_gb(free_bytes)} are free. Delete what you do not need."
        )


def _gb(n_bytes: int) -> str:
    return f"{n_bytes / 1e9:.1f} GB"
