"""A text as it is compared: folded, with its numbers and addresses set aside."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from sidecar.llm.numbers import Numeral, numerals
from sidecar.text.units import is_character, split_units, unit_key

_SYMBOLS: Final = {
    "%": " percent ",
    "per cent": " percent ",
    "百分之": " percent 百分之",  # which the numerals still must see
    "$": " dollars ",
    "€": " euros ",
    "£": " pounds ",
    "¥": " 元 ",
    "°": " degrees ",
    "&": " and ",
}
_MINUS: Final = re.compile(r"(?<![\w.,)-])[-−](?=\d)")  # noqa: RUF001
_SYMBOL: Final = re.compile("|".join(map(re.escape, _SYMBOLS)))
_TOP: Final = "ai|app|cn|co|com|de|dev|edu|fr|gov|info|io|jp|me|net|org|tv|uk"
_ADDRESS: Final = re.compile(
    r"[a-z][a-z0-9+.-]*://[^\s<>\"，。！？、；）】》]+"  # noqa: RUF001
    r"|(?<![a-z0-9._%+-])[a-z0-9._%+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+"
    rf"|(?<![a-z0-9.-])(?:www\.[a-z0-9.-]+|(?:[a-z0-9-]+\.)+(?:{_TOP})(?![a-z0-9]))"
    r"(?:/[^\s<>\"，。！？、；）】》]*)?"  # noqa: RUF001
)
_CORE: Final = re.compile(r"\w(?:.*\w)?", re.DOTALL)
_SPOKEN: Final = re.compile(r"\s*\b(dot|at|slash|dash|underscore|colon)\b\s*|点|\s+")
_WRITTEN: Final = {
    "dot": ".",
    "at": "@",
    "slash": "/",
    "dash": "-",
    "underscore": "_",
    "colon": ":",
    "点": ".",
}
_words: Final = str.split
_WEAK: Final = frozenset(
    _words(
        "a an the of to in on at is was are were be and or that it its have 的 了 地 得 着 过 是"
    )
)
_HAN_WEIGHT: Final = 0.7  # three characters weigh as much as two words


@dataclass(frozen=True, slots=True)
class Unit:
    """A word, or a character where words are not written apart.

    Attributes:
        key: what it shares with the same unit elsewhere.
        start: where it stands in the folded text, first character.
        end: the one after its last.
        weight: how much it matters that it is there.
    """

    key: str
    start: int
    end: int
    weight: float


@dataclass(frozen=True, slots=True)
class Folded:
    """A text to compare.

    Attributes:
        text: in lower case and plain forms.
        units: its words and characters, without numbers.
        numerals: its numbers.
        addresses: of web pages and e-mail, as they are folded.
    """

    text: str
    units: tuple[Unit, ...]
    numerals: tuple[Numeral, ...]
    addresses: tuple[str, ...]


def fold(text: str) -> Folded:
    """The text, ready to be compared.

    >>> [unit.key for unit in fold("Um, 25 % of IT.").units]
    ['um', 'percent', 'of', 'it']
    """
    plain = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")  # noqa: RUF001
    signed = _MINUS.sub(" minus ", plain)
    folded = _SYMBOL.sub(lambda found: _SYMBOLS[found[0]], signed)
    found = numerals(folded)
    addresses = (match[0].rstrip(".,;:!?)'\"") for match in _ADDRESS.finditer(plain))
    return Folded(folded, tuple(_units(folded, found)), found, tuple(addresses))


def as_spoken(text: str) -> str:
    """The folded text with spoken signs written, and no space: "a dot com" has "a.com"."""
    return _SPOKEN.sub(lambda found: _WRITTEN.get(found[0].strip(), ""), text)


def _units(text: str, found: Iterable[Numeral]) -> Iterator[Unit]:
    hidden = list(text)
    for each in found:
        hidden[each.start : each.end] = " " * (each.end - each.start)
    if "百分之" in text:
        hidden = list("".join(hidden).replace("百分之", "   "))
    pieces = split_units("".join(hidden))
    ends = list(accumulate(map(len, pieces)))
    for piece, end in zip(pieces, ends, strict=True):
        core = _CORE.search(piece)
        key = unit_key(core[0]) if core else ""
        if core and key:
            before = end - len(piece)
            yield Unit(key, before + core.start(), before + core.end(), _weight(key))


def _weight(key: str) -> float:
    if key in _WEAK:
        return 0.25
    return _HAN_WEIGHT if is_character(key) else 1.0
