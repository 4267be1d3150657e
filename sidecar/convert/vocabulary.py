"""Qwen2's byte-level BPE, as the decoder's file keeps it: pieces, their types, merges.

Checkpoints have it as `tokenizer.json`, or as `vocab.json`, `merges.txt` and a list of added
tokens in `tokenizer_config.json`; both say the same. llama.cpp splits text itself before it
merges (`tokenizer.ggml.pre` = "qwen2") and does not normalise: whoever tokenises has to give
text in Unicode's form NFC, as Qwen2's own tokenizer makes it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

from sidecar.errors import LoadFailedError, ModelCorruptError

WHOLE = "tokenizer.json"
PIECES = "vocab.json"
MERGES = "merges.txt"
CONFIG = "tokenizer_config.json"

END_OF_TURN = "<|im_end|>"
END_OF_TEXT = "<|endoftext|>"
NEEDED = (
    *(END_OF_TEXT, "<|im_start|>", END_OF_TURN),
    *("<|audio_start|>", "<|audio_end|>", "<|audio_pad|>"),
)


class TokenType(IntEnum):
    """What llama.cpp does with a token (`llama_token_attr`, as GGUF numbers them).

    Attributes:
        NORMAL: a piece that merges lead to.
        CONTROL: found in text only by who asks for it, and never shown.
        USER_DEFINED: found in any text before it is split, and shown.
        UNUSED: a row of the embedding table without a token.
    """

    NORMAL = 1
    CONTROL = 3
    USER_DEFINED = 4
    UNUSED = 5


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A byte-level BPE.

    Attributes:
        tokens: by id, one for each row of the embedding table.
        types: of each token.
        merges: pairs of pieces with a space between, the most frequent first.
    """

    tokens: tuple[str, ...]
    types: tuple[TokenType, ...]
    merges: tuple[str, ...]

    @property
    def end_of_turn(self) -> int:
        """Id of the token that ends an answer."""
        return self.tokens.index(END_OF_TURN)

    @property
    def end_of_text(self) -> int:
        """Id of the token that ends a document."""
        return self.tokens.index(END_OF_TEXT)


def read_vocabulary(folder: Path, n_rows: int, mark: str) -> Vocabulary:
    """The vocabulary of a checkpoint, padded to the rows of its embedding table.

    Args:
        folder: of the checkpoint.
        n_rows: of the embedding table.
        mark: a token of this family, which it must have besides Qwen's own.

    Raises:
        LoadFailedError: the folder has no tokenizer, or one of another kind.
        ModelCorruptError: a file of the tokenizer is damaged; `detail` is its name.
    """
    file = tokenizer_files(folder)[0]
    try:
        raw = _read_whole(folder) if file == WHOLE else _read_parts(folder)
        return _built(raw, n_rows, mark)
    except FileNotFoundError as error:
        missing = Path(error.filename).name
        raise LoadFailedError(
            f"There is no {missing} in that folder. Give the folder of an official checkpoint."
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ModelCorruptError(
            f"The checkpoint's {file} cannot be used: {error}. Download the checkpoint again.",
            detail=file,
        ) from None


def tokenizer_files(folder: Path) -> tuple[str, ...]:
    """Names of the files that `read_vocabulary` reads."""
    return (WHOLE,) if (folder / WHOLE).is_file() else (PIECES, MERGES, CONFIG)


@dataclass(frozen=True, slots=True)
class _Raw:
    """What both forms say: ids of pieces, (id, special) of added tokens, merges."""

    pieces: dict[str, int]
    added: dict[str, tuple[int, bool]]
    merges: list[str]


def _read_whole(folder: Path) -> _Raw:
    content = json.loads((folder / WHOLE).read_bytes())
    model = content["model"]
    if model.get("type") != "BPE":
        raise ValueError("it holds no byte-level BPE")
    added = {each["content"]: _added(each["id"], each) for each in content["added_tokens"]}
    merges = [each if isinstance(each, str) else " ".join(each) for each in model["merges"]]
    return _Raw(model["vocab"], added, merges)


def _read_parts(folder: Path) -> _Raw:
    pieces = json.loads((folder / PIECES).read_bytes())
    lines = (folder / MERGES).read_bytes().decode().split("\n")  # other ends are pieces
    config = json.loads((folder / CONFIG).read_bytes())["added_tokens_decoder"]
    added = {each["content"]: _added(number, each) for number, each in config.items()}
    return _Raw(pieces, added, [line for line in lines if line and not line.startswith("#version")])


def _added(number: str | int, described: dict[str, Any]) -> tuple[int, bool]:
    return int(number), bool(described.get("special", False))


def _built(raw: _Raw, n_rows: int, mark: str) -> Vocabulary:
    tokens = [f"[PAD{i}]" for i in range(n_rows)]
    types = [TokenType.UNUSED] * n_rows
    for piece, i in raw.pieces.items():
        _place(tokens, types, i, piece, TokenType.NORMAL)
    for token, (i, special) in raw.added.items():
        _place(tokens, types, i, token, TokenType.CONTROL if special else TokenType.USER_DEFINED)
    _check(raw, mark)
    return Vocabulary(tuple(tokens), tuple(types), tuple(raw.merges))


def _place(tokens: list[str], types: list[TokenType], i: int, token: str, kind: TokenType) -> None:
    if not 0 <= i < len(tokens):
        raise ValueError(f"the token {i} has no row among {len(tokens)} embeddings")
    tokens[i], types[i] = token, kind


def _check(raw: _Raw, mark: str) -> None:
    for token in (*NEEDED, mark):
        if token not in raw.added:
            raise ValueError(f"the token {token} is missing")
    if not raw.merges:
        raise ValueError("it has no merges")
    for merge in raw.merges:
        left, _, right = merge.partition(" ")
        if any(piece not in raw.pieces for piece in (left, right, left + right)):
            raise ValueError(f"the merge {merge!r} is of pieces that it does not have")
