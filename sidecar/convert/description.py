"""What is said of a converted model: its manifest, but for what its files are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sidecar.model_store.manifest import (
    EMBEDDINGS,
    Alignment,
    Audio,
    Decoder,
    Encoder,
    EncoderKind,
    Family,
    KeptKind,
    Manifest,
    Source,
    Stored,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sidecar.convert.architecture import Architecture

# Source: `processing_qwen3_asr.py` of transformers 5.23, and the models' cards.
_ALIGNED: Final = ("zh", "en", "yue", "fr", "de", "it", "ja", "ko", "pt", "ru", "es")
_HEARD: Final = (
    *("zh", "en", "yue", "ar", "de", "fr", "es", "pt", "id", "it", "ko", "ru", "th", "vi", "ja"),
    *("tr", "hi", "ms", "nl", "sv", "da", "fi", "pl", "cs", "fil", "fa", "el", "hu", "mk", "ro"),
)
LANGUAGES: Final[dict[Family, tuple[str, ...]]] = {
    "qwen3-asr": _HEARD,
    "qwen3-forced-aligner": _ALIGNED,
}
UNKNOWN: Final = "unknown"

BASE_BYTES: Final = 250 << 20
"""Memory of a worker besides weights: libraries, audio, what is computed on the way."""
N_CELLS: Final = 2048  # of a decoder that writes; an aligner keeps nothing
KV_BYTES: Final = 2  # of each key and value: half precision


def manifest_of(
    model: Architecture,
    name: str,
    repo: str,
    kinds: tuple[EncoderKind, KeptKind],
    *,
    read: Mapping[str, Stored],
    files: Mapping[str, Stored],
    measured: Mapping[str, float],
    rough_head: bool,
) -> Manifest:
    """The manifest of a converted model.

    Args:
        model: its shape.
        name: its id.
        repo: where it came from.
        kinds: how the encoder's and the decoder's weights are kept.
        read: files of the checkpoint.
        files: files of the model.
        measured: by the check.
        rough_head: see `sidecar.model_store.manifest.Decoder`.
    """
    audio, text = model.audio, model.text
    return Manifest(
        id=name,
        family=model.family,
        name=name,
        languages=LANGUAGES[model.family],
        licence=UNKNOWN,
        ram_bytes=_ram_bytes(model, files),
        source=Source(repo=repo, files=dict(sorted(read.items()))),
        audio=Audio(
            n_mels=audio.n_mels,
            frames_per_chunk=audio.frames_per_chunk,
            tokens_per_chunk=audio.tokens_per_chunk,
            window_chunks=audio.window_chunks,
        ),
        width=text.width,
        layers=text.layers,
        kv_heads=text.kv_heads,
        head_dim=text.head_dim,
        max_context=text.max_context,
        encoder=Encoder(kinds[0]),
        decoder=Decoder(kinds[1], rough_head),
        check=dict(measured),
        files=dict(sorted(files.items())),
        alignment=Alignment(model.n_classes, model.class_ms) if model.n_classes else None,
    )


def _ram_bytes(model: Architecture, files: Mapping[str, Stored]) -> int:
    text, n_cells = model.text, 0 if model.n_classes else N_CELLS
    kv = 2 * n_cells * text.layers * text.kv_heads * text.head_dim * KV_BYTES
    loaded = sum(stored.bytes for name, stored in files.items() if name != EMBEDDINGS)
    return BASE_BYTES + kv + loaded  # of the table few rows are read
