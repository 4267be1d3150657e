"""Cutting text into the units in which it is compared, committed and scored.

A unit is a word where words are written apart, Korean included, and a character (with its
marks) in Han, Kana, Thai, Lao, Khmer and Burmese. Letters and digits of another script
between such characters are one unit. White space and opening brackets belong to the unit
after them, other punctuation to the unit before it, so that a comma that comes and goes
never changes how many units there are.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

_CHARACTER: Final = (  # of a script without spaces; `\w` keeps its marks and punctuation out
    r"(?=\w)[\u0e00-\u0eff\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f\u1780-\u17ff"
    r"\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3040-\u312f\u31a0-\u31bf"
    r"\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"
    r"\U0001b000-\U0001b16f\U00020000-\U000323af]"
)
_OPENING: Final = r"(\[{<«‹“‘„‚（［｛〈《「『【〔〖"  # noqa: RUF001
_MORE: Final = (  # punctuation and marks, also those that Unicode counts as letters
    rf"(?:[^\w\s{_OPENING}]|[\u0e33\u0eb3\uff9e\uff9f])*"
)
_CORE: Final = re.compile(rf"{_CHARACTER}{_MORE}|\w(?:(?!{_CHARACTER})\S)*")
_CLOSING: Final = re.compile(_MORE)
_SPACE: Final = re.compile(r"\s+(?=\S*\Z)")


def split_units(text: str) -> tuple[str, ...]:
    """Cut a text into units; joined without anything between they are the text again.

    >>> split_units("Very, very good!")
    ('Very,', ' very', ' good!')
    >>> split_units("我用 Python3写。")
    ('我', '用', ' Python3', '写。')
    """
    return cut_around(text, [core.span() for core in _CORE.finditer(text)])


def cut_around(text: str, cores: Sequence[tuple[int, int]]) -> tuple[str, ...]:
    """Cut a text into pieces, one around each core; what lies between them is shared out.

    Args:
        text: any.
        cores: of pieces, as the first character of each and the one after its last, in order.

    >>> cut_around("well (done)!", [(0, 4), (6, 10)])
    ('well', ' (done)!')
    """
    inner = (_boundary(text, end, start) for (_, end), (start, _) in pairwise(cores))
    cuts = [0, *inner, len(text)]
    return tuple(text[a:b] for a, b in pairwise(cuts) if a < b)


def unit_key(unit: str) -> str:
    """What two units must share to be the same: no case, width, punctuation or space.

    >>> unit_key(" Don't!")
    'dont'
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", unit).casefold())
    spoken = "".join(char for char in folded if unicodedata.category(char)[0] not in "PZC")
    return unicodedata.normalize("NFKC", spoken)


def is_character(unit: str) -> bool:
    """Whether the unit is of a script that is written without spaces."""
    core = _CORE.search(unit)
    return core is not None and re.match(_CHARACTER, core[0]) is not None


def _boundary(text: str, start: int, end: int) -> int:
    """Where between two cores one piece ends: before the last space, so a dash stays behind."""
    space = _SPACE.search(text, start, end)
    if space:
        return space.start()
    closing = _CLOSING.match(text, start, end)
    return closing.end() if closing else start
