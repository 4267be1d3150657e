"""A checkpoint of the official shape with random weights, in the official files.

Written tensor by tensor, so that it needs little more memory than its largest one, and the
same from the same seed. It never says that the text is over: everybody stops at a number of
tokens. `_qwen3_chain` makes what it says last while it hears more.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks._qwen3_chain import Chain
from benchmarks._qwen3_shape import Shape, Tensor, tensors
from benchmarks._qwen3_words import SPECIAL, SPECIAL_FROM, Words, words

if TYPE_CHECKING:
    import numpy.typing as npt

SEED = 20_261_127
VERSION = 1  # of what is written: kept checkpoints of another one are of no use
BYTES_PER_VALUE = 2  # bfloat16
OF_LAYER = 0.4  # what a layer adds, beside what it is given: there are many
SHARP = (1.5, 1.9)  # norms of queries and keys: attention looks at some tokens, not at all


def checkpoint(folder: Path, shape: Shape) -> Path:
    """The checkpoint below `folder`; written if it is not there."""
    made = folder / "checkpoint"
    if made.is_dir():
        return made
    unfinished = folder / "checkpoint.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    write_checkpoint(unfinished, shape, words(min(SPECIAL_FROM, shape.vocabulary - 8)))
    return unfinished.rename(made)


def write_checkpoint(folder: Path, shape: Shape, vocabulary: Words) -> None:
    """Write weights, configuration and tokenizer into an empty folder."""
    specials = _specials(shape, vocabulary)
    _write_tokenizer(folder, vocabulary, specials)
    _write_json(folder / "config.json", _config(shape, specials))
    ends = [specials["<|endoftext|>"], specials["<|im_end|>"]]
    generation = {"eos_token_id": ends, "pad_token_id": ends[1], "do_sample": False}
    _write_json(folder / "generation_config.json", generation)
    _write_json(folder / "preprocessor_config.json", _PREPROCESSOR)
    n_words = len(vocabulary.tokens) - vocabulary.first_word
    chain = Chain(vocabulary.first_word, n_words, specials["<asr_text>"])
    _write_weights(folder / "model.safetensors", shape, chain)


_PREPROCESSOR = {
    "feature_extractor_type": "Qwen3ASRFeatureExtractor",
    "processor_class": "Qwen3ASRProcessor",
    "feature_size": 128,
    "sampling_rate": 16_000,
    "hop_length": 160,
    "n_fft": 400,
    "padding_value": 0.0,
    "return_attention_mask": True,
}


def _specials(shape: Shape, vocabulary: Words) -> dict[str, int]:
    """Ids of special tokens: the official ones, or in a small vocabulary its last ones."""
    n = len(vocabulary.tokens)
    if n == SPECIAL_FROM:
        assert shape.vocabulary > max(SPECIAL.values())
        return SPECIAL
    return {name: n + index for index, name in enumerate(SPECIAL)}


def _config(shape: Shape, specials: Mapping[str, int]) -> dict[str, object]:
    return {
        "architectures": ["Qwen3ASRForConditionalGeneration"],
        "model_type": "qwen3_asr",
        "dtype": "bfloat16",
        "audio_config": shape.audio_config,
        "text_config": shape.text_config,
        "audio_token_id": specials["<|audio_pad|>"],
        "timestamp_token_id": specials["<timestamp>"],
        "pad_token_id": specials["<|im_end|>"],
        "eos_token_id": [specials["<|endoftext|>"], specials["<|im_end|>"]],
        "tie_word_embeddings": True,
    }


def _write_tokenizer(folder: Path, vocabulary: Words, specials: Mapping[str, int]) -> None:
    """The three files of a Qwen2 tokenizer."""
    ids = {token: index for index, token in enumerate(vocabulary.tokens)}
    _write_json(folder / "vocab.json", ids)
    lines = ["#version: 0.2", *(" ".join(pair) for pair in vocabulary.merges)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    added = {
        str(index): {
            "content": name,
            "lstrip": False,
            "normalized": False,
            "rstrip": False,
            "single_word": False,
            "special": name.startswith("<|"),
        }
        for name, index in specials.items()
    }
    settings = {
        "tokenizer_class": "Qwen2Tokenizer",
        "added_tokens_decoder": added,
        "eos_token": "<|im_end|>",
        "pad_token": "<|endoftext|>",
        "errors": "replace",
        "add_prefix_space": False,
    }
    _write_json(folder / "tokenizer_config.json", settings)


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


def _write_weights(path: Path, shape: Shape, chain: Chain) -> None:
    """One file of safetensors: the length of a header, the header, and the values in its order.

    Source: huggingface/safetensors, README, "Format".
    """
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    at = 0
    for tensor in tensors(shape):
        end = at + math.prod(tensor.shape) * BYTES_PER_VALUE
        offsets = [at, end]
        header[tensor.name] = {"dtype": "BF16", "shape": tensor.shape, "data_offsets": offsets}
        at = end
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 8)
    plants = chain.plants()
    with path.open("wb") as file:
        file.write(len(head).to_bytes(8, "little") + head)
        for number, tensor in enumerate(tensors(shape)):
            values = _values(tensor, np.random.default_rng([SEED, number]))
            plant = plants.get(tensor.name)
            file.write(bfloat16(plant(values) if plant else values).tobytes())


def _values(tensor: Tensor, random: np.random.Generator) -> npt.NDArray[np.float32]:
    """Random values of a size that keeps a signal as large as it is."""
    match tensor.fill:
        case "norm":
            return random.uniform(0.7, 1.3, tensor.shape).astype(np.float32)
        case "query_norm":
            return random.uniform(*SHARP, tensor.shape).astype(np.float32)
        case "bias":
            return 0.02 * random.standard_normal(tensor.shape, np.float32)
        case "linear" | "output":
            values = random.standard_normal(tensor.shape, np.float32)
            values /= math.sqrt(math.prod(tensor.shape[1:]))
            return values if tensor.fill == "linear" else np.multiply(values, OF_LAYER, out=values)
        case "embedding":
            return random.standard_normal(tensor.shape, np.float32)


def bfloat16(values: npt.NDArray[np.float32]) -> npt.NDArray[np.uint16]:
    """The upper halves of float32 values, rounded to the nearest, ties to even."""
    bits = np.ascontiguousarray(values).view(np.uint32)
    odd = (bits >> 16) & 1
    odd += 0x7FFF
    odd += bits
    odd >>= 16
    return odd.astype(np.uint16)
