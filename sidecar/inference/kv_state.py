"""The bytes in which llama.cpp hands over the keys and values of a sequence.

`llama_state_seq_get_data` of a unified cache writes, little-endian (llama-kv-cache.cpp,
`state_write`):

    u32 magic | i32 sequence | u32 streams = 1
    u32 cells | cells x (i32 position, u32 1, i32 sequence)
    u32 are values transposed | u32 layers
    layers x (i32 type, u64 bytes of a row, cells x row)                        the keys
    layers x the same, or if transposed (i32 type, u32 bytes of an element,
             u32 width, width x cells x element)                               the values

It is no public format. `Decoder.hands_over` tries it, and whoever computes keys and values
elsewhere does without where it has changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

Floats: TypeAlias = "npt.NDArray[np.float32]"

TYPES: Final[dict[str, int]] = {"f32": 0, "f16": 1}  # ggml_type
_DTYPES: Final[dict[int, np.dtype[Any]]] = {0: np.dtype("<f4"), 1: np.dtype("<f2")}
_MAGIC: Final = 0xAF143CD8
_CELL: Final = np.dtype([("position", "<i4"), ("n_sequences", "<u4"), ("sequence", "<i4")])
_ROWS: Final = np.dtype([("type", "<i4"), ("row_bytes", "<u8")])
_COLUMNS: Final = np.dtype([("type", "<i4"), ("element_bytes", "<u4"), ("width", "<u4")])


class KvFormatError(ValueError):
    """The bytes are not what this module knows."""


@dataclass(frozen=True, slots=True, eq=False)
class KeyValues:
    """What a decoder keeps of some positions in a row.

    Attributes:
        keys: after RoPE, shape (layers, positions, kv_heads * head_dim).
        values: of the same shape, or as llama.cpp has them: (layers, kv_heads * head_dim,
            positions).
    """

    keys: npt.NDArray[Any]
    values: npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class KvFormat:
    """How a context keeps keys and values.

    Attributes:
        kind: "f32" or "f16".
        transposed: values lie by element, not by position: so without flash attention.
    """

    kind: str
    transposed: bool

    def pack(self, start: int, new: KeyValues) -> bytearray:
        """The state of a sequence that has only the positions from `start`.

        Args:
            start: position of the first key.
            new: of any float type; values as llama.cpp has them.
        """
        n_layers, n_cells, width = new.keys.shape
        head = np.array([_MAGIC, 0, 1, n_cells], "<u4").tobytes() + _cells(start, n_cells).tobytes()
        head += np.array([self.transposed, n_layers], "<u4").tobytes()
        rows, columns = self._headers(width)
        part_bytes = n_cells * width * self.dtype.itemsize
        state = bytearray(
            len(head) + n_layers * (len(rows) + len(columns)) + 2 * n_layers * part_bytes
        )
        state[: len(head)] = head
        at = len(head)
        values = new.values if self.transposed else new.values.swapaxes(1, 2)
        for header, layers in ((rows, new.keys), (columns, values)):
            for layer in layers:
                state[at : at + len(header)] = header
                at += len(header)
                part = np.frombuffer(state, self.dtype, n_cells * width, at)
                part.reshape(layer.shape)[:] = layer
                at += part_bytes
        return state

    @property
    def dtype(self) -> np.dtype[Any]:
        """In which keys and values are kept."""
        return _DTYPES[TYPES[self.kind]]

    def _headers(self, width: int) -> tuple[bytes, bytes]:
        """What stands before the keys, and before the values, of a layer."""
        kind, size = TYPES[self.kind], self.dtype.itemsize
        rows = np.array((kind, width * size), _ROWS).tobytes()
        columns = np.array((kind, size, width), _COLUMNS).tobytes()
        return rows, columns if self.transposed else rows

    def unpack(
        self, state: bytes | memoryview, positions: Sequence[int], n_layers: int
    ) -> KeyValues:
        """Keys and values of a state, float32, both of shape (layers, positions, width).

        Args:
            state: of a sequence.
            positions: that it must have, in this order.
            n_layers: that it must have.

        Raises:
            KvFormatError: it is of another format.
        """
        reader = _Reader(state)
        magic, _, n_streams, n_cells = (int(value) for value in reader.take("<u4", 4))
        cells = reader.take(_CELL, n_cells)
        transposed, layers = (int(value) for value in reader.take("<u4", 2))
        if (magic, n_streams) != (_MAGIC, 1) or (transposed, layers) != (self.transposed, n_layers):
            raise KvFormatError(f"{n_streams} streams, transposed {transposed}, {layers} layers")
        if [*cells["position"]] != [*positions] or (cells["n_sequences"] != 1).any():
            raise KvFormatError("cells of other positions")
        keys = _stacked(self._rows(reader, n_cells) for _ in range(n_layers))
        read = self._columns if self.transposed else self._rows
        values = _stacked(read(reader, n_cells) for _ in range(n_layers))
        reader.end()
        return KeyValues(keys, values)

    def _rows(self, reader: _Reader, n_cells: int) -> npt.NDArray[Any]:
        head = reader.take(_ROWS, 1)[0]
        dtype = self._checked(int(head["type"]))
        width = int(head["row_bytes"]) // dtype.itemsize
        return reader.take(dtype, n_cells * width).reshape(n_cells, width)

    def _columns(self, reader: _Reader, n_cells: int) -> npt.NDArray[Any]:
        head = reader.take(_COLUMNS, 1)[0]
        width = int(head["width"])
        return reader.take(self._checked(int(head["type"])), n_cells * width).reshape(width, -1).T

    def _checked(self, kind: int) -> np.dtype[Any]:
        if kind != TYPES[self.kind]:
            raise KvFormatError(f"type {kind} instead of {self.kind}")
        return _DTYPES[kind]


def _stacked(layers: Iterable[npt.NDArray[Any]]) -> Floats:
    """As float32, each element moved once."""
    views = [*layers]
    found = np.empty((len(views), *views[0].shape), np.float32)
    for row, view in zip(found, views, strict=True):
        row[:] = view
    return found


def _cells(start: int, n_cells: int) -> npt.NDArray[Any]:
    cells = np.zeros(n_cells, _CELL)
    cells["position"] = np.arange(start, start + n_cells)
    cells["n_sequences"] = 1
    return cells


class _Reader:
    """Takes arrays off the front of some bytes."""

    def __init__(self, data: bytes | memoryview) -> None:
        self._data = data
        self._at = 0

    def take(self, dtype: npt.DTypeLike, count: int) -> npt.NDArray[Any]:
        n_bytes = np.dtype(dtype).itemsize * count
        if self._at + n_bytes > len(self._data):
            raise KvFormatError("the state ends too early")
        found = np.frombuffer(self._data, dtype, count, self._at)
        self._at += n_bytes
        return found

    def end(self) -> None:
        if self._at != len(self._data):
            raise KvFormatError(f"{len(self._data) - self._at} bytes too many")
