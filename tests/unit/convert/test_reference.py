from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from sidecar.convert import reference
from sidecar.convert.checkpoint import Checkpoint
from sidecar.convert.tensors import EMBEDDINGS
from tests.unit.checkpoints import write_checkpoint
from tests.unit.models import TinyModel, tiny_aligner, tiny_asr

MODELS = {"asr": tiny_asr(), "aligner": tiny_aligner()}


@pytest.fixture(params=MODELS)
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Checkpoint, TinyModel]:
    tiny = MODELS[request.param]
    return Checkpoint(write_checkpoint(tmp_path, tiny)), tiny


@pytest.mark.parametrize(("n_frames", "n_tokens"), [(800, 104), (260, 34), (1, 1)])
def test_a_window_is_encoded_as_transformers_does(
    pair: tuple[Checkpoint, TinyModel], n_frames: int, n_tokens: int
) -> None:
    checkpoint, tiny = pair
    n_chunks = -(-n_frames // 100)
    mel = np.random.default_rng(0).normal(size=(128, n_chunks * 100)).astype(np.float32)
    mel[:, n_frames:] = 0
    chunks = mel.reshape(128, n_chunks, 100).swapaxes(0, 1)

    ours = reference.encode(checkpoint, chunks, n_tokens)

    mask = (torch.arange(n_chunks * 100) < n_frames).long()[None]
    with torch.no_grad():
        theirs = tiny.reference.model.get_audio_features(torch.tensor(mel)[None], mask)
    np.testing.assert_allclose(ours, theirs.pooler_output.numpy(), atol=2e-6)


def test_embeddings_are_decoded_as_transformers_does(
    pair: tuple[Checkpoint, TinyModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint, tiny = pair
    monkeypatch.setattr("sidecar.convert.checkpoint.BLOCK_BYTES", 100 * 96 * 4)
    tokens = [0, 319, 5, 5, 200, 100, 99, 17]

    embeds = reference.embed(checkpoint, tokens)
    ours = reference.decode(checkpoint, embeds)

    with torch.no_grad():
        theirs = tiny.reference(inputs_embeds=torch.tensor(embeds)[None])
    np.testing.assert_array_equal(embeds, tiny.state[EMBEDDINGS][tokens])
    np.testing.assert_allclose(ours.logits, theirs.logits[0].numpy(), atol=1e-5)


def test_keys_and_values_are_those_that_transformers_keeps(tmp_path: Path) -> None:
    tiny = MODELS["asr"]
    checkpoint = Checkpoint(write_checkpoint(tmp_path, tiny))
    embeds = reference.embed(checkpoint, [3, 1, 4, 1, 5, 9])

    ours = reference.decode(checkpoint, embeds)

    with torch.no_grad():
        kept = tiny.reference(inputs_embeds=torch.tensor(embeds)[None]).past_key_values
    for i, layer in enumerate(kept.layers):
        keys = layer.keys[0].swapaxes(0, 1).reshape(len(embeds), -1).numpy()
        values = layer.values[0].swapaxes(0, 1).reshape(len(embeds), -1).numpy()
        np.testing.assert_allclose(ours.keys[i], keys, atol=1e-5)
        np.testing.assert_allclose(ours.values[i], values, atol=1e-5)


def test_a_head_of_its_own_gives_the_logits(tmp_path: Path) -> None:
    tiny = tiny_asr(tied=False)
    checkpoint = Checkpoint(write_checkpoint(tmp_path, tiny))
    embeds = reference.embed(checkpoint, [3, 1, 4])

    ours = reference.decode(checkpoint, embeds)

    with torch.no_grad():
        theirs = tiny.reference(inputs_embeds=torch.tensor(embeds)[None]).logits[0].numpy()
    assert not checkpoint.model.text.tied
    np.testing.assert_allclose(ours.logits, theirs, atol=1e-5)
