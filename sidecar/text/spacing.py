"""Joining pieces of text that were recognised apart."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Scripts that are written without spaces between words: Han, Kana and their full-width
# punctuation, Thai, Lao, Burmese, Khmer. Hangul is not among them.
_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u303f\u3040-\u30ff\u31f0-\u31ff"
    r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0002ebef]"
)


def join_pieces(pieces: Iterable[str]) -> str:
    """Join recognised pieces as their script is written: Latin with spaces, Chinese without.

    >>> join_pieces(["good morning", "everyone"])
    'good morning everyone'
    >>> join_pieces(["今天", "很好"])
    '今天很好'
    >>> join_pieces(["我用", "Python", "写"])
    '我用 Python 写'
    """
    text = ""
    for piece in (piece.strip() for piece in pieces):
        if text and piece and not (_UNSPACED.match(text[-1]) and _UNSPACED.match(piece[0])):
            text += " "
        text += piece
    return text
