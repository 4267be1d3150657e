from __future__ import annotations

from collections import Counter
from pathlib import Path

import gguf
import pytest

from sidecar.convert.checkpoint import Checkpoint
from sidecar.convert.decoder_gguf import write_decoder
from sidecar.convert.vocabulary import read_vocabulary
from sidecar.errors import LoadFailedError
from sidecar.inference.quantiser import Kind, quantise
from tests.unit.checkpoints import write_checkpoint
from tests.unit.installed import AUDIO, TEXT
from tests.unit.models import TinyModel, tiny_asr


def half(folder: Path, tiny: TinyModel, *, with_head: bool = False) -> Path:
    checkpoint = Checkpoint(write_checkpoint(folder / "checkpoint", tiny))
    vocabulary = read_vocabulary(checkpoint.folder, checkpoint.model.text.rows, "<asr_text>")
    path = folder / "half.gguf"
    blocks = checkpoint.blocks
    write_decoder(path, checkpoint.model, blocks, vocabulary, "f16", with_head=with_head)
    return path


def types_of(path: Path) -> dict[str, str]:
    return {tensor.name: tensor.tensor_type.name for tensor in gguf.GGUFReader(path).tensors}


@pytest.mark.parametrize(
    ("kind", "body", "head"),
    [("q8_0", "Q8_0", "Q8_0"), ("q5_k", "Q5_K", "Q6_K"), ("q4_k", "Q4_K", "Q6_K")],
)
@pytest.mark.parametrize("tied", [True, False])
def test_weights_get_few_bits_and_the_vocabulary_more(
    tmp_path: Path, kind: Kind, body: str, head: str, tied: bool
) -> None:
    source = half(tmp_path, tiny_asr(tied=tied, audio=AUDIO, text=TEXT))

    quantise(source, tmp_path / "small.gguf", kind, row=256, n_threads=1)

    types = types_of(tmp_path / "small.gguf")
    assert types["token_embd.weight"] == head
    assert types.get("output.weight", head) == head
    assert ("output.weight" in types) is not tied
    assert {kind for name, kind in types.items() if name.endswith("norm.weight")} == {"F32"}
    assert Counter(types.values()).most_common(1)[0][0] == body


@pytest.mark.parametrize(("kind", "kept"), [("q8_0", "Q8_0"), ("q5_k", "Q6_K"), ("q4_k", "Q6_K")])
def test_a_rough_output_layer_has_four_bits_and_embeddings_keep_theirs(
    tmp_path: Path, kind: Kind, kept: str
) -> None:
    source = half(tmp_path, tiny_asr(audio=AUDIO, text=TEXT), with_head=True)

    quantise(source, tmp_path / "small.gguf", kind, row=256, n_threads=1, rough_head=True)

    types = types_of(tmp_path / "small.gguf")
    assert types["output.weight"] == "Q4_0"
    assert types["token_embd.weight"] == kept


def test_rows_that_are_no_whole_blocks_keep_more_bits(tmp_path: Path) -> None:
    source = half(tmp_path, tiny_asr())

    quantise(source, tmp_path / "small.gguf", "q4_k", row=96, n_threads=1)

    types = types_of(tmp_path / "small.gguf")
    assert types["token_embd.weight"] == "Q8_0"
    assert set(types.values()) == {"F32", "Q5_0", "Q8_0"}


def test_what_is_no_model_is_not_quantised(tmp_path: Path) -> None:
    (tmp_path / "half.gguf").write_bytes(b"GGUF" + bytes(100))

    with pytest.raises(LoadFailedError, match="could not quantise"):
        quantise(tmp_path / "half.gguf", tmp_path / "small.gguf", "q4_k", row=96, n_threads=1)
