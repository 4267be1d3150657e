"""The decoder as a GGUF file of llama.cpp's arch `qwen3`, written one tensor at a time.

The checkpoints declare rotary positions in three interleaved planes; all three are equal for
audio and text, and so the file has plain ones.

An aligner's decoder is none of these (`prefill_graph.write_aligner`): it is fed embeddings and
answers with no text. Its tokenizer and its table of embeddings are files of their own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import gguf
import numpy as np
import numpy.typing as npt

from sidecar.convert.tensors import EMBEDDINGS, HEAD, TEXT, needed_tensors

if TYPE_CHECKING:
    from sidecar.convert.architecture import Architecture, TextShape
    from sidecar.convert.tensors import Shape
    from sidecar.convert.vocabulary import Vocabulary

Block: TypeAlias = npt.NDArray[np.float32]
Floats: TypeAlias = Literal["f32", "f16"]
Blocks: TypeAlias = Callable[[str], Iterable[Block]]
"""Gives the tensor of that name of the checkpoint, in groups of rows."""

ARCH = "qwen3"

_LAYER = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_q_norm": "self_attn.q_norm",
    "attn_k": "self_attn.k_proj",
    "attn_k_norm": "self_attn.k_norm",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}


@dataclass(frozen=True, slots=True)
class _Tensor:
    """One tensor of the file, and how to get groups of its rows."""

    name: str
    shape: Shape
    blocks: Callable[[], Iterable[Block]]


def write_decoder(
    path: Path,
    model: Architecture,
    weights: Blocks,
    vocabulary: Vocabulary,
    floats: Floats,
    *,
    with_head: bool = False,
) -> None:
    """Write a model's decoder in full or half precision; norms are always in full.

    Args:
        path: file to write.
        model: shape of the model.
        weights: gives tensors of the checkpoint by name.
        vocabulary: of the model.
        floats: precision of matrices.
        with_head: write an output layer also where it is the table of embeddings.

    Raises:
        OSError: it cannot be written.
    """
    writer = _header(path, model.text, floats)
    _add_vocabulary(writer, vocabulary)
    try:
        _write_tensors(writer, list(_tensors(model, weights, with_head)), floats)
    finally:
        writer.close()


def write_tokenizer(path: Path, model: Architecture, vocabulary: Vocabulary) -> None:
    """Write a GGUF with a vocabulary and no weights, which `vocab_only` loads."""
    writer = _header(path, model.text, "f16")
    _add_vocabulary(writer, vocabulary)
    try:
        _write_tensors(writer, [], "f16")
    finally:
        writer.close()


def write_embeddings(path: Path, model: Architecture, weights: Blocks) -> None:
    """Write the table of token embeddings as float16, shape (rows, width)."""
    described = {
        "descr": np.lib.format.dtype_to_descr(np.dtype(np.float16)),
        "fortran_order": False,
        "shape": (model.text.rows, model.text.width),
    }
    with path.open("wb") as file:  # a mapping would end the process where the disk is full
        np.lib.format.write_array_header_1_0(file, described)
        for block in weights(EMBEDDINGS):
            file.write(block.astype(np.float16).data)


def _header(path: Path, shape: TextShape, floats: Floats) -> gguf.GGUFWriter:
    writer = gguf.GGUFWriter(path, ARCH)
    writer.add_file_type(
        gguf.LlamaFileType.ALL_F32 if floats == "f32" else gguf.LlamaFileType.MOSTLY_F16
    )
    writer.add_context_length(shape.max_context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.ffn)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_key_length(shape.head_dim)
    writer.add_value_length(shape.head_dim)
    writer.add_rope_dimension_count(shape.head_dim)
    writer.add_rope_freq_base(shape.rope_theta)
    writer.add_layer_norm_rms_eps(shape.rms_eps)
    return writer


def _add_vocabulary(writer: gguf.GGUFWriter, vocabulary: Vocabulary) -> None:
    writer.add_vocab_size(len(vocabulary.tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(vocabulary.tokens)
    writer.add_token_types(vocabulary.types)
    writer.add_token_merges(vocabulary.merges)
    writer.add_eos_token_id(vocabulary.end_of_turn)
    writer.add_pad_token_id(vocabulary.end_of_text)
    writer.add_add_bos_token(False)


def _tensors(model: Architecture, weights: Blocks, with_head: bool) -> Iterator[_Tensor]:
    shapes = needed_tensors(model)

    def named(target: str, name: str) -> _Tensor:
        return _Tensor(f"{target}.weight", shapes[name], lambda: weights(name))

    yield named("token_embd", EMBEDDINGS)
    if with_head or not model.text.tied:
        yield named("output", EMBEDDINGS if model.text.tied else HEAD)
    yield named("output_norm", f"{TEXT}.norm.weight")
    for i in range(model.text.layers):
        for target, name in _LAYER.items():
            yield named(f"blk.{i}.{target}", f"{TEXT}.layers.{i}.{name}.weight")


def _write_tensors(writer: gguf.GGUFWriter, tensors: list[_Tensor], floats: Floats) -> None:
    """Write the list of all tensors, and then one after the other."""
    kinds = [_dtype(tensor, floats) for tensor in tensors]
    for tensor, kind in zip(tensors, kinds, strict=True):
        n_bytes = math.prod(tensor.shape) * kind.itemsize
        writer.add_tensor_info(tensor.name, tensor.shape, kind, n_bytes)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for tensor, kind in zip(tensors, kinds, strict=True):
        values = np.empty(tensor.shape, kind)
        _fill(values, tensor.blocks())
        writer.write_tensor_data(values)


def _fill(target: npt.NDArray[Any], blocks: Iterable[Block]) -> None:
    at = 0
    for block in blocks:
        target[at : at + len(block)] = block
        at += len(block)


def _dtype(tensor: _Tensor, floats: Floats) -> np.dtype[Any]:
    matrix = len(tensor.shape) > 1
    return np.dtype(np.float16 if matrix and floats == "f16" else np.float32)
