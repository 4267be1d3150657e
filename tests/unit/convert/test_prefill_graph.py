from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from sidecar.convert.architecture import read_architecture
from sidecar.convert.prefill_graph import write_prefill
from sidecar.inference.prefill import KeyValues, LayerOptions, Prefill
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


def cosines(ours: Floats, theirs: Floats) -> Floats:
    """Of each position of each layer."""
    lengths = np.linalg.norm(ours, axis=2) * np.linalg.norm(theirs, axis=2)
    return np.asarray((ours * theirs).sum(axis=2) / lengths)


def test_keys_and_values_are_those_of_transformers(
    model: TinyModel, embeds: Floats, theirs: KeyValues, tmp_path: Path
) -> None:
    fp32 = prefill(model, tmp_path, "fp32")

    ours = fp32.run(embeds, fp32.nothing(), never)

    assert ours.keys.shape == (TEXT["num_hidden_layers"], N_POSITIONS, 64)
    np.testing.assert_allclose(ours.keys, theirs.keys, atol=1e-5)
    np.testing.assert_allclose(ours.values, theirs.values, atol=1e-5)


@pytest.mark.parametrize("n_past", [1, 20, 59])
def test_positions_see_the_past_that_somebody_else_computed(
    model: TinyModel, embeds: Floats, theirs: KeyValues, tmp_path: Path, n_past: int
) -> None:
    fp32 = prefill(model, tmp_path, "fp32")

    ours = fp32.run(embeds[n_past:], theirs.first(n_past), never)

    np.testing.assert_allclose(ours.keys, theirs.keys[:, n_past:], atol=1e-5)
    np.testing.assert_allclose(ours.values, theirs.values[:, n_past:], atol=1e-5)


def test_eight_bits_are_close(
    model: TinyModel, embeds: Floats, theirs: KeyValues, tmp_path: Path
) -> None:
    int8 = prefill(model, tmp_path, "int8")

    ours = int8.run(embeds, int8.nothing(), never)

    assert cosines(ours.keys, theirs.keys).min() > 0.998
    assert cosines(ours.values, theirs.values).min() > 0.998


def test_eight_bits_do_not_depend_on_what_is_computed_together(
    model: TinyModel, embeds: Floats, tmp_path: Path
) -> None:
    int8 = prefill(model, tmp_path, "int8")
    whole = int8.run(embeds, int8.nothing(), never)

    pieces = int8.run(embeds[:7], int8.nothing(), never)
    for at, end in ((7, 8), (8, 40), (40, N_POSITIONS)):
        more = int8.run(embeds[at:end], pieces, never)
        pieces = KeyValues(
            np.concatenate([pieces.keys, more.keys], axis=1),
            np.concatenate([pieces.values, more.values], axis=1),
        )

    np.testing.assert_allclose(pieces.keys, whole.keys, atol=1e-4)
    np.testing.assert_allclose(pieces.values, whole.values, atol=1e-4)


def test_an_enormous_row_leaves_the_others_their_precision(
    model: TinyModel, embeds: Floats, tmp_path: Path
) -> None:
    int8 = prefill(model, tmp_path, "int8")
    whole = int8.run(embeds, int8.nothing(), never)
    louder = embeds.copy()
    louder[-1] *= 1e4

    ours = int8.run(louder, int8.nothing(), never)

    np.testing.assert_allclose(ours.values[:, :-1], whole.values[:, :-1], atol=1e-4)
