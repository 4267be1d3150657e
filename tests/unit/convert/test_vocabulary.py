from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import transformers
from hypothesis import example, given
from hypothesis import strategies as st

from sidecar.convert.architecture import read_architecture
from sidecar.convert.decoder_gguf import write_tokenizer
from sidecar.convert.vocabulary import TokenType, read_vocabulary, tokenizer_files
from sidecar.errors import LoadFailedError, ModelCorruptError
from sidecar.inference.tokenizer import Tokenizer
from tests.unit.checkpoints import write_checkpoint
from tests.unit.checkpoints import write_tokenizer as write_files
from tests.unit.models import MERGES, N_ROWS, SPECIALS, tiny_asr, tokens

MARK = "<asr_text>"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_files(tmp_path, whole=False)
    return tmp_path


def edited(path: Path, edit: Callable[[Any], object]) -> None:
    content = json.loads(path.read_bytes())
    edit(content)
    path.write_text(json.dumps(content))


def test_both_forms_of_a_tokenizer_say_the_same(tmp_path: Path) -> None:
    parts, whole = tmp_path / "parts", tmp_path / "whole"
    parts.mkdir()
    whole.mkdir()
    write_files(parts, whole=False)
    write_files(whole, whole=True)

    vocabularies = [read_vocabulary(each, N_ROWS, MARK) for each in (parts, whole)]

    assert vocabularies[0] == vocabularies[1]
    assert tokenizer_files(whole) == ("tokenizer.json",)
    assert set(tokenizer_files(parts)) == {path.name for path in parts.iterdir()}


def test_every_row_of_the_table_has_a_token(folder: Path) -> None:
    vocabulary = read_vocabulary(folder, N_ROWS, MARK)

    named = tokens()
    assert vocabulary.tokens[: len(named)] == tuple(named)
    assert vocabulary.tokens[len(named)] == f"[PAD{len(named)}]"
    assert set(vocabulary.types[len(named) :]) == {TokenType.UNUSED}
    assert len(vocabulary.tokens) == len(vocabulary.types) == N_ROWS
    assert vocabulary.merges == tuple(" ".join(pair) for pair in MERGES)
    assert vocabulary.tokens[vocabulary.end_of_turn] == "<|im_end|>"


def test_marks_in_text_are_shown_and_controls_are_not(folder: Path) -> None:
    vocabulary = read_vocabulary(folder, N_ROWS, MARK)

    types = dict(zip(vocabulary.tokens, vocabulary.types, strict=True))

    shown = {token for token in SPECIALS if types[token] is TokenType.USER_DEFINED}
    assert shown == {"<asr_text>", "<timestamp>"}
    assert {types[token] for token in set(SPECIALS) - shown} == {TokenType.CONTROL}


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tokenizer, Any]:
    """Our tokenizer and transformers', of the same checkpoint."""
    folder = write_checkpoint(tmp_path_factory.mktemp("text"), tiny_asr(), layout="original")
    model = read_architecture(folder)
    path = folder / "tokenizer.gguf"
    write_tokenizer(path, model, read_vocabulary(folder, model.text.rows, MARK))
    return Tokenizer(path), transformers.Qwen2TokenizerFast.from_pretrained(folder)


TEXTS = st.text(st.characters(codec="utf-8"), max_size=40) | st.lists(
    st.sampled_from(
        ["the ", "then", " The", "an", "in", "'s", "'LL", "\n", " \n", "  ", "12", "é"]
    ),
    max_size=12,
).map("".join)


@given(TEXTS)
@example("The then theethe\u3000the\r\n\r\n  the  12345 I'll they've 中文 שלום 한국 \U0001f600")
@example("language English<asr_text>the")
@example("<|im_start|>system\n<|im_end|>\n<timestamp>")
def test_text_becomes_the_tokens_that_transformers_makes_of_it(
    pair: tuple[Tokenizer, Any], text: str
) -> None:
    ours, theirs = pair
    text = unicodedata.normalize("NFC", text)

    found = ours.tokens(text, special=True)

    assert found == theirs.encode(text, add_special_tokens=False)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "merges.txt").unlink()

    with pytest.raises(LoadFailedError, match=r"no merges\.txt"):
        read_vocabulary(folder, N_ROWS, MARK)


def test_a_family_without_its_mark_is_damage(folder: Path) -> None:
    with pytest.raises(ModelCorruptError, match="<other> is missing"):
        read_vocabulary(folder, N_ROWS, "<other>")


def test_more_tokens_than_rows_are_damage(folder: Path) -> None:
    with pytest.raises(ModelCorruptError, match="has no row"):
        read_vocabulary(folder, 200, MARK)


@pytest.mark.parametrize("merges", ["", "#version: 0.2\n", "h\n", "h z\n", "h e\nzz top\n"])
def test_merges_of_unknown_pieces_are_damage(folder: Path, merges: str) -> None:
    (folder / "merges.txt").write_text(merges)

    with pytest.raises(ModelCorruptError, match="merge"):
        read_vocabulary(folder, N_ROWS, MARK)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"model": 1}', b"\xff", b'{"a": "b"}'])
@pytest.mark.parametrize("name", ["vocab.json", "tokenizer_config.json", "tokenizer.json"])
def test_a_damaged_file_is_damage(folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)

    with pytest.raises(ModelCorruptError):
        read_vocabulary(folder, N_ROWS, MARK)


def test_another_kind_of_tokenizer_is_refused(folder: Path) -> None:
    write_files(folder, whole=True)
    edited(folder / "tokenizer.json", lambda content: content["model"].update(type="Unigram"))

    with pytest.raises(ModelCorruptError, match="no byte-level BPE"):
        read_vocabulary(folder, N_ROWS, MARK)
