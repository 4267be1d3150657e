"""Cutting a long text where a reader would pause, so that each piece is cleaned whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

# Where to cut, best first. Each matches what stands before the cut.
_BOUNDARIES: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"\n+",
        r"[.!?…][\"'”’)\]]*(?=\s)|[。！？][”’」』）]*",  # noqa: RUF001
        r"[,;:](?=\s)|[，、；：]",  # noqa: RUF001
        r"\s+",
        r"[^\x00-\x7f]",  # no word of Latin letters and no number is torn apart
    )
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text to be cleaned, and the white space before it, which stays."""

    gap: str
    text: str


def cut(text: str, max_chars: int) -> tuple[Piece, ...]:
    """Pieces of at most `max_chars`; what is lost of the text is white space at its end.

    >>> [piece.text for piece in cut("One. Two. Three.", 10)]
    ['One. Two.', 'Three.']
    """
    return tuple(_pieces(text, max_chars))


def _pieces(text: str, max_chars: int) -> Iterator[Piece]:
    rest = text.rstrip()
    while rest:
        body = rest.lstrip()
        gap = rest[: len(rest) - len(body)]
        end = _end(body, max_chars)
        taken = body[:end].rstrip()
        yield Piece(gap, taken)
        rest = body[len(taken) :]


def _end(text: str, max_chars: int) -> int:
    """Where the first piece ends: late, but not so that a good place is missed for a bad one."""
    if len(text) <= max_chars:
        return len(text)
    for boundary in _BOUNDARIES:
        ends = [match.end() for match in boundary.finditer(text, 0, max_chars + 1)]
        fitting = [end for end in ends if max_chars // 3 <= end <= max_chars]
        if fitting:
            return fitting[-1]
    return max_chars
