"""Text to tokens and back, by the tokenizer that a GGUF file carries."""

from __future__ import annotations

import ctypes
from typing import Any

from sidecar.inference.llama import llama


class Vocabulary:
    """The tokenizer of a loaded model, which must outlive it."""

    def __init__(self, model: Any) -> None:  # noqa: ANN401
        self._vocab = llama().llama_model_get_vocab(model)
        self.n_tokens: int = llama().llama_vocab_n_tokens(self._vocab)

    def tokens(self, text: str, *, special: bool = False) -> list[int]:
        """The tokens of a text.

        Args:
            text: any; a part of a text may give other tokens than within it.
            special: take `<|im_start|>` and the like for what they mean. Never for text that
                came from outside.
        """
        raw = text.encode()
        n_most = len(raw) + 8  # a token is a byte at least; some models add marks around
        found = (ctypes.c_int32 * n_most)()
        n_found: int = llama().llama_tokenize(
            self._vocab, raw, len(raw), found, n_most, False, special
        )
        if n_found < 0:
            raise ValueError(f"{-n_found} tokens from {len(raw)} bytes")
        return list(found[:n_found])

    def token(self, text: str) -> int:
        """The one special token that is written like this.

        Raises:
            ValueError: there is none.
        """
        tokens = self.tokens(text, special=True)
        if len(tokens) != 1:
            raise ValueError(f"{text} is no token of this vocabulary")
        return tokens[0]

    def piece(self, token: int) -> bytes:
        """What a token writes: bytes, as a character may take several. Nothing if it is a mark."""
        room = 64
        while True:
            text = ctypes.create_string_buffer(room)
            length: int = llama().llama_token_to_piece(self._vocab, token, text, room, 0, False)
            if length >= 0:
                return text.raw[:length]
            room = -length
