"""Whether what matters most in a text is all there after it was cleaned.

Each takes the raw text, the clean one, and the parts of the raw text that may be missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Final

from sidecar.llm.excuses import Span, covers
from sidecar.llm.folding import Folded, as_spoken
from sidecar.llm.measures import same_measures
from sidecar.llm.numbers import same_numbers, without_repeats

_NEGATION: Final = re.compile(
    r"\b(?:not|never|no|nor|none|nothing|nobody|cannot|without|neither)\b"
    r"|\b(?:do|does|did|is|are|was|were|have|has|had|ca|wo|could|should|would|must|ai)n'?t\b"
    r"|\b(?:nicht|nichts|nie|niemals|niemand|kein(?:e[mnrs]?)?|ohne|pas|jamais|nunca|nadie|sin)\b"
    r"|[不没沒别別無无未]|없|않|못|아니"
)
_ASKING: Final = re.compile(
    r"\b(?:what|who(?!'s)|whom|where|when|why|how|which)\b|什么|谁|哪|怎么|为什么|几|多少|吗|呢(?!\w)|니까"
)
_ASKED: Final = re.compile(
    r"(?:\A|[.?!,;]|\b(?:and|so|but|or|um|uh|well|okay|hey))\s*"
    r"\b(is|are|am|was|were|do|does|did|can|could|will|would|should|have|has|may)"
    r" (it|you|he|she|we|they|i|that|this|there)\b"
)
_FIXED: Final = re.compile(  # never misheard as one another, though alike
    r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?|january|february|march|april|june|july"
    r"|august|september|october|november|december|yesterday|today|tomorrow|he|she|him|her)\b"
)
_REPEATED_WITHIN_CHARS: Final = 12
_WORD: Final = re.compile(r"[^\W\d_]+")
_PROPER: Final = re.compile(r"(?:(?<=[^\W\d_] )|(?<=, ))[A-Z][a-z]+\b")
_ALIKE: Final = 0.4


def questions(ours: Folded, theirs: Folded, spans: tuple[Span, ...]) -> bool:
    """Whether every word that asks is still there: a statement without it is an answer.

    So is "it is", where "is it" was said.
    """
    return _all_kept(_ASKING, ours, theirs, spans) and all(
        covers(spans, *found.span(1)) or re.search(rf"\b{found[1]}\W+{found[2]}\b", theirs.text)
        for found in _ASKED.finditer(ours.text)
    )


def days_and_persons(ours: Folded, theirs: Folded, spans: tuple[Span, ...]) -> bool:
    """Whether days, months, "he" and "she" are the same."""
    return _all_kept(_FIXED, ours, theirs, spans)


def numbers(ours: Folded, theirs: Folded, spans: tuple[Span, ...]) -> bool:
    """Whether the numbers are the same, however they are written."""
    needed = (
        replace(each, optional=each.optional or covers(spans, each.start, each.end))
        for each in without_repeats(ours.numerals, ours.text)
    )
    return same_numbers(tuple(needed), theirs.numerals) and same_measures(ours, theirs, spans)


def addresses(ours: Folded, theirs: Folded, spans: tuple[Span, ...]) -> bool:
    """Whether all addresses are there, and new ones were spelled out ("example dot com")."""
    spoken = as_spoken(ours.text)
    new = (each for each in theirs.addresses if each not in ours.addresses)
    if any(as_spoken(each).removeprefix("https://") not in spoken for each in new):
        return False
    missing = (each for each in ours.addresses if each not in theirs.addresses)
    return all(_is_excused(each, ours.text, spans) for each in missing)


def negations(ours: Folded, theirs: Folded, spans: tuple[Span, ...]) -> bool:
    """Whether as much is denied as was; one that was said twice may stand once."""
    said = list(_NEGATION.finditer(ours.text))
    needed = [match for match in said if not covers(spans, *match.span())]
    repeated = sum(
        a[0] == b[0] and b.start() - a.end() <= _REPEATED_WITHIN_CHARS for a, b in pairwise(needed)
    )
    there = sum(1 for _ in _NEGATION.finditer(theirs.text))
    return len(needed) - repeated <= there <= len(said)


def names(raw: str, clean: str, spans: tuple[Span, ...], hotwords: Iterable[str]) -> bool:
    """Whether every name is still there, or has become one whose spelling is known."""
    found = list(_PROPER.finditer(raw))
    if len(found) * 2 > len(raw.split()):
        return True  # all words are written large: that says nothing
    words = [word.casefold() for word in _WORD.findall(clean)]
    known = [word for word in hotwords if word in clean]
    return all(
        _stands_in(name[0].casefold(), words)
        or covers(spans, *name.span())
        or any(_alike(name[0], word) for word in known)
        for name in found
    )


def _all_kept(
    words: re.Pattern[str], ours: Folded, theirs: Folded, spans: tuple[Span, ...]
) -> bool:
    kept = {match[0] for match in words.finditer(theirs.text)}
    return all(
        match[0] in kept or covers(spans, *match.span()) for match in words.finditer(ours.text)
    )


def _is_excused(address: str, text: str, spans: tuple[Span, ...]) -> bool:
    start = text.find(address)
    return start >= 0 and covers(spans, start, start + len(address))


def _stands_in(name: str, words: Iterable[str]) -> bool:
    return any(word.startswith(name) and len(word) <= len(name) + 2 for word in words)


def _alike(name: str, word: str) -> bool:
    return SequenceMatcher(None, name.casefold(), word.casefold()).ratio() > _ALIKE
