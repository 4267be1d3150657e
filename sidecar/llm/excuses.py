"""What may be missing of dictated text: fillers, and what the speaker took back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from sidecar.llm.folding import Folded

_FILLERS: Final = re.compile(
    r"\b(?:u+[hm]+|e+r+m*|ä+h+m*|eu+h+|a+h+|o+h+|h+m+|m{2,}|eh|like|so|well|okay|ok|right|yeah|just|basically"
    r"|actually|literally|anyway|and|now|you know|i mean|kind of|sort of|you see|let's see"
    r"|let me see|i guess|o'clock|uh-huh|음+|어+|저기|그)\b"
    r"|あの[ーう]+|え[ーえ]+っ?と?ー*|えっとー*|うー+ん"
    r"|[嗯呃额啊哦噢诶唉哎嘛呀哈]+|那个|这个|那么|就是说|就是|然后呢|然后|的话|怎么说呢|对吧|反正|其实|那|就|呢(?=\w)"
)
_CUES: Final = re.compile(
    r"\b(?:no,? wait|wait,? no|no,? no|oh no|wait|sorry|i mean|i meant|scratch that|strike that"
    r"|make that|make it|correction|or rather|rather|let me rephrase|no,? sorry|actually"
    r"|excuse me|delete that|forget that)\b|(?<=,) no\b(?=,)"
    r"|哦?不对|不不不|哦?不是|说错了|更正一?下?|应该是|我是说|等一下|等等|算了|哦不|改成|口误"
)
_SLOT: Final = r"(?:\w+day|\d+|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
_INSTEAD: Final = re.compile(  # "Tuesday no Wednesday": two of a kind
    rf"\b{_SLOT},? no,?(?= (?:(?:on|at|in|for|to|by) )?{_SLOT}\b)"
)
_SENTENCE_END: Final = re.compile(r"[.!?。！？\n](?=\s|$)|[。！？]")  # noqa: RUF001
_REACH_CHARS: Final = 50  # how much speakers take back by one such word

Span = tuple[int, int]


def excused(raw: Folded, clean: Folded) -> tuple[Span, ...]:
    """The parts of the raw text that may be missing in the clean one.

    What stands before "no wait" is taken back only if that was taken out too.

    >>> from sidecar.llm.folding import fold
    >>> raw, clean = fold("At two, no wait, three."), fold("At three.")
    >>> [raw.text[start:end] for start, end in excused(raw, clean)]
    ['at two, no wait']
    """
    fillers = (match.span() for match in _FILLERS.finditer(raw.text))
    return (*fillers, *_taken_back(raw.text, clean.text))


def covers(spans: tuple[Span, ...], start: int, end: int) -> bool:
    """Whether one of the spans has all of it."""
    return any(a <= start < b and end <= b for a, b in spans)


def _taken_back(raw: str, clean: str) -> Iterator[Span]:
    kept = [match[0] for match in _cues(clean)]
    for match in _cues(raw):
        if match[0] in kept:
            kept.remove(match[0])
            continue
        begin = max(0, match.start() - _REACH_CHARS)
        ends = [found.end() for found in _SENTENCE_END.finditer(raw, begin, match.start())]
        # A sentence that ends right before the cue is the one that is taken back.
        inner = [end for end in ends if raw[end : match.start()].strip()]
        yield (inner[-1] if inner else begin), match.end()


def _cues(text: str) -> Iterator[re.Match[str]]:
    yield from _CUES.finditer(text)
    yield from _INSTEAD.finditer(text)
