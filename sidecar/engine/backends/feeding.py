"""Sound and given text into sequences of the decoder, the fast way where there is one.

llama.cpp multiplies many rows at a third of the speed that 8-bit integers allow. So where the
model has a graph for it, ONNX Runtime computes the keys and values of sound and of text that
nothing is asked after, and llama.cpp is handed them. For that the graph needs those of all
positions before. They are kept for the sequences used last; of any other they are read back
from llama.cpp.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from sidecar.inference.decoder import Run

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from sidecar.engine.base import Abort
    from sidecar.inference.decoder import Decoder
    from sidecar.inference.embeddings import Halves
    from sidecar.inference.prefill import KeyValues, Prefill

    Floats = npt.NDArray[np.float32]

MOST_KEPT: Final = 2  # sequences; 100 MB each for half a minute of sound in Qwen3-0.6B
ROOM: Final = 128  # positions more than are needed at first
LEAST_TOKENS: Final = 6  # fewer are sooner computed by llama.cpp than handed over to it


@dataclass(slots=True)
class _Past:
    """Keys and values of the first `length` positions of a sequence, with room for more."""

    room: KeyValues
    length: int = 0


class Feeding:
    """Appends embeddings and tokens to sequences.

    Args:
        decoder: whose sequences they are.
        prefill: computes keys and values; None where llama.cpp has to.
        table: embeddings of all tokens, shape (tokens, width); None where llama.cpp alone has
            them.
    """

    def __init__(
        self, decoder: Decoder, prefill: Prefill | None, table: Halves | None = None
    ) -> None:
        self._decoder = decoder
        self._prefill = prefill
        self._table = table
        self._pasts: dict[int, _Past] = {}  # the one used last is the last

    def feed(self, sequence: int, embeds: Floats, abort: Abort) -> None:
        """Append embeddings, shape (n, width); where it raises nothing is appended.

        Raises:
            CancelledError: `abort` returned True.
            ContextFullError: there are too few cells.
        """
        if self._prefill is None:
            self._decoder.feed(sequence, embeds, abort)
            return
        start = self._decoder.length(sequence)
        past = self._past(self._prefill, sequence, start + len(embeds))
        self._prefill.extend(past.room, start, embeds, abort)
        end = start + len(embeds)
        # Rounded as llama.cpp keeps them, so that it is all the same where a past came from.
        keys, values = (
            each[:, start:end].astype(self._decoder.kv_dtype)
            for each in (past.room.keys, past.room.values)
        )
        self._decoder.write_kv(sequence, keys, values)
        past.room.keys[:, start:end], past.room.values[:, start:end] = keys, values
        past.length = end

    def is_quicker(self, n_tokens: int) -> bool:
        """Whether so many tokens are appended faster by `tell` than with those that follow."""
        return self._prefill is not None and self._table is not None and n_tokens >= LEAST_TOKENS

    def tell(self, sequence: int, tokens: Sequence[int], abort: Abort) -> None:
        """Append tokens; where it raises nothing is appended.

        Raises:
            CancelledError, ContextFullError: as for `feed`.
        """
        if self._table is not None and self.is_quicker(len(tokens)):
            self.feed(sequence, self._table[[*tokens]].astype(np.float32), abort)
        else:
            self._decoder.advance([Run(sequence, tokens)], abort)

    def _past(self, prefill: Prefill, sequence: int, n_needed: int) -> _Past:
        """What is before the end of a sequence, with room for so many positions in all."""
        length = self._decoder.length(sequence)
        past = self._pasts.pop(sequence, None)
        if past is None or not self._is_of(past, sequence, length):
            past = _Past(prefill.room(n_needed + ROOM))
            if length:
                keys, values = self._decoder.read_kv(sequence, 0, length)
                past.room.keys[:, :length], past.room.values[:, :length] = keys, values
        past.length = length
        if len(past.room) < n_needed:
            past = _Past(_grown(prefill.room(n_needed + ROOM), past.room, length), length)
        self._pasts[sequence] = past
        if len(self._pasts) > MOST_KEPT:
            del self._pasts[next(iter(self._pasts))]
        return past

    def _is_of(self, past: _Past, sequence: int, length: int) -> bool:
        """Whether a past is still that of a sequence, which others may have written to.

        The keys of a position depend on all before it. So if the last ones are the same, all
        are.
        """
        if not 0 < length <= past.length:
            return False
        keys, _ = self._decoder.read_kv(sequence, length - 1, length)
        return np.array_equal(keys[:, 0], past.room.keys[:, length - 1])


def _grown(room: KeyValues, full: KeyValues, length: int) -> KeyValues:
    room.keys[:, :length] = full.keys[:, :length]
    room.values[:, :length] = full.values[:, :length]
    return room
