"""llama.cpp's own quantiser: a GGUF of half precision becomes one of 4, 5 or 8 bits.

The "K" kinds give more bits to the tensors that suffer most (llama.cpp, `llama-quant.cpp`:
Q4_K_M and Q5_K_M). The token embeddings and the head keep 6 bits or more: with 4, languages
whose tokens are rare become unreadable.
"""

from __future__ import annotations

import ctypes
import shutil
from pathlib import Path
from typing import Final, Literal, TypeAlias

from sidecar.errors import DiskFullError, LoadFailedError
from sidecar.inference.llama import llama

Kind: TypeAlias = Literal["q8_0", "q5_k", "q4_k"]

_FTYPES: Final[dict[Kind, int]] = {"q8_0": 7, "q5_k": 17, "q4_k": 15}  # llama_ftype
_Q4_0: Final = 2  # ggml_type
_Q8_0: Final = 8
_Q6_K: Final = 14
_BLOCK_OF_K: Final = 256
MAX_BUFFER_BYTES: Final = 256 << 20
"""Rows are quantised in batches of so many bytes, whatever the size of a tensor."""


def quantise(
    source: Path, target: Path, kind: Kind, *, row: int, n_threads: int, rough_head: bool = False
) -> None:
    """Write a smaller copy of a decoder. Cannot be interrupted; takes seconds to minutes.

    Args:
        source: GGUF of arch `qwen3` in f16 or f32.
        target: file to write.
        kind: of the weights' quantisation.
        row: width of the model; what does not divide into blocks of 256 is kept in 8 bits.
        n_threads: how many threads to use.
        rough_head: the output layer only finds the tokens that may be next
            (`sidecar.inference.head`): it gets 4 bits, of the kind that llama.cpp multiplies
            fastest.

    Raises:
        LoadFailedError: llama.cpp is not installed, or could not do it.
        DiskFullError: there is no room.
    """
    bindings = llama()
    params = bindings.llama_model_quantize_default_params()
    params.nthread = n_threads
    params.ftype = _FTYPES[kind]
    many = _Q8_0 if kind == "q8_0" or row % _BLOCK_OF_K else _Q6_K
    params.token_embedding_type = many
    params.output_tensor_type = _Q4_0 if rough_head else many
    params.max_buf_size = MAX_BUFFER_BYTES
    failed = bindings.llama_model_quantize(bytes(source), bytes(target), ctypes.byref(params))
    if failed:
        if shutil.disk_usage(target.parent).free < MAX_BUFFER_BYTES:
            raise DiskFullError("There is no room for the model on disk.")
        raise LoadFailedError("llama.cpp could not quantise the decoder; choose f16 for it.")
