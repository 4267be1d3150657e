"""A language model in llama.cpp: several sequences, of tokens and embeddings, kept and rewound.

What the low-level interface of llama.cpp punishes with wrong results or the end of the
process is checked or done here: batches are cut to size, positions follow each other, widths
fit, arrays outlive the call, logits are copied, and a call that fails leaves every sequence
as long as it was.

One thread at a time may use a decoder.
"""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from sidecar.errors import CancelledError, EngineError
from sidecar.inference.batch import Batch, Row, pieces
from sidecar.inference.context import Context, DecoderOptions
from sidecar.inference.embeddings import Table
from sidecar.inference.head import sharpen
from sidecar.inference.kv_state import TYPES, KeyValues, KvFormat, KvFormatError
from sidecar.inference.llama import llama
from sidecar.inference.vocabulary import Vocabulary

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

Abort: TypeAlias = Callable[[], bool]
Floats: TypeAlias = "npt.NDArray[np.float32]"

_log = logging.getLogger(__name__)

_FULL, _ABORTED = 1, 2  # what llama_decode answers with
_LONG_ROWS: Final = 16  # from so many on a batch may take 200 ms, and is interrupted inside
_NODES_PER_QUESTION: Final = 64  # of some 40 in each layer


class ContextFullError(Exception):
    """There are not enough cells left for these rows. Other sequences may give theirs up."""


@dataclass(frozen=True, slots=True)
class Run:
    """Tokens to append to a sequence.

    Attributes:
        sequence: its number.
        tokens: at least one.
        wanted: after which of them logits are asked for, by place, ascending.
    """

    sequence: int
    tokens: Sequence[int]
    wanted: Sequence[int] = ()


class Decoder:
    """A model and the keys and values of its sequences.

    Args:
        path: a GGUF file of an architecture with one position a row, such as `qwen3`.
        options: see there.
        table: file of its embeddings in half precision, if the highest logits are computed from
            it, as the output layer of `path` is a rough one.

    Attributes:
        vocabulary: its tokenizer.
        width: of an embedding.
        n_layers: transformer layers.

    Raises:
        ModelCorruptError: a file is damaged, or not of a model that llama.cpp can run.
        LoadFailedError: there is no file, no llama.cpp, or the model is of a kind that needs
            other positions.
        OutOfMemoryError: no room for the cells.
    """

    def __init__(self, path: Path, options: DecoderOptions, table: Path | None = None) -> None:
        self._options = options
        self._context = Context(path, options)
        lib, model = llama(), self._context.model
        self.width: int = lib.llama_model_n_embd_inp(model)
        self.n_layers: int = lib.llama_model_n_layer(model)
        try:
            self.vocabulary = Vocabulary(model)
            n_tokens = self.vocabulary.n_tokens
            self._table = None if table is None else Table(table, self.width, n_tokens)
        except BaseException:
            self._context.close()
            raise
        self._batch = Batch(options.n_batch)
        self._lengths = [0] * (options.n_sequences + 1)
        self._scratch = options.n_sequences  # a sequence of our own, for handing over
        self._abort: Abort = _never
        self._n_nodes = 0
        self._interrupt = lib.ggml_abort_callback(self._on_node)
        self._no_interrupt = lib.ggml_abort_callback(0)
        self._kv = KvFormat(options.kv, transposed=not options.flash_attention)

    @property
    def n_cells(self) -> int:
        """How many positions all sequences together can have."""
        return self._context.most_cells

    def length(self, sequence: int) -> int:
        """How many positions a sequence has."""
        return self._lengths[sequence]

    def advance(self, runs: Sequence[Run], abort: Abort) -> list[Floats]:
        """Append tokens to sequences, each of which may occur once.

        Args:
            runs: computed together, which costs little more than one of them while they are
                short.
            abort: asked while it lasts.

        Returns:
            For each run the float32 logits that it wants, shape (len(wanted), tokens in the
            vocabulary). They are copies.

        Raises:
            CancelledError: `abort` returned True.
            ContextFullError: too few cells.
            In either case all sequences are as they were.
        """
        rows = [row for run in runs for row in self._rows_of(run)]
        logits = self._decode(rows, None, abort)
        ends = np.cumsum([len(run.wanted) for run in runs])
        return np.split(logits, ends[:-1])

    def feed(
        self, sequence: int, embeds: Floats, abort: Abort, *, wanted: Sequence[int] = ()
    ) -> Floats:
        """Append embeddings to a sequence.

        Args:
            sequence: its number.
            embeds: shape (n, width); any float type.
            abort: asked while it lasts.
            wanted: which of them logits are asked for, ascending.

        Returns:
            float32 logits, shape (len(wanted), tokens in the vocabulary).

        Raises:
            ValueError: they are of another width.
            CancelledError, ContextFullError: as for `advance`.
        """
        if embeds.ndim != 2 or embeds.shape[1] != self.width:
            raise ValueError(f"embeddings of shape {embeds.shape}, not (n, {self.width})")
        start, asked = self._lengths[sequence], set(wanted)
        rows = [Row(sequence, start + i, 0, i in asked) for i in range(len(embeds))]
        return self._decode(rows, np.ascontiguousarray(embeds, np.float32), abort)

    def rewind(self, sequence: int, length: int) -> None:
        """Forget what a sequence has beyond its first `length` positions."""
        if length > self._lengths[sequence]:
            raise ValueError(f"sequence {sequence} has no {length} positions")
        llama().llama_memory_seq_rm(self._context.memory, sequence, length, -1)
        self._lengths[sequence] = length

    def share(self, source: int, target: int, length: int) -> None:
        """Make a sequence begin as another one does; costs no cells.

        Args:
            source: has `length` positions at least.
            target: what it had before is forgotten.
            length: how many positions they share.
        """
        if length > self._lengths[source]:
            raise ValueError(f"sequence {source} has no {length} positions")
        self.rewind(target, 0)
        if length:
            llama().llama_memory_seq_cp(self._context.memory, source, target, 0, length)
        self._lengths[target] = length

    def set_threads(self, n_threads: int, n_batch_threads: int) -> None:
        """Use so many threads from now on; see `DecoderOptions`."""
        self._context.set_threads(n_threads, n_batch_threads)

    def write_kv(self, sequence: int, new: KeyValues) -> None:
        """Append positions whose keys and values were computed elsewhere.

        Args:
            sequence: its number.
            new: keys after RoPE at these positions, shape (layers, n, key-value width), and
                values (layers, key-value width, n); of any float type, and fastest of the one
                that llama.cpp keeps.

        Raises:
            ContextFullError: too few cells, or llama.cpp did not take them.
        """
        start, n_new = self._lengths[sequence], new.keys.shape[1]
        state = self._kv.pack(start, new)
        source = (ctypes.c_uint8 * len(state)).from_buffer(state)
        lib, context = llama(), self._context.handle
        taken = lib.llama_state_seq_set_data(context, source, len(state), self._scratch)
        if taken != len(state):
            lib.llama_memory_seq_rm(self._context.memory, self._scratch, 0, -1)
            if not self._context.grow():
                raise ContextFullError
            self.write_kv(sequence, new)
            return
        # llama.cpp replaces a sequence as a whole; so the new cells come by way of another one.
        lib.llama_memory_seq_cp(self._context.memory, self._scratch, sequence, start, start + n_new)
        lib.llama_memory_seq_rm(self._context.memory, self._scratch, 0, -1)
        self._lengths[sequence] = start + n_new

    def read_kv(self, sequence: int, start: int, end: int) -> KeyValues:
        """Of some positions, float32, both of shape (layers, end - start, width).

        Raises:
            KvFormatError: llama.cpp writes them in a way that we do not know.
        """
        lib, context = llama(), self._context.handle
        lib.llama_memory_seq_cp(self._context.memory, sequence, self._scratch, start, end)
        try:
            state = bytearray(lib.llama_state_seq_get_size(context, self._scratch))
            target = (ctypes.c_uint8 * len(state)).from_buffer(state)
            n_got = lib.llama_state_seq_get_data(context, target, len(state), self._scratch)
        finally:
            lib.llama_memory_seq_rm(self._context.memory, self._scratch, 0, -1)
        return self._kv.unpack(memoryview(state)[:n_got], range(start, end), self.n_layers)

    def hands_over(self, width: int) -> bool:
        """Whether keys and values of that width can be written here, and come back.

        Tried on a few cells; forgets sequence 0.
        """
        if self._options.kv not in TYPES:
            return False
        numbers = np.arange(self.n_layers * 3 * width, dtype=np.float32) % 1009  # exact in halves
        keys, values = numbers.reshape(-1, 3, width), -numbers.reshape(-1, width, 3)
        try:
            self.rewind(0, 0)
            for some in (slice(0, 1), slice(1, 3)):
                self.write_kv(0, KeyValues(keys[:, some], values[:, :, some]))
            kept = self.read_kv(0, 1, 3)
        except (KvFormatError, ContextFullError) as error:
            _log.warning("keys and values cannot be handed over: %s", error)
            return False
        finally:
            self.rewind(0, 0)
        same_keys = np.array_equal(kept.keys, keys[:, 1:])
        return same_keys and np.array_equal(kept.values.swapaxes(1, 2), values[:, :, 1:])

    def close(self) -> None:
        """Free everything. The decoder is of no use afterwards."""
        self._context.close()

    def _rows_of(self, run: Run) -> list[Row]:
        start, asked = self._lengths[run.sequence], set(run.wanted)
        return [
            Row(run.sequence, start + i, token, i in asked) for i, token in enumerate(run.tokens)
        ]

    def _decode(self, rows: Sequence[Row], embeds: Floats | None, abort: Abort) -> Floats:
        """Decode rows in order; all of them, or none."""
        before = {row.sequence: self._lengths[row.sequence] for row in rows}
        found: list[Floats] = []
        try:
            for part in pieces(rows, self._most_rows(rows), self._options.n_outputs):
                found += self._decode_part(
                    rows[part], None if embeds is None else embeds[part], abort
                )
        except BaseException:
            for sequence, length in before.items():
                llama().llama_memory_seq_rm(self._context.memory, sequence, length, -1)
                self._lengths[sequence] = length
            raise
        return np.stack(found) if found else np.empty((0, self.vocabulary.n_tokens), np.float32)

    def _most_rows(self, rows: Sequence[Row]) -> int:
        """At once. llama.cpp tells what comes out of the layers of all rows of a batch, or none."""
        if self._table is not None and any(row.wanted for row in rows):
            return min(self._options.n_batch, self._options.n_outputs)
        return self._options.n_batch

    def _decode_part(
        self, rows: Sequence[Row], embeds: Floats | None, abort: Abort
    ) -> list[Floats]:
        if abort():
            raise CancelledError("The pass was aborted.")
        answer = _FULL
        while answer == _FULL:
            self._watch(abort, len(rows))
            if self._table is not None:
                wanted = any(row.wanted for row in rows)
                llama().llama_set_embeddings(self._context.handle, wanted)
            batch = self._batch.filled(rows, embeds)
            answer = llama().llama_decode(self._context.handle, batch)
            if answer == _FULL and not self._context.grow():
                raise ContextFullError
        if answer == _ABORTED:
            raise CancelledError("The pass was aborted.")
        if answer != 0:
            raise EngineError(f"llama.cpp refused a batch ({answer}).")
        for row in rows:
            self._lengths[row.sequence] = row.position + 1
        return [self._logits(i) for i, row in enumerate(rows) if row.wanted]

    def _logits(self, index: int) -> Floats:
        """A copy: the next batch writes over them."""
        lib, context = llama(), self._context.handle
        found = lib.llama_get_logits_ith(context, index)
        logits = np.ctypeslib.as_array(found, shape=(self.vocabulary.n_tokens,)).copy()
        if self._table is not None:
            hidden = lib.llama_get_embeddings_ith(context, index)
            sharpen(logits, np.ctypeslib.as_array(hidden, shape=(self.width,)), self._table)
        return logits

    def _watch(self, abort: Abort, n_rows: int) -> None:
        """Have the next batch interrupted, if it may take long: it costs 1 ms."""
        self._abort, self._n_nodes = abort, 0
        callback = self._interrupt if n_rows >= _LONG_ROWS else self._no_interrupt
        llama().llama_set_abort_callback(self._context.handle, callback, None)

    def _on_node(self, _data: object) -> bool:
        """Called by llama.cpp before each node of its graph."""
        self._n_nodes += 1
        return self._n_nodes % _NODES_PER_QUESTION == 0 and self._abort()


def _never() -> bool:
    return False
