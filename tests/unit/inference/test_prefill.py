from __future__ import annotations

from itertools import count
from pathlib import Path

import numpy as np
import pytest

from sidecar.errors import CancelledError, LoadFailedError
from sidecar.inference.prefill import LayerOptions, Prefill
from tests.unit.convert.test_prefill_graph import never, prefill
from tests.unit.convert.towers import Floats
from tests.unit.models import TinyModel, tiny_asr


@pytest.fixture(scope="module")
def model() -> TinyModel:
    return tiny_asr()


@pytest.fixture(scope="module")
def embeds() -> Floats:
    return np.random.default_rng(6).normal(0, 0.5, (50, 96)).astype(np.float32)


@pytest.mark.parametrize("at_once", [1, 7, 25])
def test_rows_at_once_change_no_result(
    model: TinyModel, embeds: Floats, tmp_path: Path, at_once: int
) -> None:
    whole = prefill(model, tmp_path, "fp32")
    past = whole.run(embeds[:10], whole.nothing(), never)
    pieces = Prefill(tmp_path / "prefill.onnx", LayerOptions(rows_at_once=at_once))

    ours = pieces.run(embeds[10:], past, never)

    wanted = whole.run(embeds[10:], past, never)
    np.testing.assert_allclose(ours.keys, wanted.keys, atol=1e-5)
    np.testing.assert_allclose(ours.values, wanted.values, atol=1e-5)


def test_no_embeddings_give_no_keys(model: TinyModel, tmp_path: Path) -> None:
    fp32 = prefill(model, tmp_path, "fp32")

    ours = fp32.run(np.empty((0, 96), np.float32), fp32.nothing(), never)

    assert len(ours) == 0


@pytest.mark.parametrize("asked", [1, 3])
def test_it_stops_before_the_rows_at_which_it_is_told_to(
    model: TinyModel, embeds: Floats, tmp_path: Path, asked: int
) -> None:
    fp32 = prefill(model, tmp_path, "fp32", at_once=10)
    asking = count(1)

    with pytest.raises(CancelledError):
        fp32.run(embeds, fp32.nothing(), lambda: next(asking) == asked)

    assert next(asking) == asked + 1


def test_a_missing_graph_is_named(tmp_path: Path) -> None:
    with pytest.raises(LoadFailedError) as failure:
        Prefill(tmp_path / "prefill.onnx", LayerOptions())

    assert failure.value.detail == "prefill.onnx"
