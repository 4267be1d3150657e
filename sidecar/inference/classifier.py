"""Runs a decoder that generates nothing: embeddings in, classes at some of them out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sidecar.inference.kv_state import KeyValues
from sidecar.inference.prefill import Room
from sidecar.inference.session import Floats, Session

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt

    from sidecar.inference.prefill import LayerOptions
    from sidecar.inference.session import Abort


class Classifier:
    """The graph of `sidecar.convert.prefill_graph.write_aligner`, loaded. For one thread.

    Raises:
        LoadFailedError: on construction: the file is missing, damaged or of another version.
    """

    def __init__(self, path: Path, options: LayerOptions) -> None:
        self._options = options
        self._session = Session(path, options.session)
        self._shape = self._session.shape("keys", 1)

    def logits(self, embeds: Floats, marks: Sequence[int], abort: Abort) -> Floats:
        """What the head says at the marks.

        Args:
            embeds: shape (n, width).
            marks: positions in them, ascending, at least one.
            abort: asked every 50 ms; True means stop now.

        Returns:
            Shape (len(marks), classes).

        Raises:
            CancelledError: `abort` returned True.
        """
        n_rows, step = len(embeds), self._options.rows_at_once
        n_layers, _, width = self._shape
        room = Room(n_layers, n_rows, width)
        found: list[Floats] = []
        for at in range(0, n_rows, step):
            end = min(at + step, n_rows)
            here = [mark - at for mark in marks if at <= mark < end]
            inputs: dict[str, npt.NDArray[Any]] = {
                "embeds": embeds[at:end],
                **room.inputs(n_layers, at),
                "marks": np.array(here or [0], np.int64),  # a head has no rows of nothing
            }
            keys, values, logits = self._session.run(inputs, abort)
            room.fill(at, KeyValues(keys, values))
            found.append(logits[: len(here)])
        return np.concatenate(found)
