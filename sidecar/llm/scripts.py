"""Which scripts a text is written in."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

_FEW_LETTERS = 4
_SHIFT = 0.35  # of all letters; a misheard name may have been written in another script


def same_scripts(raw: str, clean: str, hotwords: Iterable[str] = ()) -> bool:
    """Whether both are written in about the same scripts, in about the same shares.

    Hotwords do not count: they are spelled as somebody wishes.
    """
    for word in hotwords:
        raw, clean = raw.replace(word, ""), clean.replace(word, "")
    ours, theirs = _letters_by_script(raw), _letters_by_script(clean)
    n_ours, n_theirs = ours.total(), theirs.total()
    if min(n_ours, n_theirs) < _FEW_LETTERS:
        return True
    return all(
        abs(ours[script] / n_ours - theirs[script] / n_theirs) <= _SHIFT
        for script in {*ours, *theirs}
    )


def _letters_by_script(text: str) -> Counter[str]:
    return Counter(filter(None, map(_script, text)))


@lru_cache(4096)
def _script(char: str) -> str:
    """The script of a letter, as its name begins; Kana and Han are used together."""
    if not char.isalpha():
        return ""
    first = unicodedata.name(char, "?").split(" ")[0]
    return "CJK" if first in ("HIRAGANA", "KATAKANA") else first
