"""Puts the tensors of a GGUF file into an order in which its mapping can be given up in part.

llama.cpp maps the file, copies the weights that it packs anew for the processor, and unmaps
what lies before the first and behind the last tensor that it uses where it is. So those that
are packed come last: otherwise they would be in memory twice. Its quantiser sorts by layer.

The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, version 3.
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gguf import GGMLQuantizationType as Type

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKED_LAST: Final = (Type.F32, Type.Q6_K, Type.Q8_0, Type.Q5_K, Type.Q4_K, Type.Q4_0)
"""From those that no processor packs to those that most do; others come before all."""
ALIGNMENT: Final = 32

_HEAD: Final = struct.Struct("<4sIQQ")
_STRING, _ARRAY = 8, 9
_VALUE_BYTES: Final = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}


@dataclass(frozen=True, slots=True)
class _Tensor:
    """Where a tensor is described, all but the last 8 bytes, and where it lies."""

    description: bytes
    kind: int
    start: int


def reorder(source: Path, target: Path) -> None:
    """Write the same file with the weights that are packed anew behind all others.

    Args:
        source: what llama.cpp's quantiser has written.
        target: file to write.

    Raises:
        OSError: it cannot be written.
    """
    with source.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        reader = _Reader(data)
        head, tensors = reader.read()
        begin = _aligned(reader.at)
        ends = [*(tensor.start for tensor in tensors[1:]), len(data) - begin]
        placed = sorted(zip(tensors, ends, strict=True), key=lambda pair: _rank(pair[0].kind))
        with target.open("wb") as out:
            out.write(head)
            at = 0
            for tensor, end in placed:
                out.write(tensor.description + struct.pack("<Q", at))
                at += _aligned(end - tensor.start)
            out.write(bytes(begin - reader.at))
            for tensor, end in placed:
                out.write(data[begin + tensor.start : begin + end])
                out.write(bytes(-(end - tensor.start) % ALIGNMENT))


def _rank(kind: int) -> int:
    return PACKED_LAST.index(Type(kind)) if kind in PACKED_LAST else -1


def _aligned(n_bytes: int) -> int:
    return -(-n_bytes // ALIGNMENT) * ALIGNMENT


class _Reader:
    """Walks through what comes before the weights."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self.at = 0

    def read(self) -> tuple[bytes, list[_Tensor]]:
        """Everything before the list of tensors, and the list, in the order of the weights."""
        _, _, n_tensors, n_values = _HEAD.unpack_from(self._data)
        self.at = _HEAD.size
        for _ in range(n_values):
            self._skip_string()
            self._skip_value(self._number(4))
        head = self._data[: self.at]
        return head, list(self._tensors(n_tensors))

    def _tensors(self, n_tensors: int) -> Iterator[_Tensor]:
        for _ in range(n_tensors):
            begin = self.at
            self._skip_string()
            n_axes = self._number(4)
            self.at += 8 * n_axes
            kind = self._number(4)
            description = self._data[begin : self.at]
            yield _Tensor(description, kind, self._number(8))

    def _number(self, n_bytes: int) -> int:
        self.at += n_bytes
        return int.from_bytes(self._data[self.at - n_bytes : self.at], "little")

    def _skip_string(self) -> None:
        n_bytes = self._number(8)
        self.at += n_bytes

    def _skip_value(self, kind: int) -> None:
        if kind == _STRING:
            self._skip_string()
        elif kind == _ARRAY:
            kind = self._number(4)
            for _ in range(self._number(8)):
                self._skip_value(kind)
        else:
            self.at += _VALUE_BYTES[kind]
