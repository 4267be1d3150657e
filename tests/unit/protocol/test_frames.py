from __future__ import annotations

import tracemalloc
from typing import Any

import msgpack
import pytest

from sidecar import errors
from sidecar.protocol.frames import check_binaries, unpack
from sidecar.protocol.messages import LIMITS


def unpacked(header: bytes) -> dict[str, Any]:
    return unpack([header], LIMITS.max_header_bytes)


def nested(depth: int) -> dict[str, Any]:
    """A map that holds arrays, `depth` levels in all."""
    inner: list[Any] = []
    for _ in range(depth - 2):
        inner = [inner]
    return {"a": inner}


def test_a_bomb_of_empty_arrays_is_refused_before_it_unfolds() -> None:
    bomb = b"\xdd\x00\x03\xff\x00" + b"\x90" * 0x3FF00

    tracemalloc.start()
    with pytest.raises(errors.ParseError):
        unpacked(bomb)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak_bytes < len(bomb)


def test_too_large_a_header_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(errors.TooLargeError):
        unpacked(b"\xc1" * (LIMITS.max_header_bytes + 1))


def test_any_kind_of_buffer_is_read() -> None:
    header = msgpack.packb({"a": 1})

    assert unpack([memoryview(header)], 100) == unpack([bytearray(header)], 100) == {"a": 1}


def test_lengths_of_numbers_and_order_of_keys_are_free_to_the_sender() -> None:
    wasteful = bytes.fromhex("df00000002 a162 cf0000000000000001 d90161 db0000000163")

    assert unpacked(wasteful) == {"b": 1, "a": "c"}


def test_nesting_is_allowed_up_to_the_limit() -> None:
    deepest = msgpack.packb(nested(LIMITS.max_depth))
    too_deep = msgpack.packb(nested(LIMITS.max_depth + 1))

    check_binaries(unpacked(deepest), [deepest])
    with pytest.raises(errors.ParseError, match="deeper than 32"):
        check_binaries(unpacked(too_deep), [too_deep])


def test_references_may_come_in_any_order_and_anywhere() -> None:
    header = {"a": [{"$bin": 2}, {"b": {"$bin": 0}}], "later": {"$bin": 1, "more": 1}}

    check_binaries(header, [b"header", b"0", b"1", b"2"])


def test_as_many_frames_as_allowed_are_taken() -> None:
    references = [{"$bin": index} for index in range(LIMITS.max_binaries)]

    check_binaries({"all": references}, [b"header", *[b""] * LIMITS.max_binaries])


@pytest.mark.parametrize("index", [True, 0.0, None, "0", [0], {"$bin": 0}])
def test_a_reference_is_an_integer_and_nothing_like_one(index: Any) -> None:
    with pytest.raises(errors.InvalidRequestError):
        check_binaries({"data": {"$bin": index}}, [b"header", b"0"])


def test_too_large_a_binary_is_refused() -> None:
    largest = bytes(LIMITS.max_binary_bytes)

    check_binaries({"data": {"$bin": 0}}, [b"header", largest])
    with pytest.raises(errors.TooLargeError, match="upload"):
        check_binaries({"data": {"$bin": 0}}, [b"header", largest + b"1"])
