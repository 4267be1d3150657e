"""The memory of a `llama_batch`: arrays that stay where C was told they are."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sidecar.inference.llama import llama

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Row:
    """One position of one sequence in a batch.

    Attributes:
        sequence: whose it is.
        position: its place there; positions of a sequence follow each other without a gap.
        token: what stands there; 0 where embeddings are given instead.
        wanted: the logits after it are asked for.
    """

    sequence: int
    position: int
    token: int
    wanted: bool


class Batch:
    """At most `capacity` rows, handed to llama.cpp again and again."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._tokens = np.zeros(capacity, np.int32)
        self._positions = np.zeros(capacity, np.int32)
        self._sequences = np.zeros(capacity, np.int32)
        self._n_sequences = np.ones(capacity, np.int32)
        self._wanted = np.zeros(capacity, np.int8)
        # llama.cpp reads a pointer per row, to the list of the sequences that share it.
        each = np.arange(capacity, dtype=np.uint64) * self._sequences.itemsize
        self._sequence_lists = each + np.uint64(self._sequences.ctypes.data)

    def filled(self, rows: Sequence[Row], embeds: npt.NDArray[np.float32] | None = None) -> Any:  # noqa: ANN401
        """The batch of these rows, until it is filled again.

        Args:
            rows: no more than `capacity`.
            embeds: float32, C-contiguous, shape (len(rows), width), instead of tokens. The
                caller keeps it alive until the batch is decoded.
        """
        n_rows = len(rows)
        self._positions[:n_rows] = [row.position for row in rows]
        self._sequences[:n_rows] = [row.sequence for row in rows]
        self._wanted[:n_rows] = [row.wanted for row in rows]
        batch = llama().llama_batch()
        batch.n_tokens = n_rows
        if embeds is None:
            self._tokens[:n_rows] = [row.token for row in rows]
            batch.token = _pointer(self._tokens, ctypes.c_int32)
        else:
            batch.embd = _pointer(embeds, ctypes.c_float)
        batch.pos = _pointer(self._positions, ctypes.c_int32)
        batch.n_seq_id = _pointer(self._n_sequences, ctypes.c_int32)
        batch.seq_id = _pointer(self._sequence_lists, ctypes.POINTER(ctypes.c_int32))
        batch.logits = _pointer(self._wanted, ctypes.c_int8)
        return batch


def pieces(rows: Sequence[Row], n_rows: int, n_wanted: int) -> Iterator[slice]:
    """Cut rows so that no piece has more rows or wanted logits than llama.cpp takes at once.

    It ends the process when it gets more.
    """
    start = wanted = 0
    for at, row in enumerate(rows):
        if at - start == n_rows or (row.wanted and wanted == n_wanted):
            yield slice(start, at)
            start, wanted = at, 0
        wanted += row.wanted
    if rows:
        yield slice(start, len(rows))


def _pointer(array: npt.NDArray[Any], kind: Any) -> Any:  # noqa: ANN401
    return array.ctypes.data_as(ctypes.POINTER(kind))
