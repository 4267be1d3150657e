"""Cutting text into what a forced aligner gives times to.

The aligner of Qwen3-ASR was trained on words without punctuation: letters, digits and
apostrophes. Which these are must agree with what it was trained on, and does, exactly, with
`Qwen3ASRProcessor.split_words_for_alignment` of transformers 5.23, which follows
https://github.com/QwenLM/Qwen3-ASR/blob/c17a131/qwen_asr/inference/qwen3_forced_aligner.py#L62-L145.

Only Japanese differs: there the original asks `nagisa` for words. Without that library every
Kana or ideograph is a unit, which gives more times and needs no dictionary. For Korean the
original asks `soynlp`, whose `LTokenizer` without scores leaves the words as they are spaced.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sidecar.text.units import cut_around, is_character

_IDEOGRAPHS: Final = (
    range(0x3400, 0x4DC0),
    range(0x4E00, 0xA000),
    range(0xF900, 0xFB00),
    range(0x20000, 0x2A6E0),
    range(0x2A700, 0x2CEB0),
    range(0x2F800, 0x2FA20),
)


@dataclass(frozen=True, slots=True)
class AlignmentUnit:
    """What gets one start and one end.

    Attributes:
        spoken: what the aligner is given: no space, no punctuation.
        written: its piece of the text, with the space before it and the punctuation around it.
    """

    spoken: str
    written: str


def alignment_units(text: str, language: str | None = None) -> tuple[AlignmentUnit, ...]:
    """Cut a text into units; their written pieces joined are the text again.

    A text without any letter or digit has none.

    Args:
        text: as it was recognised.
        language: BCP 47 tag.

    >>> [unit.spoken for unit in alignment_units("Don't (I said) 用Python写。")]
    ["Don't", 'I', 'said', '用', 'Python', '写']
    >>> [unit.written for unit in alignment_units("Don't (I said) 用Python写。")]
    ["Don't", ' (I', ' said)', ' 用', 'Python', '写。']
    """
    words = _words(text, _alone_in(language))
    if not words:
        return ()
    pieces = cut_around(text, [(places[0], places[-1] + 1) for places in words])
    spoken = ("".join(text[place] for place in places) for places in words)
    return tuple(map(AlignmentUnit, spoken, pieces))


def _words(text: str, alone: Callable[[str], bool]) -> list[list[int]]:
    """Where in the text the characters of each unit are. Spaces and what is `alone` part them."""
    words: list[list[int]] = []
    within = False
    for place, char in enumerate(text):
        if within and _is_kept(char) and not alone(char):
            words[-1].append(place)
        elif _is_kept(char):
            words.append([place])
            within = not alone(char)
        elif char.isspace():
            within = False
    return words


def _alone_in(language: str | None) -> Callable[[str], bool]:
    """Tells which characters are units of their own."""
    match (language or "").lower().partition("-")[0]:
        case "ja":
            return is_character
        case "ko":
            return lambda _: False
        case _:
            return _is_ideograph


def _is_kept(char: str) -> bool:
    return char == "'" or unicodedata.category(char)[0] in "LN" or _is_ideograph(char)


def _is_ideograph(char: str) -> bool:
    return any(ord(char) in block for block in _IDEOGRAPHS)
