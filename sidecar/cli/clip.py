"""The bundled recording, what is said in it, and how far a transcript is from that."""

from __future__ import annotations

import re
from pathlib import Path

_DATA = Path(__file__).with_name("data")

CLIP = _DATA / "demo.flac"


def reference() -> str:
    """What is said in the clip."""
    return " ".join((_DATA / "demo.txt").read_text(encoding="utf-8").split())


def words_of(text: str) -> list[str]:
    """The words of an English text, without case and punctuation.

    >>> words_of("Well, it's DONE.")
    ['well', "it's", 'done']
    """
    return re.findall(r"[\w']+", text.casefold())


def word_error_rate(said: str, heard: str) -> float:
    """Words to insert, delete or replace (Levenshtein), per word that was said.

    >>> word_error_rate("one two three four", "one too three")
    0.5
    """
    wanted, got = words_of(said), words_of(heard)
    row = list(range(len(got) + 1))
    for i, word in enumerate(wanted, start=1):
        before, row[0] = row[0], i
        for j, other in enumerate(got, start=1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != other))
    return row[-1] / len(wanted)
