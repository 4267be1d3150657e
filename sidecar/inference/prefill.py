"""Runs the decoder's layers over embeddings, for the keys and values that llama.cpp keeps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sidecar.inference.kv_state import KeyValues
from sidecar.inference.session import Floats, Session, SessionOptions

if TYPE_CHECKING:
    from pathlib import Path

    from sidecar.inference.session import Abort


class Room:
    """Memory for the keys and values of a sequence, float32, filled from its beginning.

    Each layer's lie together, behind a row of zeros that the graph passes over: what it takes
    as the past is the beginning of an array, and never copied.

    Args:
        n_layers, n_positions, width: its size.
    """

    def __init__(self, n_layers: int, n_positions: int, width: int) -> None:
        self._keys, self._values = (
            np.zeros((n_layers, 1 + n_positions, width), np.float32) for _ in range(2)
        )

    def __len__(self) -> int:
        """How many positions it has room for."""
        return self._keys.shape[1] - 1

    def of(self, start: int, end: int) -> KeyValues:
        """What it has of some positions, each of shape (layers, end - start, width); no copy."""
        places = slice(1 + start, 1 + end)
        return KeyValues(self._keys[:, places], self._values[:, places])

    def fill(self, start: int, new: KeyValues) -> None:
        """Copy keys and values in, both of shape (layers, n, width)."""
        end = start + new.keys.shape[1]
        here = self.of(start, end)
        here.keys[:], here.values[:] = new.keys, new.values

    def inputs(self, n_layers: int, n_past: int) -> dict[str, Floats]:
        """The first positions of the first layers, as a graph takes them."""
        kept = (("past_keys", self._keys), ("past_values", self._values))
        return {
            f"{name}_{i}": layers[i, : 1 + n_past] for name, layers in kept for i in range(n_layers)
        }


@dataclass(frozen=True, slots=True)
class LayerOptions:
    """How embeddings pass through a decoder's layers.

    Attributes:
        session: threads; a graph of integers is one for CPUs.
        rows_at_once: how many pass through all layers together. More are slower, since scores
            of what comes after a row are computed in vain.
    """

    session: SessionOptions = field(default_factory=SessionOptions)
    rows_at_once: int = 192


class Prefill:
    """The graph of `sidecar.convert.prefill_graph`, loaded. Called from one thread.

    Raises:
        LoadFailedError: on construction: the file is missing, damaged or of another version.
    """

    def __init__(self, path: Path, options: LayerOptions) -> None:
        self._options = options
        self._session = Session(path, options.session)
        self._n_layers, _, self._width = self._session.shape("kept_keys", 1)

    def room(self, n_positions: int) -> Room:
        """Memory for so many positions, to be filled by `extend`."""
        return Room(self._n_layers, n_positions, self._width)

    def extend(self, room: Room, n_past: int, embeds: Floats, abort: Abort) -> KeyValues:
        """Compute keys and values behind those that are there.

        Args:
            room: its first `n_past` positions are filled, and behind them is space for the new.
            n_past: how many positions were there before, from 0.
            embeds: shape (n, width), at least one.
            abort: asked every 50 ms; True means stop now.

        Returns:
            Those of the new positions as llama.cpp keeps them: float16, values transposed. In the
            room are the same numbers.

        Raises:
            CancelledError: `abort` returned True. What was there before is untouched.
        """
        n_all = n_past + len(embeds)
        kept = []
        for at in range(n_past, n_all, self._options.rows_at_once):
            rows = embeds[at - n_past :][: self._options.rows_at_once]
            keys, values, *new = self._session.run(
                {"embeds": rows, **room.inputs(self._n_layers - 1, at)}, abort
            )
            room.fill(at, KeyValues(keys, values))
            kept.append(KeyValues(*new))
        return _joined(kept)


def _joined(parts: list[KeyValues]) -> KeyValues:
    """As llama.cpp has them."""
    if len(parts) == 1:
        return parts[0]
    keys, values = [part.keys for part in parts], [part.values for part in parts]
    return KeyValues(np.concatenate(keys, axis=1), np.concatenate(values, axis=2))
