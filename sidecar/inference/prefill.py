"""Runs the decoder's layers over embeddings, for the keys and values that llama.cpp keeps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sidecar.inference.session import Floats, Session, SessionOptions

if TYPE_CHECKING:
    from pathlib import Path

    from sidecar.inference.session import Abort


@dataclass(frozen=True, slots=True, eq=False)
class KeyValues:
    """What a decoder keeps of some positions in a row.

    Attributes:
        keys: after RoPE, shape (layers, positions, kv_heads * head_dim), float32.
        values: of the same shape.

    Both may lie in memory in any order. What `Prefill.run` gives lies by position, and is taken
    by it without a copy.
    """

    keys: Floats
    values: Floats

    def __len__(self) -> int:
        """How many positions."""
        return int(self.keys.shape[1])

    def first(self, n_positions: int) -> KeyValues:
        """Of the first positions, without a copy."""
        return KeyValues(self.keys[:, :n_positions], self.values[:, :n_positions])


@dataclass(frozen=True, slots=True)
class LayerOptions:
    """How embeddings pass through a decoder's layers.

    Attributes:
        session: threads; a graph of integers is one for CPUs.
        rows_at_once: how many pass through all layers together. More are slower, since scores
            of what comes after a row are computed in vain.
    """

    session: SessionOptions = field(default_factory=SessionOptions)
    rows_at_once: int = 128


class Prefill:
    """The graph of `sidecar.convert.prefill_graph`, loaded. Called from one thread.

    Raises:
        LoadFailedError: on construction: the file is missing or damaged.
    """

    def __init__(self, path: Path, options: LayerOptions) -> None:
        self._options = options
        self._session = Session(path, options.session)

    def nothing(self) -> KeyValues:
        """The past of a first position."""
        n_layers, width = self._session.row_shape
        empty = np.empty((n_layers, 0, width), np.float32)
        return KeyValues(empty, empty)

    def run(self, embeds: Floats, past: KeyValues, abort: Abort) -> KeyValues:
        """Keys and values of embeddings that follow some past.

        Args:
            embeds: shape (n, width).
            past: of all positions before, from 0.
            abort: asked every 50 ms; True means stop now.

        Returns:
            Of the new positions alone.

        Raises:
            CancelledError: `abort` returned True.
        """
        room = self.room(len(past) + len(embeds))
        room.keys[:, : len(past)] = past.keys
        room.values[:, : len(past)] = past.values
        self.extend(room, len(past), embeds, abort)
        return KeyValues(room.keys[:, len(past) :], room.values[:, len(past) :])

    def room(self, n_positions: int) -> KeyValues:
        """Memory for so many positions, to be filled by `extend` a few at a time."""
        shape = (n_positions, *self._session.row_shape)
        keys, values = (np.empty(shape, np.float32).swapaxes(0, 1) for _ in range(2))
        return KeyValues(keys, values)

    def extend(self, room: KeyValues, n_past: int, embeds: Floats, abort: Abort) -> None:
        """Compute keys and values behind those that are there, which are not copied.

        Args:
            room: what `room` gave, with its first `n_past` positions filled, and space for
                the new ones behind them.
            n_past: how many positions were there before, from 0.
            embeds: shape (n, width).
            abort: asked every 50 ms; True means stop now.

        Raises:
            CancelledError: `abort` returned True. What was there before is untouched.
        """
        keys, values = room.keys.swapaxes(0, 1), room.values.swapaxes(0, 1)
        n_all = n_past + len(embeds)
        for at in range(n_past, n_all, self._options.rows_at_once):
            end = min(at + self._options.rows_at_once, n_all)
            rows = embeds[at - n_past : end - n_past]
            inputs = {"embeds": rows, "past_keys": keys[:at], "past_values": values[:at]}
            keys[at:end], values[at:end] = self._session.run(inputs, abort)
