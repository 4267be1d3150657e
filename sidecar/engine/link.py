"""What the parent and a worker say to each other, over the worker's stdin and stdout.

A frame is a 32-bit little-endian length and one msgpack map, tagged by `k`. The end of
the stream is how either side says that it is done.

    parent -> worker   Open  Feed  Decode  Together  Abort  Close
    worker -> parent   Ready  Done  Failed  Beat

Audio is raw little-endian float32, as the engines take it: 16-bit would halve the
traffic of at most 64 kB/s and clip what lies outside [-1, 1]. A segment of 30 s is
2 MB, which a pipe moves in a millisecond, so there is no shared memory to leak.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Protocol, TypeAlias, TypeVar

import msgspec

from sidecar.domain import Word
from sidecar.engine.base import Capabilities

MAX_FRAME_BYTES = 8 << 20  # a result of hours of words; audio is sent in far smaller pieces
_LENGTH = struct.Struct("<I")

M = TypeVar("M")


class LinkError(Exception):
    """The other end sent something that is not a frame of this link; it cannot be trusted."""


class _Message(msgspec.Struct, frozen=True, tag_field="k", forbid_unknown_fields=True):
    """Base of all messages, told apart by the class name in `k`."""


class Open(_Message, frozen=True, tag=True):
    """Begin segment `segment`. What goes wrong is told by its first `Decode`."""

    segment: int
    language: str | None
    hotwords: tuple[str, ...]
    context: str
    live: bool


class Feed(_Message, frozen=True, tag=True):
    """Append `audio` (float32, little-endian) to a segment."""

    segment: int
    audio: bytes


class Decode(_Message, frozen=True, tag=True):
    """Recognise all of a segment; answered by `Done` or `Failed` of the same `job`."""

    job: int
    segment: int
    final: bool
    prefix: str
    draft: str


class Together(_Message, frozen=True, tag=True):
    """Recognise several segments at once; each pass is answered as if it were alone."""

    passes: tuple[Decode, ...]


class Abort(_Message, frozen=True, tag=True):
    """End the pass `job` at once. It is still answered."""

    job: int


class Close(_Message, frozen=True, tag=True):
    """Forget a segment."""

    segment: int


class Ready(_Message, frozen=True, tag=True):
    """The model is loaded and warm."""

    capabilities: Capabilities


class Done(_Message, frozen=True, tag=True):
    """The hypothesis of pass `job`."""

    job: int
    text: str
    words: tuple[Word, ...]
    language: str | None
    final: bool


class Failed(_Message, frozen=True, tag=True):
    """Pass `job` failed, or with job 0 the load. `kind` names a class of `sidecar.errors`."""

    job: int
    kind: str
    message: str
    detail: str | None = None


class Beat(_Message, frozen=True, tag=True):
    """A sign of life. `progress` grows while the engine works and answers `Abort`."""

    progress: int


ToWorker: TypeAlias = Open | Feed | Decode | Together | Abort | Close
ToParent: TypeAlias = Ready | Done | Failed | Beat

_encoder = msgspec.msgpack.Encoder()
_decode_to_worker = msgspec.msgpack.Decoder(ToWorker).decode
_decode_to_parent = msgspec.msgpack.Decoder(ToParent).decode


class Source(Protocol):
    """Where frames come from: a blocking binary stream."""

    def read(self, size: int, /) -> bytes | None:
        """Up to `size` bytes; none at the end of the stream."""
        ...


def encode(message: ToWorker | ToParent) -> bytes:
    """The frame of a message.

    Raises:
        LinkError: it is larger than `MAX_FRAME_BYTES`.
    """
    body = _encoder.encode(message)
    if len(body) > MAX_FRAME_BYTES:
        raise LinkError(f"a message of {len(body)} bytes is too large for the link")
    return _LENGTH.pack(len(body)) + body


def read_to_worker(source: Source) -> ToWorker | None:
    """The next message for a worker, or None where the stream ends between two frames.

    Raises:
        LinkError: the stream holds no such message, or ends inside one.
    """
    return _read(source, _decode_to_worker)


def read_to_parent(source: Source) -> ToParent | None:
    """The next message for the parent; otherwise like `read_to_worker`."""
    return _read(source, _decode_to_parent)


def _read(source: Source, decode: Callable[[bytes], M]) -> M | None:
    header = _read_exactly(source, _LENGTH.size)
    if not header:
        return None
    if len(header) < _LENGTH.size:
        raise LinkError("the stream ends inside a length")
    (length,) = _LENGTH.unpack(header)
    if length > MAX_FRAME_BYTES:
        raise LinkError(f"a frame of {length} bytes is over the limit")
    body = _read_exactly(source, length)
    if len(body) < length:
        raise LinkError("the stream ends inside a frame")
    try:
        return decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise LinkError("a frame holds no message of this link") from error


def _read_exactly(source: Source, size: int) -> bytes:
    """`size` bytes, or fewer where the stream ends. Pipes hand over what they have."""
    parts = []
    missing = size
    while missing and (part := source.read(missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)
