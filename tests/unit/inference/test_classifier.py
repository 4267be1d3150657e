from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from sidecar.convert.architecture import read_architecture
from sidecar.convert.prefill_graph import write_aligner
from sidecar.errors import CancelledError, LoadFailedError
from sidecar.inference.classifier import Classifier
from sidecar.inference.prefill import LayerOptions
from sidecar.model_store.manifest import EncoderKind
from tests.unit.convert.towers import Floats, cosines
from tests.unit.models import TinyModel, tiny_aligner

MARKS = (0, 3, 4, 150, 299)


def never() -> bool:
    return False


@pytest.fixture(scope="module")
def model() -> TinyModel:
    return tiny_aligner()


@pytest.fixture(scope="module")
def embeds() -> Floats:
    return np.random.default_rng(5).normal(0, 0.5, (300, 96)).astype(np.float32)


@pytest.fixture(scope="module")
def theirs(model: TinyModel, embeds: Floats) -> Floats:
    with torch.no_grad():
        logits = model.reference(inputs_embeds=torch.from_numpy(embeds)[None]).logits[0]
    marked: Floats = logits.numpy()[list(MARKS)]
    return marked


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, model: TinyModel) -> Path:
    folder = tmp_path_factory.mktemp("classifier")
    config = {**model.config, "architectures": ["Qwen3ASRForTokenClassification"]}
    (folder / "config.json").write_text(json.dumps(config))
    shape = read_architecture(folder)
    kinds: tuple[EncoderKind, ...] = ("fp32", "int8")
    for kind in kinds:
        path = folder / f"{kind}.onnx"
        write_aligner(path, shape.text, shape.n_classes, model.state.__getitem__, kind)
    return folder


@pytest.mark.parametrize("at_once", [1, 7, 128, 512])
def test_marks_say_what_they_say_in_transformers_however_many_rows_are_computed_at_once(
    folder: Path, embeds: Floats, theirs: Floats, at_once: int
) -> None:
    classifier = Classifier(folder / "fp32.onnx", LayerOptions(rows_at_once=at_once))

    ours = classifier.logits(embeds, MARKS, never)

    np.testing.assert_allclose(ours, theirs, atol=1e-4)
    assert theirs.std() > 0.3


def test_in_integers_they_say_nearly_the_same(folder: Path, embeds: Floats, theirs: Floats) -> None:
    ours = Classifier(folder / "int8.onnx", LayerOptions()).logits(embeds, MARKS, never)

    assert cosines(ours, theirs).min() > 0.995


def test_an_abort_is_asked_for_before_each_batch_of_rows(folder: Path, embeds: Floats) -> None:
    classifier = Classifier(folder / "fp32.onnx", LayerOptions(rows_at_once=100))

    for nth in (1, 2, 3):
        answers = iter([False] * (nth - 1) + [True])
        with pytest.raises(CancelledError):
            classifier.logits(embeds, MARKS, partial(next, answers))
    assert len(classifier.logits(embeds, MARKS, never)) == len(MARKS)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LoadFailedError, match="missing"):
        Classifier(tmp_path / "decoder.onnx", LayerOptions())
