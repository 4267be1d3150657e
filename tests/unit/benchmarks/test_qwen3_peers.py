"""What is compared does the same work: on exact weights all sides say the same tokens."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks._qwen3_checkpoint import checkpoint
from benchmarks._qwen3_engine import MODEL, THREADS, CappedEngine, n_new
from benchmarks._qwen3_published import Published
from benchmarks._qwen3_torch import Torch
from sidecar.convert.check import voice
from sidecar.convert.order import Order
from sidecar.convert.pipeline import convert
from sidecar.engine.base import Ask, SegmentOptions
from tests.unit.benchmarks.test_qwen3_checkpoint import TINY

SECONDS = 9.3  # a full window and a part of one
N_NEW = n_new(SECONDS)
SURE = replace(TINY, width=256, ffn=512)  # wide enough not to go round in circles
ENGLISH = SegmentOptions(language="en")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoint(tmp_path_factory.mktemp("bench"), SURE)


@pytest.fixture(scope="module")
def model(source: Path) -> Path:
    order = Order(source, source.parent / "exact", "exact", "fp32", "f32", prefill=False)
    convert(order, lambda *_: None, lambda: False)
    return order.target


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.npy"
    np.save(path, voice(SECONDS))
    return path


@pytest.fixture(scope="module")
def said(source: Path, clip: Path) -> str:
    """What PyTorch says."""
    answer = Torch(source, "float32", 1).recognise(str(clip), N_NEW)
    assert set(answer["stages"]) == {"mel", "encoder", "prefill", "generate"}
    text: str = answer["text"].strip()
    assert len(text.split()) == N_NEW
    return text


def test_the_published_pipeline_says_what_pytorch_says(model: Path, clip: Path, said: str) -> None:
    answer = Published(model, 1).recognise(str(clip), N_NEW)

    assert answer["text"].strip() == said
    assert set(answer["stages"]) == {"mel", "stem", "encoder", "prefill", "generate"}


def test_our_engine_says_what_pytorch_says_and_no_more(
    model: Path, clip: Path, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(MODEL, str(model))
    monkeypatch.setenv(THREADS, "1")
    engine = CappedEngine()
    engine.load()

    segment = engine.open(ENGLISH)
    segment.feed(np.load(clip))
    found = segment.decode(Ask(final=True), lambda: False)

    assert found.text == said


def test_given_text_counts_among_what_is_said(
    model: Path, clip: Path, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(MODEL, str(model))
    monkeypatch.setenv(THREADS, "1")
    engine = CappedEngine()
    engine.load()

    segment = engine.open(ENGLISH)
    segment.feed(np.load(clip))
    given = " " + " ".join(said.split()[:5])
    found = segment.decode(Ask(final=True, prefix=given), lambda: False)

    assert found.text == said
