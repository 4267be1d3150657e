"""Writes the decoder of a tiny model as GGUF, in full precision."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gguf

from tests.unit.models import MERGES, N_ROWS, SPECIALS, TinyModel, byte_characters, tokens

TENSORS = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def write_decoder(path: Path, model: TinyModel, *, architecture: str = "qwen3") -> Path:
    """Write it; with `qwen3vl` its positions have four parts."""
    writer = gguf.GGUFWriter(path, architecture)
    _write_shape(writer, model.config["text_config"])
    if architecture == "qwen3vl":
        writer.add_rope_dimension_sections([6, 5, 5, 0])
    _write_vocabulary(writer)
    _write_tensors(writer, model)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _write_shape(writer: Any, text: dict[str, Any]) -> None:
    writer.add_context_length(text["max_position_embeddings"])
    writer.add_embedding_length(text["hidden_size"])
    writer.add_block_count(text["num_hidden_layers"])
    writer.add_feed_forward_length(text["intermediate_size"])
    writer.add_head_count(text["num_attention_heads"])
    writer.add_head_count_kv(text["num_key_value_heads"])
    writer.add_key_length(text["head_dim"])
    writer.add_value_length(text["head_dim"])
    writer.add_rope_dimension_count(text["head_dim"])
    writer.add_rope_freq_base(1e6)
    writer.add_layer_norm_rms_eps(text["rms_norm_eps"])
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_vocab_size(N_ROWS)


def _write_vocabulary(writer: Any) -> None:
    kinds = gguf.TokenType
    plain = [kinds.NORMAL] * (len(byte_characters()) + len(MERGES))
    marks = [kinds.CONTROL if t.startswith("<|") else kinds.USER_DEFINED for t in SPECIALS]
    padding = [f"[PAD{i}]" for i in range(N_ROWS - len(tokens()))]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list([*tokens(), *padding])
    writer.add_token_types([*plain, *marks, *[kinds.UNUSED] * len(padding)])
    writer.add_token_merges([f"{left} {right}" for left, right in MERGES])
    writer.add_eos_token_id(tokens().index("<|im_end|>"))
    writer.add_add_bos_token(False)


def _write_tensors(writer: Any, model: TinyModel) -> None:
    prefix = "model.language_model."
    writer.add_tensor("token_embd.weight", model.state[prefix + "embed_tokens.weight"])
    writer.add_tensor("output_norm.weight", model.state[prefix + "norm.weight"])
    for layer in range(model.config["text_config"]["num_hidden_layers"]):
        for theirs, ours in TENSORS.items():
            tensor = model.state[f"{prefix}layers.{layer}.{theirs}.weight"]
            writer.add_tensor(f"blk.{layer}.{ours}.weight", tensor)
