"""What the journal knows of a recording beside its audio: one small JSON file in its folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from sidecar.config import ENGINE_NAME

FILE = "recording.json"
MAX_BYTES = 1 << 18  # 256 hotwords of 64 characters, each escaped, and the rest

_Word = Annotated[str, Meta(min_length=1, max_length=64)]


@dataclass(frozen=True, slots=True)
class RecordingInfo:
    """What a dictation is, so that its recording can be transcribed as it was meant to be.

    Attributes:
        rate_hz: sample rate of the audio, which is mono and 16 bits.
        engine: who recognises it.
        language: BCP 47 tag, or None to find out.
        hotwords: words that are likely to be said.
        began_s: when it began, in Unix time.
        live: it was heard live: segments end sooner then than in a recording.
    """

    rate_hz: int
    engine: Annotated[str, Meta(pattern=rf"^{ENGINE_NAME.pattern}\Z")]
    language: Annotated[str, Meta(min_length=2, max_length=35)] | None
    hotwords: Annotated[tuple[_Word, ...], Meta(max_length=256)]
    began_s: Annotated[float, Meta(ge=0, le=2**53 - 1)]
    live: bool = True


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """The file's content. A later version may only add fields, or it has another number."""

    version: Literal[1] = 1
    state: Literal["open", "interrupted", "finished"]
    info: RecordingInfo


# Made here: msgspec crashes where two threads are the first to decode a type.
_DECODER = msgspec.json.Decoder(Manifest)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put the file in place in one step: whenever we die, the old one or the new one is there.

    Raises:
        OSError: it cannot be written; the old one is untouched.
    """
    fresh = folder / f"{FILE}.new"
    fresh.unlink(missing_ok=True)
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(msgspec.json.encode(manifest))
        fresh.replace(folder / FILE)
    finally:
        fresh.unlink(missing_ok=True)


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest, or None where it is missing, damaged, or of another version."""
    try:
        fd = os.open(folder / FILE, os.O_RDONLY | _NO_LINKS)
        with os.fdopen(fd, "rb") as file:
            return _DECODER.decode(file.read(MAX_BYTES))
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


_NO_LINKS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)  # nor waits for a pipe
