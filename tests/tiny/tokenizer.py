"""A byte-level BPE of Qwen2's kind with a vocabulary small enough to commit.

The 256 bytes come first, then the merges learnt from the grammar's texts, then the
special tokens under the names the official models use.
"""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any, Final

from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

from tests.tiny.texts import sentence, vocabulary

if TYPE_CHECKING:
    from pathlib import Path

# transformers' Qwen2Tokenizer: words with their leading space, single digits, punctuation.
_PATTERN: Final = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
CONTROL: Final = (
    *("<|endoftext|>", "<|im_start|>", "<|im_end|>"),
    *("<|audio_start|>", "<|audio_end|>", "<|audio_pad|>"),
)
PLAIN: Final = ("<asr_text>", "<timestamp>")  # added tokens that decoding keeps
N_TEXT_TOKENS: Final = 632  # with the specials: 640
N_TEXTS: Final = 20_000


def train_tokenizer(seed: int = 0) -> Tokenizer:
    """Learn the merges from random texts of the grammar; the same seed gives the same ones."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_PATTERN), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    trainer = trainers.BpeTrainer(
        vocab_size=N_TEXT_TOKENS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_texts(seed), trainer)
    tokenizer.add_tokens(
        [
            *(AddedToken(name, special=True, normalized=False) for name in CONTROL),
            *(AddedToken(name, special=False, normalized=False) for name in PLAIN),
        ]
    )
    return tokenizer


def save_tokenizer(tokenizer: Tokenizer, folder: Path) -> None:
    """Write tokenizer.json, and the vocab.json, merges.txt and config the official repos have."""
    tokenizer.save(str(folder / "tokenizer.json"))
    state: dict[str, Any] = json.loads(tokenizer.to_str())
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in _merges(state)]
    (folder / "merges.txt").write_text("\n".join(("#version: 0.2", *merges, "")))
    (folder / "vocab.json").write_text(json.dumps(state["model"]["vocab"], ensure_ascii=False))
    added = {str(token["id"]): _described(token) for token in state["added_tokens"]}
    config = {
        "add_bos_token": False,
        "add_prefix_space": False,
        "added_tokens_decoder": added,
        "bos_token": None,
        "clean_up_tokenization_spaces": False,
        "eos_token": "<|im_end|>",
        "errors": "replace",
        "model_max_length": 4096,
        "pad_token": "<|endoftext|>",
        "tokenizer_class": "Qwen2Tokenizer",
        "unk_token": None,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=1, ensure_ascii=False))


def _merges(state: dict[str, Any]) -> list[str | list[str]]:
    merges: list[str | list[str]] = state["model"]["merges"]
    return merges


def _described(token: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in token.items() if name != "id"}


def _texts(seed: int) -> list[str]:
    rng = random.Random(seed)
    texts = [sentence(rng).text for _ in range(N_TEXTS)]
    texts += [sentence(rng, "German").text for _ in range(N_TEXTS // 5)]
    prompt = ["system\n", "user\n", "assistant\n", "language English", "language German"]
    return [
        *texts,
        *vocabulary() * 4,
        *([*prompt, "language None", " sara", " jon", " erik"]) * 400,
    ]
