"""What an installed model is: `model.json`, which names every file beside it with its SHA-256.

    models/<id>/
      model.json       this manifest
      stem.onnx        log-mel -> frames, one second at a time
      encoder.onnx     frames -> embeddings, one window of a few seconds at a time
      prefill.onnx     the decoder's layers over embeddings (optional)
      decoder.gguf     the decoder
      decoder.onnx     an aligner's decoder, with its head
      tokenizer.gguf   an aligner's vocabulary
      embeddings.npy   the table of token embeddings, where graphs are given tokens

Whoever reads a manifest knows that every file is there at its full size; whether each is what
it was is for `verify`, which reads them all.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal, TypeAlias, get_args

import msgspec
from msgspec import Meta

from sidecar.config import ENGINE_NAME
from sidecar.errors import ModelCorruptError

FILE = "model.json"
STEM = "stem.onnx"
ENCODER = "encoder.onnx"
PREFILL = "prefill.onnx"
DECODER = "decoder.gguf"
CLASSIFIER = "decoder.onnx"
TOKENIZER = "tokenizer.gguf"
EMBEDDINGS = "embeddings.npy"

FORMAT = 1
MAX_BYTES = 1 << 20  # of a manifest: a few KB is usual
BLOCK_BYTES = 1 << 20

Family: TypeAlias = Literal["qwen3-asr", "qwen3-forced-aligner"]
EncoderKind: TypeAlias = Literal["fp32", "fp16", "int8", "int4"]
DecoderKind: TypeAlias = Literal["f32", "f16", "q8_0", "q5_k", "q4_k"]
KeptKind: TypeAlias = DecoderKind | Literal["int8"]
Report: TypeAlias = Callable[[int, int], None]
"""Told how many bytes of how many are done. What it raises ends the work."""

_REQUIRED: dict[str, tuple[str, ...]] = {
    "qwen3-asr": (STEM, ENCODER, DECODER),
    "qwen3-forced-aligner": (STEM, ENCODER, CLASSIFIER, TOKENIZER, EMBEDDINGS),
}

# One plain name: no folders, nothing hidden, nothing that Windows reads as a device or stream.
_FILE_NAME = r"^(?!(?i:con|prn|aux|nul|com\d|lpt\d)(\.|\Z))[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z"
_Name = Annotated[str, Meta(pattern=_FILE_NAME)]
_Text = Annotated[str, Meta(min_length=1, max_length=300)]
_Count = Annotated[int, Meta(ge=1, le=1 << 24)]
_Size = Annotated[int, Meta(ge=0, le=1 << 50)]


class Stored(msgspec.Struct, frozen=True):
    """One file: its size, and the SHA-256 of its bytes in lower-case hexadecimal digits."""

    bytes: _Size
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Where a model came from.

    Attributes:
        repo: owner and name on a hub, a URL, or the name of a local folder.
        revision: commit of that repository, or "" where there is none.
        files: what was converted, as it was read.
    """

    repo: _Text
    revision: Annotated[str, Meta(max_length=300)] = ""
    files: dict[_Name, Stored] = {}


class Audio(msgspec.Struct, frozen=True, kw_only=True):
    """How sound becomes embeddings.

    Attributes:
        n_mels: bins of the log-mel spectrogram.
        frames_per_chunk: mel frames (10 ms each) that the stem takes at a time.
        tokens_per_chunk: embeddings that a full chunk gives.
        window_chunks: chunks that attend to each other; no window sees another.
    """

    n_mels: _Count = 128
    frames_per_chunk: _Count = 100
    tokens_per_chunk: _Count = 13
    window_chunks: _Count = 8


class Encoder(msgspec.Struct, frozen=True):
    """How the encoder's weights are kept."""

    quantization: EncoderKind


class Decoder(msgspec.Struct, frozen=True):
    """How the decoder's weights are kept.

    Attributes:
        quantization: an aligner's is "int8", or "f32".
        rough_head: the output layer in the file tells which tokens may be next, and the table
            of embeddings which is.
    """

    quantization: KeptKind
    rough_head: bool = False


class Alignment(msgspec.Struct, frozen=True):
    """What an aligner answers: one of so many classes at each mark, each so many ms later."""

    n_classes: _Count
    class_ms: _Count


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """The file's content. A later version may only add fields, or it has another number.

    Attributes:
        id: name of the folder, and of the engine.
        family: which engine runs it.
        name: for people.
        languages: BCP 47 tags of what it understands.
        licence: SPDX identifier of the weights' licence, or a plain name.
        ram_bytes: memory that a worker with this model needs, about.
        source: where it came from.
        width: length of an embedding, what the encoder gives and the decoder takes.
        layers: of the decoder.
        kv_heads: heads of the decoder's keys and values.
        head_dim: length of each of those heads.
        max_context: positions that the decoder was trained for.
        check: what the conversion measured on the finished model.
        files: every file of the folder but this one.
        alignment: of an aligner alone.
    """

    format: Literal[1] = 1
    id: Annotated[str, Meta(pattern=rf"^{ENGINE_NAME.pattern}\Z")]
    family: Family
    name: _Text
    languages: Annotated[
        tuple[Annotated[str, Meta(min_length=2, max_length=35)], ...], Meta(max_length=400)
    ]
    licence: _Text
    ram_bytes: _Size
    source: Source
    audio: Audio
    width: _Count
    layers: _Count
    kv_heads: _Count
    head_dim: _Count
    max_context: _Count
    encoder: Encoder
    decoder: Decoder
    check: dict[str, float] = {}
    files: dict[_Name, Stored]
    alignment: Alignment | None = None

    @property
    def total_bytes(self) -> int:
        """Size of all files together."""
        return sum(stored.bytes for stored in self.files.values())


class _Header(msgspec.Struct):
    """What decides whether the rest can be understood."""

    format: int
    family: str = ""


# Made here: msgspec crashes where two threads are the first to decode a type.
_HEADER_DECODER = msgspec.json.Decoder(_Header)
_DECODER = msgspec.json.Decoder(Manifest)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of an installed model, whose files are all there at their full size.

    Raises:
        ModelCorruptError: it is missing, damaged or of another version, or a file is missing
            or has another size. `detail` is the name of that file.
    """
    manifest = parse_manifest(_read_bytes(folder))
    for name, stored in manifest.files.items():
        found = _size_of(folder / name)
        if found is None:
            raise _damaged(manifest.id, name, "is missing")
        if found != stored.bytes:
            raise _damaged(manifest.id, name, f"has {found} bytes instead of {stored.bytes}")
    return manifest


def parse_manifest(content: bytes) -> Manifest:
    """A manifest from the bytes of `model.json`, whatever files there are.

    Raises:
        ModelCorruptError: the bytes are no manifest of ours, or one of another version.
    """
    try:
        _check_header(_HEADER_DECODER.decode(content))
        manifest = _DECODER.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ModelCorruptError(
            f"The description of a model is damaged ({error}). Install the model again.",
            detail=FILE,
        ) from None
    lacking = [name for name in _REQUIRED[manifest.family] if name not in manifest.files]
    if lacking:
        raise _damaged(manifest.id, FILE, f"does not list {', '.join(lacking)}")
    if (manifest.alignment is None) != (manifest.family == "qwen3-asr"):
        raise _damaged(manifest.id, FILE, "does not say what an aligner answers, or says too much")
    return manifest


def _check_header(header: _Header) -> None:
    if header.format != FORMAT:
        raise ModelCorruptError(
            f"The model is of format {header.format}, and this version of Sotto reads format"
            f" {FORMAT}. Update Sotto, or install the model again.",
            detail=FILE,
        )
    if header.family not in get_args(Family):
        raise ModelCorruptError(
            "The model is of a family that this version of Sotto does not know; it knows"
            f" {', '.join(get_args(Family))}. Update Sotto.",
            detail=FILE,
        )


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put the file in place in one step: whenever we die, the old one or the new one is there.

    Raises:
        ModelCorruptError: the manifest could not be read again: a value is out of bounds.
        OSError: it cannot be written; the old one is untouched.
    """
    content = msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"
    parse_manifest(content)
    fresh = folder / f"{FILE}.new"
    try:
        with fresh.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(folder / FILE)
    finally:
        fresh.unlink(missing_ok=True)


def verify(folder: Path, report: Report | None = None) -> Manifest:
    """Read every file of an installed model and compare it with its SHA-256.

    Args:
        folder: of the installed model.
        report: told about once per MiB how many bytes of how many were read.

    Raises:
        ModelCorruptError: a file is not what it was; `detail` is its name.
    """
    manifest = read_manifest(folder)
    done = 0
    for name, stored in manifest.files.items():
        before = done

        def count(read: int, _: int, before: int = before) -> None:
            if report:
                report(before + read, manifest.total_bytes)

        try:
            found = describe(folder / name, count)
        except OSError as error:
            raise _damaged(manifest.id, name, f"cannot be read ({error.strerror})") from None
        if found != stored:
            raise _damaged(manifest.id, name, "has changed")
        done += stored.bytes
    return manifest


def describe(path: Path, report: Report | None = None) -> Stored:
    """Size and SHA-256 of a file as it is now.

    Raises:
        OSError: it cannot be read.
    """
    digest, block, done = hashlib.sha256(), memoryview(bytearray(BLOCK_BYTES)), 0
    with path.open("rb", buffering=0) as file:
        total = os.fstat(file.fileno()).st_size
        while n := file.readinto(block):
            digest.update(block[:n])
            done += n
            if report:
                report(done, total)
    return Stored(done, digest.hexdigest())


def _read_bytes(folder: Path) -> bytes:
    try:
        with (folder / FILE).open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ModelCorruptError(
            f"The description of a model cannot be read ({error.strerror})."
            " Install the model again.",
            detail=FILE,
        ) from None
    if len(content) > MAX_BYTES:
        raise ModelCorruptError(
            "The description of a model is far too long. Install the model again.", detail=FILE
        )
    return content


def _size_of(path: Path) -> int | None:
    """Size of a regular file; a link could lead anywhere, and is none."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_size if stat.S_ISREG(found.st_mode) else None


def _damaged(model: str, name: str, how: str) -> ModelCorruptError:
    return ModelCorruptError(
        f"The model {model} is damaged: {name} {how}. Install it again"
        f" (`sotto models install {model}`).",
        detail=name,
    )
