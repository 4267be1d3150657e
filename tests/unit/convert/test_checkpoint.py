from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from sidecar.convert.checkpoint import Checkpoint
from sidecar.convert.tensors import EMBEDDINGS, HEAD, needed_tensors
from sidecar.errors import LoadFailedError, ModelCorruptError
from tests.unit.checkpoints import (
    Dtype,
    Layout,
    original_name,
    write_checkpoint,
    write_tensors,
)
from tests.unit.models import tiny_asr

TINY = tiny_asr()
BIAS = "model.audio_tower.ln_post.bias"


def state(**changes: Any) -> dict[str, Any]:
    """The tensors of a tiny checkpoint, with some replaced, or taken away by None."""
    named = {name.replace("__", "."): value for name, value in changes.items()}
    tensors = {**{k: v for k, v in TINY.state.items() if k != HEAD}, **named}
    return {name: tensor for name, tensor in tensors.items() if tensor is not None}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_checkpoint(tmp_path, TINY)


@pytest.mark.parametrize("layout", ["original", "transformers"])
@pytest.mark.parametrize("n_shards", [1, 3])
def test_every_tensor_is_read_from_either_layout(
    tmp_path: Path, layout: Layout, n_shards: int
) -> None:
    folder = write_checkpoint(tmp_path, TINY, layout=layout, n_shards=n_shards)

    checkpoint = Checkpoint(folder)

    for name in needed_tensors(checkpoint.model):
        np.testing.assert_array_equal(checkpoint(name), TINY.state[name])
    assert len(checkpoint.files) == n_shards


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32"])
def test_halves_become_the_floats_they_stand_for(tmp_path: Path, dtype: Dtype) -> None:
    checkpoint = Checkpoint(write_checkpoint(tmp_path, TINY, dtype=dtype))

    found = checkpoint(EMBEDDINGS)

    kind = ml_dtypes.bfloat16 if dtype == "bfloat16" else np.dtype(dtype)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, TINY.state[EMBEDDINGS].astype(kind).astype(np.float32))


def test_a_large_tensor_comes_in_groups_of_rows(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sidecar.convert.checkpoint.BLOCK_BYTES", 7 * 96 * 4)
    counted: list[int] = []
    checkpoint = Checkpoint(folder, counted.append)

    blocks = list(checkpoint.blocks(EMBEDDINGS))

    assert {len(block) for block in blocks} == {7, 320 % 7}
    np.testing.assert_array_equal(np.concatenate(blocks), TINY.state[EMBEDDINGS])
    assert counted == [block.nbytes for block in blocks]


def test_a_head_that_copies_the_embeddings_is_no_head(tmp_path: Path) -> None:
    folder = write_checkpoint(tmp_path, TINY, layout="original")
    config = json.loads((folder / "config.json").read_bytes())
    config["thinker_config"]["text_config"]["tie_word_embeddings"] = False
    (folder / "config.json").write_text(json.dumps(config))
    tensors = {original_name(name): tensor for name, tensor in TINY.state.items()}

    write_tensors(folder, tensors)
    copied = Checkpoint(folder).model.text.tied
    write_tensors(folder, {**tensors, "thinker.lm_head.weight": TINY.state[EMBEDDINGS] * 2})
    differing = Checkpoint(folder).model.text.tied

    assert (copied, differing) == (True, False)


def test_a_head_beside_tied_embeddings_is_passed_over(folder: Path) -> None:
    write_tensors(folder, {**state(), HEAD: TINY.state[EMBEDDINGS] * 2})

    assert Checkpoint(folder).model.text.tied


@pytest.mark.parametrize(
    ("tensors", "sentence"),
    [
        (state(model__audio_tower__ln_post__bias=None), f"{BIAS} is missing"),
        (state(model__audio_tower__extra=np.zeros(3, np.float32)), "extra is no part"),
        (state(model__audio_tower__ln_post__bias=np.zeros(3, np.float32)), r"has the shape \(3,\)"),
    ],
)
def test_tensors_that_do_not_fit_are_named(
    folder: Path, tensors: dict[str, Any], sentence: str
) -> None:
    write_tensors(folder, tensors)

    with pytest.raises(ModelCorruptError, match=sentence) as raised:
        Checkpoint(folder)

    assert raised.value.detail == "model.safetensors"


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30])
def test_values_that_are_no_weights_are_damage(folder: Path, value: float) -> None:
    bias = TINY.state[BIAS].copy()
    bias[5] = value
    write_tensors(folder, state(model__audio_tower__ln_post__bias=bias))
    checkpoint = Checkpoint(folder)

    with pytest.raises(ModelCorruptError, match="no weights"):
        checkpoint(BIAS)


def test_a_quantised_checkpoint_is_refused(folder: Path) -> None:
    write_tensors(folder, state(model__audio_tower__ln_post__bias=np.zeros(64, np.int8)))

    with pytest.raises(LoadFailedError, match="of the type I8"):
        Checkpoint(folder)


@pytest.mark.parametrize("keep", [0, 7, 8, 1000, -1])
def test_a_truncated_file_is_damage(folder: Path, keep: int) -> None:
    whole = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(whole[:keep])

    with pytest.raises(ModelCorruptError) as raised:
        Checkpoint(folder)

    assert raised.value.detail == "model.safetensors"


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    folder = write_checkpoint(tmp_path, TINY, n_shards=3)
    (folder / "model-00002-of-00003.safetensors").unlink()

    with pytest.raises(ModelCorruptError, match="it is missing") as raised:
        Checkpoint(folder)

    assert raised.value.detail == "model-00002-of-00003.safetensors"


@pytest.mark.parametrize(
    "index",
    ["", "{}", '{"weight_map": {}}', '{"weight_map": {"a": "../x"}}', '{"weight_map": {"a": 1}}'],
)
def test_an_index_that_leads_nowhere_is_damage(folder: Path, index: str) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors.index.json").write_text(index)

    with pytest.raises(ModelCorruptError) as raised:
        Checkpoint(folder)

    assert raised.value.detail == "model.safetensors.index.json"


def test_a_folder_without_weights_is_no_checkpoint(folder: Path) -> None:
    (folder / "model.safetensors").unlink()

    with pytest.raises(LoadFailedError, match="neither"):
        Checkpoint(folder)
