"""The header frame as a map, and its binary frames, checked before anything is made of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import msgpack

from sidecar import errors
from sidecar.protocol.messages import LIMITS

Frame: TypeAlias = bytes | bytearray | memoryview


def _refuse_extension(code: int, data: bytes) -> None:
    raise ValueError(f"extension {code} of {len(data)} bytes")


_UNPACK_LIMITS = {
    "max_array_len": LIMITS.max_array_len,
    "max_map_len": LIMITS.max_map_len,
    "max_str_len": LIMITS.max_str_bytes,
    "max_bin_len": 0,
    "max_ext_len": 0,
    "ext_hook": _refuse_extension,  # an empty extension is within the limit above
    "strict_map_key": True,
}


# Empty bytes are the only key besides texts that the limits let through. __proto__ would
# change the object it is set on in a JavaScript reader, which therefore refuses it.
_FORBIDDEN_KEYS = frozenset({b"", "__proto__"})


def unpack(frames: Sequence[Frame], max_bytes: int) -> dict[str, Any]:
    """The header as a map.

    Raises:
        TooLargeError: more than `max_bytes`; nothing was decoded.
        ParseError: no frame at all, or no msgpack, or over a limit of lengths.
        InvalidRequestError: not a map.
    """
    if not frames:
        raise errors.ParseError("A message needs a header frame.")
    if len(frames[0]) > max_bytes:
        raise errors.TooLargeError(
            f"A header has at most {max_bytes} bytes; send audio in binary frames."
        )
    try:
        header = msgpack.unpackb(frames[0], **_UNPACK_LIMITS)
    except (ValueError, RecursionError) as error:
        raise errors.ParseError("The header is not msgpack within the limits.") from error
    if type(header) is not dict:
        raise errors.InvalidRequestError("The header must be one map; batches are not accepted.")
    return header


def check_binaries(header: dict[str, Any], frames: Sequence[Frame]) -> None:
    """See that every frame after the header is referred to exactly once.

    Raises:
        ParseError: nested deeper than `LIMITS.max_depth`, or a forbidden key.
        InvalidRequestError: a `$bin` or a frame without its counterpart, or too many.
        TooLargeError: a frame over `LIMITS.max_binary_bytes`.
    """
    n_binaries = len(frames) - 1
    references = _binary_references(header)
    if n_binaries > LIMITS.max_binaries:
        raise errors.InvalidRequestError(
            f"A message has at most {LIMITS.max_binaries} binary frames, not {n_binaries}."
        )
    # By type, because True == 1 and 1.0 == 1 in Python.
    if not all(type(index) is int for index in references):
        raise errors.InvalidRequestError("$bin must be the index of a binary frame.")
    if sorted(references) != list(range(n_binaries)):
        raise errors.InvalidRequestError("$bin must refer to every binary frame exactly once.")
    if any(len(frame) > LIMITS.max_binary_bytes for frame in frames[1:]):
        raise errors.TooLargeError(
            f"A binary frame has at most {LIMITS.max_binary_bytes} bytes; upload longer audio."
        )


def _binary_references(header: dict[str, Any]) -> list[Any]:
    """The value of every `$bin`, found level by level."""
    found: list[Any] = []
    level: list[Any] = [header]
    for _ in range(LIMITS.max_depth):
        maps = [node for node in level if type(node) is dict]
        if any(not _FORBIDDEN_KEYS.isdisjoint(node) for node in maps):
            raise errors.ParseError("The keys of a map must be texts, and not __proto__.")
        found += [node["$bin"] for node in maps if "$bin" in node]
        level = [child for node in level for child in _children(node) if _is_container(child)]
        if not level:
            return found
    raise errors.ParseError(f"The header is nested deeper than {LIMITS.max_depth} levels.")


def _children(node: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return node.values() if type(node) is dict else node


def _is_container(node: object) -> bool:
    return type(node) is dict or type(node) is list
