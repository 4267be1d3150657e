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

from sidecar.engine.backends.windows import Window
from sidecar.inference.decoder import Run

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from sidecar.engine.backends.sequences import Part
    from sidecar.engine.base import Abort
    from sidecar.inference.decoder import Decoder
    from sidecar.inference.embeddings import Table
    from sidecar.inference.prefill import Prefill, Room

    Floats = npt.NDArray[np.float32]

MOST_KEPT: Final = 2  # sequences; 100 MB each for half a minute of sound in Qwen3-0.6B
ROOM: Final = 128  # positions more than are needed at first


@dataclass(frozen=True, slots=True)
class Graph:
    """What computes keys and values faster than llama.cpp.

    Attributes:
        prefill: the decoder's layers.
        table: embeddings of all tokens.
    """

    prefill: Prefill
    table: Table


@dataclass(slots=True)
class _Past:
    """Keys and values of the first `length` positions of a sequence, with room for more."""

    room: Room
    length: int = 0


class Feeding:
    """Appends embeddings and tokens to sequences.

    Args:
        decoder: whose sequences they are.
        graph: None where llama.cpp does all the work.
    """

    def __init__(self, decoder: Decoder, graph: Graph | None = None) -> None:
        self._decoder = decoder
        self._graph = graph
        self._pasts: dict[int, _Past] = {}  # the one used last is the last

    @property
    def is_fast(self) -> bool:
        """Whether text that nothing is asked after is best appended together with sound."""
        return self._graph is not None

    def append(self, sequence: int, parts: Sequence[Part], abort: Abort) -> None:
        """Append tokens and sound, all of it at once; where it raises nothing is appended.

        Raises:
            CancelledError: `abort` returned True.
            ContextFullError: there are too few cells.
        """
        if self._graph is not None:
            embeds = np.concatenate([_embeds(part, self._graph.table) for part in parts])
            self._hand_over(self._graph.prefill, sequence, embeds, abort)
            return
        start = self._decoder.length(sequence)
        try:
            for part in parts:
                self._say(sequence, part, abort)
        except BaseException:
            self._decoder.rewind(sequence, start)
            raise

    def _say(self, sequence: int, part: Part, abort: Abort) -> None:
        """Have llama.cpp compute it."""
        if isinstance(part, Window):
            self._decoder.feed(sequence, part.embeds, abort)
        else:
            self._decoder.advance([Run(sequence, part)], abort)

    def _hand_over(self, prefill: Prefill, sequence: int, embeds: Floats, abort: Abort) -> None:
        """Compute it here, and let llama.cpp have the result."""
        start = self._decoder.length(sequence)
        past = self._past(prefill, sequence, start + len(embeds))
        kept = prefill.extend(past.room, start, embeds, abort)
        self._decoder.write_kv(sequence, kept)
        past.length = start + len(embeds)

    def _past(self, prefill: Prefill, sequence: int, n_needed: int) -> _Past:
        """What is before the end of a sequence, with room for so many positions in all."""
        length = self._decoder.length(sequence)
        past = self._pasts.pop(sequence, None)
        if past is None or not self._is_of(past, sequence, length):
            past = _Past(prefill.room(n_needed + ROOM))
            if length:
                past.room.fill(0, self._decoder.read_kv(sequence, 0, length))
        elif len(past.room) < n_needed:
            room = prefill.room(n_needed + ROOM)
            room.fill(0, past.room.of(0, length))
            past = _Past(room)
        past.length = length
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
        found = self._decoder.read_kv(sequence, length - 1, length)
        return np.array_equal(found.keys, past.room.of(length - 1, length).keys)


def _embeds(part: Part, table: Table) -> Floats:
    """Shape (n, width)."""
    return part.embeds if isinstance(part, Window) else table.rows(part)
