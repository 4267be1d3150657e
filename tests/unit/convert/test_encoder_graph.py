from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sidecar.inference.encoder import Encoder, EncoderOptions
from sidecar.model_store.manifest import EncoderKind
from tests.unit.convert.towers import (
    chunks,
    cosines,
    encode,
    log_mel,
    open_tower,
    reference,
    windows,
    write_tower,
)
from tests.unit.models import TinyModel, tiny_asr


@pytest.fixture(scope="module")
def model() -> TinyModel:
    return tiny_asr()


@pytest.fixture(scope="module")
def encoder(model: TinyModel, tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    folder = tmp_path_factory.mktemp("tower")
    write_tower(model, folder, "fp32")
    return open_tower(folder)


@pytest.mark.parametrize("seconds", [0.5, 1, 7.9, 8, 8.1, 41])
def test_embeddings_are_those_of_transformers(
    model: TinyModel, encoder: Encoder, seconds: float
) -> None:
    mel = log_mel(seconds)
    theirs = reference(model, mel)

    ours = encode(encoder, mel)

    assert theirs.std(axis=0).max() > 0.03  # they do differ from token to token
    np.testing.assert_allclose(ours, theirs, atol=3e-6)


@pytest.mark.parametrize(("kind", "least"), [("fp16", 0.99999), ("int8", 0.999), ("int4", 0.99)])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_quantised_embeddings_are_close(
    tmp_path: Path, kind: EncoderKind, least: float, seed: int
) -> None:
    model, mel = tiny_asr(seed), log_mel(8.5, seed)
    write_tower(model, tmp_path, kind)

    ours = encode(open_tower(tmp_path), mel)

    assert cosines(ours, reference(model, mel)).min() > least


@pytest.mark.parametrize("kind", ["int8", "int4"])
def test_a_quantised_second_or_window_is_the_same_in_any_company(
    model: TinyModel, tmp_path: Path, kind: EncoderKind
) -> None:
    write_tower(model, tmp_path, kind)
    mel = log_mel(11)
    mel[:, :300] *= 20  # so loud that shared scales would drown the rest
    alone = open_tower(tmp_path, EncoderOptions(chunks_at_once=1, windows_at_once=1))
    together = open_tower(tmp_path, EncoderOptions(chunks_at_once=64, windows_at_once=64))

    frames, batched = (tower.stem(chunks(mel), lambda: False) for tower in (alone, together))

    np.testing.assert_allclose(batched, frames, atol=1e-5)
    np.testing.assert_allclose(
        together.encode(windows(frames, 1100), lambda: False)[1],
        alone.encode(windows(frames, 1100), lambda: False)[1],
        atol=1e-5,
    )
