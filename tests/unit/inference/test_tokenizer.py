from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import Qwen2Tokenizer

from sidecar.convert.checkpoint import Checkpoint
from sidecar.convert.decoder_gguf import write_tokenizer
from sidecar.convert.vocabulary import read_vocabulary
from sidecar.errors import LoadFailedError, ModelCorruptError
from sidecar.inference.tokenizer import Tokenizer
from tests.unit.checkpoints import write_checkpoint
from tests.unit.models import tiny_aligner, tokens


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint, and the tokenizer's file that is made of it."""
    folder = tmp_path_factory.mktemp("tokenizer")
    write_checkpoint(folder, tiny_aligner(), layout="original")
    model = Checkpoint(folder).model
    write_tokenizer(
        folder / "tokenizer.gguf", model, read_vocabulary(folder, model.text.rows, "<timestamp>")
    )
    return folder


@pytest.fixture(scope="module")
def tokenizer(folder: Path) -> Tokenizer:
    return Tokenizer(folder / "tokenizer.gguf")


@pytest.fixture(scope="module")
def official(folder: Path) -> Qwen2Tokenizer:
    return Qwen2Tokenizer.from_pretrained(folder)


@given(word=st.text(st.characters(categories=["L", "N"]) | st.just("'"), min_size=1))
def test_words_have_the_tokens_that_they_have_in_transformers(
    tokenizer: Tokenizer, official: Qwen2Tokenizer, word: str
) -> None:
    word = unicodedata.normalize("NFC", word)

    assert tokenizer.tokens(word) == official(word)["input_ids"]


def test_marks_are_tokens_of_their_own(tokenizer: Tokenizer) -> None:
    marks = ["<timestamp>", "<|audio_start|>", "<|audio_end|>"]

    assert [tokenizer.token(mark) for mark in marks] == [tokens().index(mark) for mark in marks]
    with pytest.raises(ValueError, match="no token"):
        tokenizer.token("<nothing>")


def test_a_file_that_is_missing_or_damaged_is_refused(tmp_path: Path) -> None:
    damaged = tmp_path / "tokenizer.gguf"
    damaged.write_bytes(b"GGUF" + bytes(100))

    with pytest.raises(ModelCorruptError) as told:
        Tokenizer(damaged)

    assert told.value.detail == "tokenizer.gguf"
    with pytest.raises(LoadFailedError, match="missing"):
        Tokenizer(tmp_path / "none.gguf")
