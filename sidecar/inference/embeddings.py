"""A model's table of token embeddings, in a file: a text needs few of its rows.

They are read one by one rather than mapped: with each row of a mapped file the system maps
its neighbours, and in the end has all 300 MB of it in memory.
"""

from __future__ import annotations

import os
import weakref
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from sidecar.errors import LoadFailedError, ModelCorruptError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import numpy.typing as npt

    Floats: TypeAlias = npt.NDArray[np.float32]

_FLAGS: Final = os.O_RDONLY | getattr(os, "O_BINARY", 0)  # which is Windows' own
_HALF: Final = np.dtype("<f2")


class Table:
    """The table of a file, float16, shape (rows, width). One thread at a time.

    Args:
        path: of a `.npy` file.
        width: of an embedding.
        n_rows: that it has at least, one for each token.

    Raises:
        LoadFailedError: there is no file.
        ModelCorruptError: it holds something else.
    """

    def __init__(self, path: Path, width: int, n_rows: int) -> None:
        try:
            table = np.load(path, mmap_mode="r")
        except FileNotFoundError as error:
            raise LoadFailedError(
                "The model's table of embeddings is missing; install it again.", detail=path.name
            ) from error
        except (OSError, ValueError, EOFError) as error:
            raise _damaged(path) from error
        if table.ndim != 2 or table.shape[1] != width or table.dtype != _HALF:
            raise _damaged(path)
        if len(table) < n_rows:
            raise _damaged(path)
        self._path = path
        self._offset_bytes, self._row_bytes = table.offset, width * _HALF.itemsize
        self._file = os.open(path, _FLAGS)
        weakref.finalize(self, os.close, self._file)

    def rows(self, tokens: Iterable[int]) -> Floats:
        """Embeddings of tokens, shape (n, width).

        Raises:
            ModelCorruptError: the file has become shorter.
        """
        found = b"".join(self._row(token) for token in tokens)
        halves = np.frombuffer(found, _HALF).reshape(-1, self._row_bytes // _HALF.itemsize)
        return halves.astype(np.float32)

    def _row(self, token: int) -> bytes:
        os.lseek(self._file, self._offset_bytes + token * self._row_bytes, os.SEEK_SET)
        row = os.read(self._file, self._row_bytes)
        if len(row) < self._row_bytes:
            raise _damaged(self._path)
        return row


def _damaged(path: Path) -> ModelCorruptError:
    return ModelCorruptError(
        "The model's table of embeddings is damaged; install the model again.", detail=path.name
    )
