from __future__ import annotations

from itertools import count
from pathlib import Path

import numpy as np
import onnx
import pytest

from sidecar.errors import CancelledError, LoadFailedError
from sidecar.inference.prefill import LayerOptions, Prefill
from tests.unit.convert.test_prefill_graph import assert_same, computed, never, prefill
from tests.unit.convert.towers import Floats
from tests.unit.models import TinyModel


@pytest.fixture(scope="module")
def embeds() -> Floats:
    return np.random.default_rng(6).normal(0, 0.5, (50, 96)).astype(np.float32)


@pytest.mark.parametrize("at_once", [1, 7, 25])
def test_rows_at_once_change_no_result(
    model: TinyModel, embeds: Floats, tmp_path: Path, at_once: int
) -> None:
    whole = prefill(model, tmp_path, "fp32")
    pieces = Prefill(tmp_path / "prefill.onnx", LayerOptions(rows_at_once=at_once))

    ours = computed(pieces, embeds)

    assert_same(ours, computed(whole, embeds))


def test_an_aborted_run_leaves_what_was_there(
    model: TinyModel, embeds: Floats, tmp_path: Path
) -> None:
    fp32 = prefill(model, tmp_path, "fp32")
    room = fp32.room(len(embeds))
    fp32.extend(room, 0, embeds[:10], never)
    before = room.of(0, 10).keys.copy()

    with pytest.raises(CancelledError):
        fp32.extend(room, 10, embeds[10:], lambda: True)

    np.testing.assert_array_equal(room.of(0, 10).keys, before)


@pytest.mark.parametrize("asked", [1, 3])
def test_it_stops_before_the_rows_at_which_it_is_told_to(
    model: TinyModel, embeds: Floats, tmp_path: Path, asked: int
) -> None:
    fp32 = prefill(model, tmp_path, "fp32", at_once=10)
    asking = count(1)

    with pytest.raises(CancelledError):
        fp32.extend(fp32.room(len(embeds)), 0, embeds, lambda: next(asking) == asked)

    assert next(asking) == asked + 1


def test_a_missing_graph_is_named(tmp_path: Path) -> None:
    with pytest.raises(LoadFailedError) as failure:
        Prefill(tmp_path / "prefill.onnx", LayerOptions())

    assert failure.value.detail == "prefill.onnx"


def test_a_graph_of_another_version_is_told_apart(model: TinyModel, tmp_path: Path) -> None:
    graph = tmp_path / "prefill.onnx"
    prefill(model, tmp_path, "fp32")
    content = onnx.load(graph, load_external_data=False)
    for name in ("kept_keys", "kept_values"):  # as a version had it that gave only the others
        [output] = [each for each in content.graph.output if each.name == name]
        content.graph.output.remove(output)
    onnx.save(content, graph)

    with pytest.raises(LoadFailedError, match="another version") as failure:
        Prefill(graph, LayerOptions())

    assert failure.value.detail == "prefill.onnx"
