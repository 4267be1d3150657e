from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from hypothesis import given
from hypothesis import strategies as st

from benchmarks._qwen3_checkpoint import bfloat16, checkpoint
from benchmarks._qwen3_prompt import HEADER, SUFFIX
from benchmarks._qwen3_shape import Shape, tensors
from benchmarks._qwen3_words import SPECIAL, SPECIAL_FROM, words

TINY = Shape(
    audio_width=64,
    audio_layers=2,
    audio_heads=4,
    audio_ffn=128,
    channels=8,
    width=128,
    layers=2,
    ffn=256,
    heads=4,
    kv_heads=2,
    head_dim=32,
    vocabulary=3008,
)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoint(tmp_path_factory.mktemp("bench"), TINY)


@pytest.fixture(scope="module")
def tokenizer(tiny: Path) -> Any:
    return transformers.AutoTokenizer.from_pretrained(tiny)


def test_transformers_finds_every_tensor_and_no_other(tiny: Path) -> None:
    _, report = transformers.Qwen3ASRForConditionalGeneration.from_pretrained(
        tiny, output_loading_info=True
    )

    assert report["missing_keys"] - {"lm_head.weight"} == set()
    assert report["unexpected_keys"] == set()
    assert report["mismatched_keys"] == set()


def test_what_the_model_says_is_words_to_the_end(tiny: Path, tokenizer: Any) -> None:
    model = transformers.Qwen3ASRForConditionalGeneration.from_pretrained(
        tiny, dtype=torch.float32
    ).eval()
    ids = torch.tensor([tokenizer(HEADER + SUFFIX)["input_ids"]])

    said = model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=60)

    new = said[0, ids.shape[1] :]
    assert len(new) == 60
    assert all(token.startswith("Ġ") for token in tokenizer.convert_ids_to_tokens(new))


def test_what_it_says_is_the_same_tokens_when_it_is_read_again(tokenizer: Any) -> None:
    first = words(3000).first_word
    said = np.random.default_rng(1).integers(first, 3000, 200).tolist()

    assert tokenizer(tokenizer.decode(said))["input_ids"] == said


def test_the_prompt_has_as_many_tokens_as_the_official_one(tokenizer: Any) -> None:
    assert len(tokenizer(HEADER)["input_ids"]) == 9
    assert len(tokenizer(SUFFIX)["input_ids"]) == 9


def test_a_vocabulary_of_the_official_size_has_its_special_tokens_where_they_belong() -> None:
    vocabulary = words()

    assert len(set(vocabulary.tokens)) == SPECIAL_FROM == SPECIAL["<|endoftext|>"]
    assert vocabulary.tokens[198] == "Ċ"


def test_a_checkpoint_is_written_once_and_always_the_same(tiny: Path, tmp_path: Path) -> None:
    weights = "model.safetensors"

    again = checkpoint(tmp_path, TINY)

    assert (again / weights).read_bytes() == (tiny / weights).read_bytes()
    before = (again / weights).stat().st_mtime_ns
    assert (checkpoint(tmp_path, TINY) / weights).stat().st_mtime_ns == before


def test_what_an_interrupted_run_has_left_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.unfinished").mkdir()
    (tmp_path / "checkpoint.unfinished" / "old").touch()

    made = checkpoint(tmp_path, TINY)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint"]
    assert not (made / "old").exists()


@given(st.lists(st.floats(width=32, allow_nan=False), min_size=1))
def test_bfloat16_rounds_as_torch_does(values: list[float]) -> None:
    floats = np.array(values, np.float32)

    expected = torch.from_numpy(floats).bfloat16().view(torch.int16).numpy().view(np.uint16)
    assert np.array_equal(bfloat16(floats), expected)


def test_the_official_shape_has_the_tensors_of_the_official_model() -> None:
    shape = Shape()
    config = transformers.Qwen3ASRConfig(
        audio_config=shape.audio_config, text_config=shape.text_config
    )
    with torch.device("meta"):
        model = transformers.Qwen3ASRForConditionalGeneration(config)

    expected = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    del expected["lm_head.weight"]  # tied, and not saved
    assert {tensor.name: tensor.shape for tensor in tensors(shape)} == expected


def test_the_encoder_costs_what_its_layers_cost() -> None:
    assert Shape().encoder_flop(1) == pytest.approx(9.03e9, rel=0.001)
    assert Shape().encoder_flop(30) == pytest.approx(30 * Shape().encoder_flop(1))


def test_a_token_of_the_prompt_costs_two_operations_for_each_weight_it_meets() -> None:
    met = [
        int(np.prod(tensor.shape))
        for tensor in tensors(TINY)
        if "language_model.layers" in tensor.name and len(tensor.shape) == 2
    ]

    assert TINY.prefill_flop(1) == 2 * sum(met)
