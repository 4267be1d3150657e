"""A model in llama.cpp and its cells, which become more when they do not suffice."""

from __future__ import annotations

import ctypes
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from sidecar.errors import LoadFailedError, ModelCorruptError, OutOfMemoryError
from sidecar.inference.kv_state import TYPES
from sidecar.inference.llama import llama

if TYPE_CHECKING:
    from pathlib import Path

_log = logging.getLogger(__name__)

# For half a minute of one speaker. The values of a position lie as far apart as there are cells,
# and a step that reads 450 positions in 512 cells takes a tenth less time than in 2,048.
_FIRST_CELLS: Final = 512
_CELLS_ROUNDED: Final = 256  # llama.cpp has a multiple of it


@dataclass(frozen=True, slots=True)
class DecoderOptions:
    """How a model is run.

    Attributes:
        n_cells: positions that all sequences together can have; 112 KiB each in Qwen3-0.6B.
            There are few at first, and twice as many whenever they do not suffice.
        n_sequences: how many there are, numbered from 0.
        n_batch: rows computed at once; longer inputs are cut. The more, the more memory.
        n_outputs: of these rows those that may want logits.
        n_threads: of single steps, which are bound by the memory's speed.
        n_batch_threads: of long batches, which are bound by arithmetic.
        kv: type of keys and values. "q8_0" takes half the memory of "f16", and nothing can be
            handed over in it.
        flash_attention: 3 to 5 % faster, and needed for "q8_0". On a CPU its logits depend on
            how rows are batched, by up to 0.5 %, so that a draft may change the result.
        n_gpu_layers: computed by a GPU, where llama.cpp was built for one.
    """

    n_cells: int = 2048
    n_sequences: int = 8
    n_batch: int = 128
    n_outputs: int = 64
    n_threads: int = 2
    n_batch_threads: int = 2
    kv: Literal["f16", "f32", "q8_0"] = "f16"
    flash_attention: bool = False
    n_gpu_layers: int = 0


class Context:
    """What llama.cpp has of a decoder: the model, and a context with the cells of its sequences.

    Args:
        path: a GGUF file of an architecture with one position a row.
        options: see there.

    Attributes:
        model: for llama.cpp.
        handle: for llama.cpp; another one from when it has grown.
        memory: for llama.cpp; that of `handle`.

    Raises:
        ModelCorruptError, LoadFailedError, OutOfMemoryError: as for `Decoder`.
    """

    def __init__(self, path: Path, options: DecoderOptions) -> None:
        self._options = options
        self._threads = (options.n_threads, options.n_batch_threads)
        self.handle: Any = None
        self.model: Any = _model(path, options)
        try:
            n_cells = min(options.n_cells, _FIRST_CELLS)
            self._take(self._make(n_cells), n_cells)
        except BaseException:
            self.close()
            raise

    @property
    def most_cells(self) -> int:
        """How many cells there can be."""
        return -(-self._options.n_cells // _CELLS_ROUNDED) * _CELLS_ROUNDED

    def grow(self) -> bool:
        """Have twice the cells, if there may be more; sequences keep what they have.

        Returns:
            Whether there are more now. Where not, all is as it was.
        """
        n_cells = min(2 * self._n_cells, self._options.n_cells)
        if n_cells == self._n_cells:
            return False
        try:
            new = self._make(n_cells)
        except OutOfMemoryError:
            return False
        lib = llama()
        if not _carried_over(self.handle, new):
            _log.warning("a context of %d cells does not take those of a smaller one", n_cells)
            lib.llama_free(new)
            return False
        lib.llama_free(self.handle)
        self._take(new, n_cells)
        return True

    def set_threads(self, n_threads: int, n_batch_threads: int) -> None:
        """Use so many threads from now on; see `DecoderOptions`."""
        if (n_threads, n_batch_threads) != self._threads:
            self._threads = (n_threads, n_batch_threads)
            llama().llama_set_n_threads(self.handle, *self._threads)

    def close(self) -> None:
        """Free everything, in the order that llama.cpp needs."""
        lib = llama()
        lib.llama_free(self.handle)
        lib.llama_model_free(self.model)
        self.model = self.handle = None

    def _take(self, handle: Any, n_cells: int) -> None:  # noqa: ANN401
        self.handle, self._n_cells = handle, n_cells
        self.memory: Any = llama().llama_get_memory(handle)

    def _make(self, n_cells: int) -> Any:  # noqa: ANN401
        options, lib = self._options, llama()
        params = lib.llama_context_default_params()
        params.n_ctx = n_cells
        params.n_batch = params.n_ubatch = options.n_batch
        params.n_seq_max = options.n_sequences + 1
        # Or there is room for logits of every row. With fewer than sequences llama.cpp aborts.
        params.n_outputs_max = max(options.n_outputs, params.n_seq_max)
        params.n_threads, params.n_threads_batch = self._threads
        params.type_k = params.type_v = {"q8_0": lib.GGML_TYPE_Q8_0, **TYPES}[options.kv]
        params.flash_attn_type = int(options.flash_attention)
        params.kv_unified = True  # sequences share the cells of what they share
        params.no_perf = True
        context = lib.llama_init_from_model(self.model, params)
        if context is None:
            raise OutOfMemoryError("There is no memory left for the model; close other programs.")
        return context


def _carried_over(old: Any, new: Any) -> bool:  # noqa: ANN401
    """Give a context what the sequences of another one have; whether it took it."""
    lib = llama()
    state = (ctypes.c_uint8 * lib.llama_state_get_size(old))()
    n_bytes = lib.llama_state_get_data(old, state, len(state))
    return bool(n_bytes) and lib.llama_state_set_data(new, state, n_bytes) == n_bytes


def _model(path: Path, options: DecoderOptions) -> Any:  # noqa: ANN401
    if not path.is_file():
        raise LoadFailedError("The model's decoder is missing; install it again.")
    lib = llama()
    params = lib.llama_model_default_params()
    params.n_gpu_layers = options.n_gpu_layers
    # Mapped: reading takes a fifth longer. What llama.cpp packs anew is not in memory twice, as
    # `sidecar.convert.tensor_order` puts it where the mapping can be given up.
    params.load_mode = lib.LLAMA_LOAD_MODE_MMAP
    began_s = time.perf_counter()
    model = lib.llama_model_load_from_file(str(path).encode(), params)
    _log.debug("loaded in %.2f s", time.perf_counter() - began_s)
    if model is None:
        raise ModelCorruptError(
            "The model's decoder is damaged, or of a kind this llama.cpp does not know;"
            " install it again.",
            detail=path.name,
        )
    if lib.llama_model_rope_type(model) in {lib.LLAMA_ROPE_TYPE_MROPE, lib.LLAMA_ROPE_TYPE_IMROPE}:
        lib.llama_model_free(model)
        raise LoadFailedError("The model's decoder needs positions of several dimensions.")
    return model
