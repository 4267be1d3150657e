"""Finding any part of any word, in any script: the text as pairs of characters.

Chinese has no spaces between words, so a search must find what stands anywhere, and most
words have two characters. SQLite's own trigrams find nothing shorter than three, so each word
(what stands between spaces) is indexed here as all its pairs of neighbours, and a last pair
with nothing behind:

    "abc d"  ->  ab bc c_ d_

Part of a word is then a phrase of pairs, and a single character the beginning of one. Each
character is written as six hexadecimal digits, so that SQLite's tokenizer has no opinion on
what is a letter, and nothing in a query can be an operator.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate, pairwise

NOTHING = "000000"
BEFORE_CHARS = 24  # of a line, before what was looked for
LINE_CHARS = 160


def folded(text: str) -> str:
    """The text without what a search takes no notice of: case, width, ways to write one letter.

    >>> folded("Große Straße")
    'grosse strasse'
    """
    return "".join(map(_folded_char, unicodedata.normalize("NFC", text)))


def grams(text: str) -> str:
    """The pairs of a text, as SQLite's tokenizer `ascii` is to see them.

    >>> grams("ab")
    '000061000062 000062000000'
    """
    return " ".join(gram for word in folded(text).split() for gram in _pairs(word, end=NOTHING))


def words_of(query: str) -> tuple[str, ...]:
    """What a text must have, each of it."""
    return tuple(dict.fromkeys(folded(query).split()))


def match_of(words: tuple[str, ...]) -> str:
    """The same for SQLite's MATCH; there must be a word."""
    return " AND ".join(_phrase(word) for word in words)


def excerpt(text: str, words: tuple[str, ...]) -> str:
    """A line of the text around the first of the words in it; "" where it has none.

    >>> excerpt("One  two three", ("two",))
    'One two three'
    """
    written = unicodedata.normalize("NFC", text)
    pieces = [_folded_char(char) for char in written]
    searched = "".join(pieces)
    hits = [at for word in words if (at := searched.find(word)) >= 0]
    if not hits:
        return ""
    # Folding may make one character several, so places differ between the two.
    ends = list(accumulate(map(len, pieces)))
    return _line(written, bisect_right(ends, min(hits)))


def _line(text: str, at: int) -> str:
    start = max(0, at - BEFORE_CHARS)
    end = start + LINE_CHARS
    line = " ".join(text[start:end].split())
    return f"{'…' if start else ''}{line}{'…' if end < len(text) else ''}"


def _phrase(word: str) -> str:
    if len(word) == 1:
        return f"{_code(word)}*"
    return f'"{" ".join(_pairs(word))}"'


def _pairs(word: str, end: str = "") -> list[str]:
    codes = [_code(char) for char in word]
    return [one + other for one, other in pairwise([*codes, end] if end else codes)]


@lru_cache(maxsize=65_536)
def _folded_char(char: str) -> str:
    return unicodedata.normalize("NFKC", char).casefold()


@lru_cache(maxsize=65_536)
def _code(char: str) -> str:
    return f"{ord(char):06x}"
