"""Tiny random models of the families we run, beside which our own must compute the same.

Their weights are drawn anew: as transformers initialises them, logits hardly differ from
each other and attention looks nowhere, so that a wrong graph would pass every test.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import transformers

SPECIALS = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|audio_start|>",
    "<|audio_end|>",
    "<|audio_pad|>",
    "<asr_text>",
    "<timestamp>",
)
MERGES = (("Ġ", "t"), ("h", "e"), ("Ġt", "he"), ("i", "n"), ("a", "n"))
N_ROWS = 320
"""Rows of the embedding table: more than there are tokens, as in the official checkpoints."""

AUDIO: dict[str, Any] = {
    "num_mel_bins": 128,
    "d_model": 64,
    "encoder_layers": 2,
    "encoder_attention_heads": 4,
    "encoder_ffn_dim": 128,
    "output_dim": 96,
    "downsample_hidden_size": 16,
    "n_window": 50,
    "n_window_infer": 800,
}
TEXT: dict[str, Any] = {
    "model_type": "qwen3",
    "vocab_size": N_ROWS,
    "hidden_size": 96,
    "intermediate_size": 192,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 32,
    "max_position_embeddings": 4096,
    "rms_norm_eps": 1e-6,
    "tie_word_embeddings": True,
    "rope_parameters": {"rope_theta": 1e6, "rope_type": "default"},
}


@dataclass(frozen=True, slots=True)
class TinyModel:
    """A reference of transformers and what our converter gets of it.

    Attributes:
        reference: the module, in float32 and evaluation mode.
        state: its tensors by their names in the `-hf` checkpoints, float32.
    """

    reference: Any
    state: dict[str, npt.NDArray[np.float32]]

    @property
    def config(self) -> dict[str, Any]:
        """What `config.json` of its checkpoint holds."""
        config: dict[str, Any] = self.reference.config.to_dict()
        return config


def tokens() -> list[str]:
    """The vocabulary in the order of ids: bytes, merged pieces, special tokens."""
    merged = [left + right for left, right in MERGES]
    return [*byte_characters(), *merged, *SPECIALS]


def byte_characters() -> list[str]:
    """The 256 characters which byte-level BPE writes for bytes (GPT-2's `bytes_to_unicode`)."""
    plain = {*range(33, 127), *range(161, 173), *range(174, 256)}
    others = [byte for byte in range(256) if byte not in plain]
    return [chr(b) if b in plain else chr(256 + others.index(b)) for b in range(256)]


def tiny_asr(
    seed: int = 0,
    *,
    tied: bool = True,
    audio: dict[str, Any] | None = None,
    text: dict[str, Any] | None = None,
) -> TinyModel:
    """A Qwen3-ASR model; `audio` and `text` replace parts of its two configurations."""
    config = _config(audio, text, tie_word_embeddings=tied)
    return _built(transformers.Qwen3ASRForConditionalGeneration, config, seed)


def tiny_aligner(
    seed: int = 0,
    *,
    n_classes: int = 100,
    audio: dict[str, Any] | None = None,
    text: dict[str, Any] | None = None,
) -> TinyModel:
    """A Qwen3-ForcedAligner model; its head tells `n_classes` times apart."""
    config = _config(audio, {"tie_word_embeddings": False, **(text or {})}, num_labels=n_classes)
    return _built(transformers.Qwen3ASRForTokenClassification, config, seed)


def _config(audio: dict[str, Any] | None, text: dict[str, Any] | None, **others: Any) -> Any:
    ids = {token: i for i, token in enumerate(tokens())}
    return transformers.Qwen3ASRConfig(
        audio_config={**AUDIO, **(audio or {})},
        text_config={**TEXT, **(text or {})},
        audio_token_id=ids["<|audio_pad|>"],
        timestamp_token_id=ids["<timestamp>"],
        pad_token_id=ids["<|im_end|>"],
        eos_token_id=[ids["<|endoftext|>"], ids["<|im_end|>"]],
        **others,
    )


def _built(kind: Any, config: Any, seed: int) -> TinyModel:
    generator = torch.Generator().manual_seed(seed)
    reference = kind(config).eval().float()
    with torch.no_grad():
        for name, tensor in reference.named_parameters():
            if tensor.dim() == 1 and name.endswith("weight"):  # norms alone have such
                tensor.uniform_(0.7, 1.3, generator=generator)
            else:
                tensor.normal_(0.0, 0.08, generator=generator)
    state = {name: tensor.numpy() for name, tensor in reference.state_dict().items()}
    return TinyModel(reference, state)
