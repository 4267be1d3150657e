"""Numbers in a text, however they are written, as the digits that they mean.

Texts are compared by the digits that they hold in order: `2026`, "twenty twenty six" and
二〇二六 all give 2026. So it does not matter where one number ends and the next begins,
which nobody who speaks says.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from typing import Final

_words: Final = str.split
_UNITS: Final = _words(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen"
    " fourteen fifteen sixteen seventeen eighteen nineteen"
)
_ORDINALS: Final = _words(
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh"
    " twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth"
)
_TENS: Final = _words("twenty thirty forty fifty sixty seventy eighty ninety")
_VALUES: Final = {
    **{word: n for n, word in enumerate(_UNITS)},
    **{word: n for n, word in enumerate(_ORDINALS)},
    **{word: n for n, word in zip(range(20, 100, 10), _TENS, strict=True)},
    **{f"{word[:-1]}ieth": n for n, word in zip(range(20, 100, 10), _TENS, strict=True)},
}
_SCALES: Final = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_HUNDRED: Final = "hundred"
_VAGUE: Final = frozenset({"one", "first", "second", "一"})  # often no number at all

_HAN_DIGITS: Final = {
    **{char: n for n, char in enumerate("零一二三四五六七八九")},
    "〇": 0,  # noqa: RUF001
    "两": 2,
    "兩": 2,
}
_HAN_UNITS: Final = {"十": 10, "百": 100, "千": 1000}
_HAN_SCALES: Final = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
_HAN: Final = "".join((*_HAN_DIGITS, *_HAN_UNITS, *_HAN_SCALES))

_WORD: Final = "|".join(sorted((*_VALUES, *_SCALES, _HUNDRED), key=len, reverse=True))
_NUMERAL: Final = re.compile(
    r"(?P<digits>\d+(?:[.,]\d+)*)(?:st|nd|rd|th)?"
    rf"(?:\s?(?P<times>{'|'.join(_SCALES)}|[{''.join(_HAN_SCALES)}]))?"
    r"|百分之(?=\S)"
    rf"|(?P<han>[{_HAN}]+(?:[点點][{_HAN}]+)*)"
    r"|(?P<half>[点點]半)"
    r"|(?P<dot>(?<=\d)[点點:](?=\d))"
    rf"|\b(?P<words>(?:{_WORD})(?:(?:[\s-]+|\s+and\s+|\s+point\s+)(?:{_WORD}))*)\b"
)
_THOUSANDS: Final = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number, or a part of one, in a text.

    Attributes:
        digits: what it adds to the digits of the text.
        start: where it stands, first character.
        end: the one after its last.
        optional: whether it may as well be missing.
    """

    digits: str
    start: int
    end: int
    optional: bool = False


def numerals(text: str) -> tuple[Numeral, ...]:
    """The numbers of a text that is folded (NFKC, lower case), in order.

    >>> [each.digits for each in numerals("twenty five, 1,000 and 二十三")]
    ['25', '1000', '23']
    """
    return tuple(
        Numeral(digits, *match.span(), optional or match[0] in _VAGUE)
        for match in _NUMERAL.finditer(text)
        for digits, optional in _read(match)
    )


def same_numbers(ours: Sequence[Numeral], theirs: Sequence[Numeral]) -> bool:
    """Whether both give the same digits in order, with some choice of what is optional."""
    a, b = list(map(_chars, ours)), list(map(_chars, theirs))
    seen: set[tuple[int, int, int, int]] = set()
    todo = [(0, 0, 0, 0)]  # which numeral and which of its digits, on either side
    while todo:
        state = todo.pop()
        if state in seen:
            continue
        seen.add(state)
        i, m, j, n = state
        if i == len(a) and j == len(b):
            return True
        if m == 0 and i < len(a) and ours[i].optional:
            todo.append((i + 1, 0, j, n))
        if n == 0 and j < len(b) and theirs[j].optional:
            todo.append((i, m, j + 1, 0))
        if i < len(a) and j < len(b) and a[i][m] == b[j][n]:
            todo.append((*_next(a, i, m), *_next(b, j, n)))
    return False


def without_repeats(found: Sequence[Numeral], text: str) -> tuple[Numeral, ...]:
    """The numerals, where one that is said twice in a row need stand but once.

    Not among three and more: who says a telephone number repeats digits on purpose.
    """
    gaps = [len(text[a.end : b.start].split()) for a, b in pairwise(found)]
    runs = [gap == 0 for gap in (1, *gaps, 1)]  # whether a number follows the one before at once
    return tuple(
        replace(each, optional=True)
        if n < len(gaps)
        and found[n + 1].digits == each.digits
        and gaps[n] <= 2
        and not (runs[n + 1] and (runs[n] or runs[n + 2]))
        else each
        for n, each in enumerate(found)
    )


def _chars(numeral: Numeral) -> str:
    return numeral.digits


def _next(numbers: Sequence[str], i: int, m: int) -> tuple[int, int]:
    return (i, m + 1) if m + 1 < len(numbers[i]) else (i + 1, 0)


def _read(match: re.Match[str]) -> Iterator[tuple[str, bool]]:
    """The digits of one match, with whether they are optional."""
    if match["digits"]:
        yield from _read_digits(match["digits"], match["times"])
    elif match["han"]:
        yield from ((digits, False) for digits in _read_han(match["han"]))
    elif match["half"]:
        yield ".", True
        yield "30", False
    elif match["dot"]:
        yield ".", True  # of a time, which nobody says
    elif match["words"]:
        yield from ((digits, False) for digits in _read_words(match["words"]))


def _read_digits(written: str, times: str | None) -> Iterator[tuple[str, bool]]:
    plain = "".join(str(unicodedata.decimal(c, c)) for c in written)
    parts = [plain.replace(",", "")] if _THOUSANDS.fullmatch(plain) else plain.split(",")
    if times and parts[-1].count(".") < 2:
        scale = _SCALES.get(times) or _HAN_SCALES[times]
        parts[-1] = _plain(Decimal(parts[-1]) * scale)
    yield from ((part, False) for part in parts)


def _read_han(written: str) -> Iterator[str]:
    whole, *decimals = re.split("[点點]", written)
    tail = decimals[-1] if decimals else ""
    scale = _HAN_SCALES.get(tail[-1:], 1)
    if len(decimals) == 1 and scale > 1 and all(char in _HAN_DIGITS for char in tail[:-1]):
        digits = f"{_han_value(whole)}.{_han_value(tail[:-1]) if tail[:-1] else 0}"
        yield _plain(Decimal(digits) * scale)
        return
    yield _han_value(whole)
    for part in decimals:
        yield "."
        yield _han_value(part)


def _han_value(written: str) -> str:
    if all(char in _HAN_DIGITS for char in written):
        return "".join(str(_HAN_DIGITS[char]) for char in written)
    total, group, digit, unit = 0, 0, 0, 1
    for char in written:
        if char in _HAN_DIGITS:
            digit = _HAN_DIGITS[char]
            unit = 1 if digit == 0 else unit
        elif char in _HAN_UNITS:
            unit = _HAN_UNITS[char]
            group += max(digit, 1) * unit
            digit = 0
        else:
            unit = _HAN_SCALES[char]
            total = (total + group + digit or 1) * unit
            group, digit = 0, 0
    shortened = written[-2:-1] in {*_HAN_UNITS, *_HAN_SCALES} - {"十"}  # 一百二 is 120
    return str(total + group + digit * (unit // 10 if shortened and unit > 10 else 1))


def _read_words(written: str) -> Iterator[str]:
    """The numbers of a run of words: "twenty five five" has two."""
    words = [word for word in re.split(r"[\s-]+", written) if word != "and"]
    at = 0
    while at < len(words):
        if words[at] == "point":
            at += 1
            yield "."
            continue
        value, at = _one_number(words, at)
        decimals, then = _decimals(words, at)
        if decimals and then < len(words) and words[then] in _SCALES:
            yield _plain(Decimal(f"{value}.{decimals}") * _SCALES[words[then]])
            at = then + 1
        else:
            yield str(value)


def _decimals(words: Sequence[str], at: int) -> tuple[str, int]:
    """The digits after "point", if that comes next, and where they end."""
    if at >= len(words) or words[at] != "point":
        return "", at
    then = at + 1
    while then < len(words) and _VALUES.get(words[then], 10) < 10:
        then += 1
    return "".join(str(_VALUES[word]) for word in words[at + 1 : then]), then


def _one_number(words: Sequence[str], at: int) -> tuple[int, int]:
    """The number that begins there, as far as its words belong together."""
    total, group, room, ceiling = 0, 0, 10**3, 10**15
    first = at
    while at < len(words) and words[at] != "point":
        word = words[at]
        if word in _SCALES:
            scale = _SCALES[word]
            if scale >= ceiling or (at > first and group == 0):
                break
            total, group, room, ceiling = total + (group or 1) * scale, 0, 10**3, scale
        elif word == _HUNDRED:
            if not (group == 0 and at == first) and not 0 < group < 100:
                break
            group, room = (group or 1) * 100, 100
        else:
            value = _VALUES[word]
            if value >= room or (value == 0 and at > first):
                break
            group += value
            room = 10 if value >= 20 else 0
        at += 1
        if room == 0 and not (at < len(words) and words[at] in (*_SCALES, _HUNDRED)):
            break
    return total + group, max(at, first + 1)


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
