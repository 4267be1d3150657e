"""A model's table of token embeddings, mapped: a text needs few of its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from sidecar.errors import LoadFailedError, ModelCorruptError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    Halves: TypeAlias = npt.NDArray[np.float16]


def read_table(path: Path, width: int, n_rows: int) -> Halves:
    """The table of a file, float16, shape (rows, width), with at least `n_rows` rows.

    Raises:
        LoadFailedError: there is no file.
        ModelCorruptError: it holds something else.
    """
    try:
        table: Halves = np.load(path, mmap_mode="r")
    except FileNotFoundError as error:
        raise LoadFailedError(
            "The model's table of embeddings is missing; install it again.", detail=path.name
        ) from error
    except (OSError, ValueError, EOFError) as error:
        raise _damaged(path) from error
    if table.ndim != 2 or table.shape[1] != width or table.dtype != np.float16:
        raise _damaged(path)
    if len(table) < n_rows:
        raise _damaged(path)
    return table


def _damaged(path: Path) -> ModelCorruptError:
    return ModelCorruptError(
        "The model's table of embeddings is damaged; install the model again.", detail=path.name
    )
