from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch

from sidecar.convert.checkpoint import Checkpoint
from sidecar.convert.decoder_gguf import (
    Floats,
    write_decoder,
    write_embeddings,
    write_tokenizer,
)
from sidecar.convert.tensors import EMBEDDINGS
from sidecar.convert.vocabulary import read_vocabulary
from sidecar.inference.context import DecoderOptions
from sidecar.inference.decoder import Decoder
from sidecar.inference.tokenizer import Tokenizer
from tests.unit.checkpoints import write_checkpoint
from tests.unit.models import TinyModel, tiny_aligner, tiny_asr

EXACT = DecoderOptions(n_cells=256, n_sequences=1, kv="f32", flash_attention=False, n_threads=1)
MODELS = {"tied": tiny_asr(), "untied": tiny_asr(tied=False)}


def never() -> bool:
    return False


def converted(folder: Path, tiny: TinyModel, floats: Floats = "f32") -> Path:
    checkpoint = Checkpoint(write_checkpoint(folder / "checkpoint", tiny))
    model = checkpoint.model
    vocabulary = read_vocabulary(checkpoint.folder, model.text.rows, "<asr_text>")
    path = folder / "decoder.gguf"
    write_decoder(path, model, checkpoint.blocks, vocabulary, floats)
    return path


def embeds_of(n: int) -> npt.NDArray[np.float32]:
    return np.random.default_rng(1).normal(scale=0.2, size=(n, 96)).astype(np.float32)


def logits_of(path: Path, embeds: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    decoder = Decoder(path, EXACT)
    try:
        return decoder.feed(0, embeds, never, wanted=range(len(embeds)))
    finally:
        decoder.close()


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize(("floats", "tolerance"), [("f32", 1e-4), ("f16", 2e-2)])
def test_logits_are_those_of_transformers(
    tmp_path: Path, kind: str, floats: Floats, tolerance: float
) -> None:
    path = converted(tmp_path, MODELS[kind], floats)
    embeds = embeds_of(40)

    ours = logits_of(path, embeds)

    with torch.no_grad():
        theirs = MODELS[kind].reference(inputs_embeds=torch.tensor(embeds)[None]).logits[0].numpy()
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, atol=tolerance)
    assert theirs.std() > 0.3  # far more than the tolerance: they tell tokens apart


def test_a_blockwise_copy_is_the_same_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = converted(tmp_path / "whole", MODELS["tied"], "f16").read_bytes()
    monkeypatch.setattr("sidecar.convert.checkpoint.BLOCK_BYTES", 1000)

    in_blocks = converted(tmp_path / "blocks", MODELS["tied"], "f16").read_bytes()

    assert in_blocks == whole


def test_an_aligner_has_its_table_and_its_tokenizer_beside_it(tmp_path: Path) -> None:
    tiny = tiny_aligner()
    checkpoint = Checkpoint(write_checkpoint(tmp_path, tiny))
    vocabulary = read_vocabulary(tmp_path, checkpoint.model.text.rows, "<timestamp>")

    write_embeddings(tmp_path / "embeddings.npy", checkpoint.model, checkpoint.blocks)
    write_tokenizer(tmp_path / "tokenizer.gguf", checkpoint.model, vocabulary)

    table = np.load(tmp_path / "embeddings.npy", mmap_mode="r")
    np.testing.assert_array_equal(table, tiny.state[EMBEDDINGS].astype(np.float16))
    tokenizer = Tokenizer(tmp_path / "tokenizer.gguf")
    assert tokenizer.n_tokens == len(table)
    assert tokenizer.token("<timestamp>") == tiny.config["timestamp_token_id"]
