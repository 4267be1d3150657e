from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from sidecar.convert.architecture import read_architecture
from sidecar.convert.prefill_graph import write_prefill
from sidecar.inference.kv_state import KeyValues
from sidecar.inference.prefill import LayerOptions, Prefill
from sidecar.model_store.manifest import EncoderKind
from tests.unit.convert.towers import Floats
from tests.unit.models import TEXT, TinyModel, tiny_asr

N_POSITIONS = 60


def never() -> bool:
    return False


@pytest.fixture(scope="module")
def model() -> TinyModel:
    return tiny_asr()


@pytest.fixture(scope="module")
def embeds() -> Floats:
    return np.random.default_rng(5).normal(0, 0.5, (N_POSITIONS, 96)).astype(np.float32)


@pytest.fixture(scope="module")
def theirs(model: TinyModel, embeds: Floats) -> KeyValues:
    with torch.no_grad():
        cache = model.reference.model.language_model(
            inputs_embeds=torch.from_numpy(embeds)[None], use_cache=True
        ).past_key_values

    def flat(heads: torch.Tensor) -> Floats:
        rows: Floats = heads[0].transpose(0, 1).reshape(N_POSITIONS, -1).numpy()
        return rows

    keys = np.stack([flat(layer.keys) for layer in cache.layers])
    return KeyValues(keys, np.stack([flat(layer.values) for layer in cache.layers]))


def prefill(model: TinyModel, folder: Path, kind: EncoderKind, at_once: int = 128) -> Prefill:
    (folder / "config.json").write_text(json.dumps(model.config))
    shape = read_architecture(folder).text
    write_prefill(folder / "prefill.onnx", shape, model.state.__getitem__, kind)
    return Prefill(folder / "prefill.onnx", LayerOptions(rows_at_once=at_once))


def computed(prefill: Prefill, embeds: Floats) -> KeyValues:
    """Keys and values of embeddings from position 0."""
    room = prefill.room(len(embeds))
    prefill.extend(room, 0, embeds, never)
    return room.of(0, len(embeds))


def assert_same(ours: KeyValues, theirs: KeyValues) -> None:
    """As far as half precision goes."""
    np.testing.assert_allclose(ours.keys, theirs.keys, rtol=1e-3, atol=3e-3)
    np.testing.assert_allclose(ours.values, theirs.values, rtol=1e-3, atol=3e-3)


def cosines(ours: Floats, theirs: Floats) -> Floats:
    """Of each position of each layer."""
    lengths = np.linalg.norm(ours, axis=2) * np.linalg.norm(theirs, axis=2)
    return np.asarray((ours * theirs).sum(axis=2) / lengths)


def test_keys_and_values_are_those_of_transformers(
    model: TinyModel, embeds: Floats, theirs: KeyValues, tmp_path: Path
) -> None:
    fp32 = prefill(model, tmp_path, "fp32")

    ours = computed(fp32, embeds)

    assert ours.keys.shape == (TEXT["num_hidden_layers"], N_POSITIONS, 64)
    assert_same(ours, theirs)


@pytest.mark.parametrize("n_past", [1, 20, 59])
def test_positions_see_the_past_that_somebody_else_computed(
    model: TinyModel, embeds: Floats, theirs: KeyValues, tmp_path: Path, n_past: int
) -> None:
    fp32 = prefill(model, tmp_path, "fp32")

    room = fp32.room(N_POSITIONS)
    room.fill(0, KeyValues(theirs.keys[:, :n_past], theirs.values[:, :n_past]))

    fp32.extend(room, n_past, embeds[n_past:], never)

    assert_same(room.of(0, N_POSITIONS), theirs)


def test_what_is_kept_is_the_same_in_the_order_of_llama_cpp(
    model: TinyModel, embeds: Floats, tmp_path: Path
) -> None:
    fp32 = prefill(model, tmp_path, "fp32", at_once=25)
    room = fp32.room(N_POSITIONS)

    kept = fp32.extend(room, 0, embeds, never)

    assert kept.keys.dtype == kept.values.dtype == np.dtype(np.float16)
    np.testing.assert_array_equal(kept.keys, room.of(0, N_POSITIONS).keys)
    np.testing.assert_array_equal(kept.values.swapaxes(1, 2), room.of(0, N_POSITIONS).values)


def test_eight_bits_are_close(
    model: TinyModel, embeds: Floats, theirs: KeyValues, tmp_path: Path
) -> None:
    int8 = prefill(model, tmp_path, "int8")

    ours = computed(int8, embeds)

    assert cosines(ours.keys, theirs.keys).min() > 0.998
    assert cosines(ours.values, theirs.values).min() > 0.998


def test_eight_bits_do_not_depend_on_what_is_computed_together(
    model: TinyModel, embeds: Floats, tmp_path: Path
) -> None:
    int8 = prefill(model, tmp_path, "int8")
    whole = computed(int8, embeds)
    room = int8.room(N_POSITIONS)

    for at, end in ((0, 7), (7, 8), (8, 40), (40, N_POSITIONS)):
        int8.extend(room, at, embeds[at:end], never)

    pieces = room.of(0, N_POSITIONS)
    assert_same(pieces, whole)


def test_an_enormous_row_leaves_the_others_their_precision(
    model: TinyModel, embeds: Floats, tmp_path: Path
) -> None:
    int8 = prefill(model, tmp_path, "int8")
    whole = computed(int8, embeds)
    louder = embeds.copy()
    louder[-1] *= 1e4

    ours = computed(int8, louder)

    np.testing.assert_allclose(ours.values[:, :-1], whole.values[:, :-1], atol=1e-3)
