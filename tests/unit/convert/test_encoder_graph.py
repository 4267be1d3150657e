from __future__ import annotations

import numpy as np
import pytest

from sidecar.inference.encoder import Encoder
from tests.unit.convert.towers import encode, log_mel, open_tower, reference, write_tower
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
