"""Writes tiny models as the official checkpoints are published, in both of their layouts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import ml_dtypes
import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file

from tests.unit.models import MERGES, SPECIALS, TinyModel, tokens

Layout = Literal["original", "transformers"]
Dtype = Literal["bfloat16", "float16", "float32"]

_RENAMED = (
    ("model.multi_modal_projector.linear_1.", "thinker.audio_tower.proj1."),
    ("model.multi_modal_projector.linear_2.", "thinker.audio_tower.proj2."),
    ("model.audio_tower.", "thinker.audio_tower."),
    ("model.language_model.", "thinker.model."),
    ("score.", "thinker.lm_head."),
    ("lm_head.", "thinker.lm_head."),
)


def write_checkpoint(
    folder: Path,
    tiny: TinyModel,
    *,
    layout: Layout = "transformers",
    dtype: Dtype = "float32",
    n_shards: int = 1,
) -> Path:
    """A folder as it comes from a hub; returns it."""
    folder.mkdir(parents=True, exist_ok=True)
    kind = np.dtype(ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype)
    tensors = {
        (name if layout == "transformers" else original_name(name)): tensor.astype(kind)
        for name, tensor in tiny.state.items()
        if not (name == "lm_head.weight" and tiny.config["tie_word_embeddings"])
    }
    write_tensors(folder, tensors, n_shards)
    config = {**tiny.config, "architectures": [type(tiny.reference).__name__]}
    if layout == "original":
        config = original_config(config)
    (folder / "config.json").write_text(json.dumps(config))
    write_tokenizer(folder, whole=layout == "transformers")
    return folder


def write_tensors(folder: Path, tensors: dict[str, npt.NDArray[Any]], n_shards: int = 1) -> None:
    """One file, or several and their index."""
    if n_shards == 1:
        save_file(tensors, folder / "model.safetensors")
        return
    names = sorted(tensors)
    places = {}
    for shard in range(n_shards):
        file = f"model-{shard + 1:05}-of-{n_shards:05}.safetensors"
        part = {name: tensors[name] for name in names[shard::n_shards]}
        save_file(part, folder / file)
        places.update(dict.fromkeys(part, file))
    index = {"metadata": {}, "weight_map": places}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def original_name(name: str) -> str:
    """What the checkpoints without -hf call a tensor."""
    for official, original in _RENAMED:
        if name.startswith(official):
            return original + name.removeprefix(official)
    raise ValueError(name)


def original_config(config: dict[str, Any]) -> dict[str, Any]:
    """What `config.json` holds in the checkpoints without -hf."""
    text = dict(config["text_config"])
    rope = text.pop("rope_parameters")
    text |= {
        "rope_theta": rope["rope_theta"],
        "rope_scaling": {"mrope_interleaved": True, "mrope_section": [6, 5, 5], "type": "default"},
        "tie_word_embeddings": config["tie_word_embeddings"],
    }
    aligner = "TokenClassification" in config["architectures"][0]
    thinker: dict[str, Any] = {
        "audio_config": config["audio_config"],
        "text_config": text,
        "audio_token_id": config["audio_token_id"],
        "model_type": "qwen3_forced_aligner" if aligner else "qwen3_asr_thinker",
    }
    top: dict[str, Any] = {
        "model_type": "qwen3_asr",
        "architectures": ["Qwen3ASRForConditionalGeneration"],
    }
    if aligner:
        thinker["classify_num"] = len(config["id2label"])
        top |= {"timestamp_token_id": config["timestamp_token_id"], "timestamp_segment_time": 80}
    return {**top, "thinker_config": thinker}


def write_tokenizer(folder: Path, *, whole: bool) -> None:
    """The tiny vocabulary, as one file or in the three older ones."""
    ids = {token: i for i, token in enumerate(tokens())}
    pieces = {token: i for token, i in ids.items() if token not in SPECIALS}
    added: list[dict[str, Any]] = [
        {
            "id": ids[token],
            "content": token,
            "special": token.startswith("<|"),
            "lstrip": False,
            "normalized": False,
            "rstrip": False,
            "single_word": False,
        }
        for token in SPECIALS
    ]
    described = {str(each["id"]): {k: v for k, v in each.items() if k != "id"} for each in added}
    config = {
        "tokenizer_class": "Qwen2Tokenizer",
        "eos_token": "<|im_end|>",
        "pad_token": "<|endoftext|>",
        "added_tokens_decoder": described,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    if whole:
        model = {"type": "BPE", "vocab": pieces, "merges": [list(pair) for pair in MERGES]}
        content = {"version": "1.0", "added_tokens": added, "model": model}
        (folder / "tokenizer.json").write_text(json.dumps(content))
        return
    (folder / "vocab.json").write_text(json.dumps(pieces, ensure_ascii=False))
    lines = ["#version: 0.2", *(" ".join(pair) for pair in MERGES)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n")
