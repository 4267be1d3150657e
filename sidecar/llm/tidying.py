"""Taking off what models wrap around a text, and finding what they put into it."""

from __future__ import annotations

import re
from typing import Final

_THOUGHTS: Final = re.compile(r"\A\s*<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)
_THINKING: Final = re.compile(r"</?think")
_FENCE: Final = re.compile(r"\A```[\w-]*\n(.*?)\n?```\Z", re.DOTALL)
_TAGS: Final = re.compile(r"\A<(dictation(?:-\d+)?)>\s*(.*?)\s*</\1>\Z", re.DOTALL)
_QUOTES: Final = ('""', "''", "“”", "‘’", "「」", "『』", "«»", "``")  # noqa: RUF001
_MARKUP: Final = re.compile(
    r"```|\*\*|</?dictation|^#{1,6} |^[-*•] |^\d+[.)] (?=.*\n\d+[.)] )", re.MULTILINE
)


def tidy(raw: str, written: str) -> str:
    """What a model wrote, without thoughts before it and without quotes or fences around it.

    >>> tidy("um hello", '<think>Easy.</think> "Hello."')
    'Hello.'
    """
    text = written if "<think" in raw else _THOUGHTS.sub("", written)
    text = text.strip()
    for wrapping in (_FENCE, _TAGS):
        wrapped = wrapping.match(text)
        if wrapped and not wrapping.match(raw.strip()):
            text = wrapped[wrapped.lastindex or 1].strip()
    return _without_quotes(raw.strip(), text)


def has_thoughts(raw: str, clean: str) -> bool:
    """Whether the model thinks aloud, other than at the beginning."""
    return len(_THINKING.findall(clean)) > len(_THINKING.findall(raw))


def has_markup(raw: str, clean: str) -> bool:
    """Whether there are signs that nobody dictates."""
    return len(_MARKUP.findall(clean)) > len(_MARKUP.findall(raw))


def _without_quotes(raw: str, text: str) -> str:
    for opening, closing in _QUOTES:
        inner = text[1:-1]
        around = len(text) > 2 and text[0] == opening and text[-1] == closing
        if around and opening not in inner and closing not in inner and raw[:1] != opening:
            return inner.strip()
    return text
