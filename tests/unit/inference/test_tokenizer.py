from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import Qwen2Tokenizer

from sidecar.errors import LoadFailedError, ModelCorruptError
from sidecar.inference.tokenizer import Tokenizer
from sidecar.model_store.manifest import TOKENIZER
from tests.unit.checkpoints import write_tokenizer
from tests.unit.installed import TinyModels
from tests.unit.models import tokens


@pytest.fixture(scope="module")
def tokenizer(tiny_model: TinyModels) -> Tokenizer:
    return Tokenizer(tiny_model("fp32", "f32", aligner=True) / TOKENIZER)


@pytest.fixture(scope="module")
def official(tmp_path_factory: pytest.TempPathFactory) -> Qwen2Tokenizer:
    folder = tmp_path_factory.mktemp("official")
    write_tokenizer(folder, whole=False)
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
