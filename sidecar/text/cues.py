"""Subtitle cues: short, readable pieces of a transcript, with times.

The limits follow what broadcasters agree on (two lines of 42 characters, or of 20 in
scripts written without spaces; 1 to 7 seconds). A cue never spans two segments, because
there is a pause between them.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from sidecar.domain import Segment, Word
from sidecar.text.spacing import join_pieces

MAX_NARROW = 42  # characters on a line of Latin text
MAX_WIDE = 20  # characters on a line of Chinese, Japanese or Thai text
MAX_LINES = 2
MAX_CUE_S = 7.0
MIN_CUE_S = 1.0  # where the next cue leaves room for it
PAUSE_S = 0.6  # a silence that ends a cue

_LINE = MAX_NARROW * MAX_WIDE  # a line is full when its characters' shares of it add up to this
_NARROW, _WIDE = _LINE // MAX_NARROW, _LINE // MAX_WIDE
_SENTENCE_ENDS = (
    ".",
    "!",
    "?",
    "…",
    "。",
    "\uff01",
    "\uff1f",
)  # the last two are full-width ! and ?
_QUOTES = "\"'”\u2019»)」』"


@dataclass(frozen=True, slots=True)
class Cue:
    """What is on screen from `start_ms` until just before `end_ms`; one or two lines."""

    start_ms: int
    end_ms: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Unit:
    """The smallest piece that a line may break around.

    `spaced`: a space stands before it. `share`: how much of a line (`_LINE`) it fills.
    """

    text: str
    start_s: float
    end_s: float
    spaced: bool
    share: int


def make_cues(segments: Iterable[Segment]) -> tuple[Cue, ...]:
    """Cut segments into cues, in order, each ending before or when the next one starts.

    Times come from the words. Where an engine gives none, or words that differ from the
    text, the segment's time is shared out by the letters of its text.
    """
    phrases = (phrase for segment in segments for phrase in _phrases(_timed_units(segment)))
    groups = [group for phrase in phrases for group in _cut(phrase)]
    starts: list[int] = []
    for group in groups:
        # Engines may repeat a time; a later cue still starts later.
        starts.append(max(_ms(group[0].start_s), starts[-1] + 1 if starts else 0))
    return tuple(
        Cue(start_ms, _end_ms(group, start_ms, next_ms), _balance(group))
        for group, start_ms, next_ms in zip(groups, starts, [*starts[1:], None], strict=False)
    )


def _end_ms(group: list[_Unit], start_ms: int, next_ms: int | None) -> int:
    wanted = max(_ms(group[-1].end_s), start_ms + _ms(MIN_CUE_S))
    longest = min(wanted, start_ms + _ms(MAX_CUE_S))
    return longest if next_ms is None else min(longest, next_ms)


def _phrases(units: Iterable[_Unit]) -> Iterator[list[_Unit]]:
    """What belongs together: units up to a pause or, unless it comes at once, a sentence end."""
    phrase: list[_Unit] = []
    for unit in units:
        if phrase and _ends_before(phrase, unit):
            yield phrase
            phrase = []
        phrase.append(unit)
    if phrase:
        yield phrase


def _ends_before(phrase: list[_Unit], unit: _Unit) -> bool:
    sentence_over = phrase[-1].text.rstrip(_QUOTES).endswith(_SENTENCE_ENDS)
    return unit.start_s - phrase[-1].end_s > PAUSE_S or (
        sentence_over and phrase[-1].end_s - phrase[0].start_s >= MIN_CUE_S
    )


def _cut(phrase: list[_Unit]) -> list[list[_Unit]]:
    """As few cues as can be, and of these the ones whose longest is shortest.

    So that the last word of a phrase does not end up alone.
    """
    full = MAX_LINES * _LINE
    fewest = len(_fill(phrase, full))
    if fewest == 1:
        return [phrase]
    room = bisect_left(range(full), -fewest, key=lambda room: -len(_fill(phrase, room)))
    return _fill(phrase, room)


def _fill(phrase: list[_Unit], room: int) -> list[list[_Unit]]:
    """Cut where the next unit would be too much for a cue that has `room`."""
    cues = [phrase[:1]]
    for unit in phrase[1:]:
        longer = [*cues[-1], unit]
        too_slow = unit.end_s - longer[0].start_s > MAX_CUE_S
        if too_slow or _width(longer) > room or not _fits(longer):
            cues.append([unit])
        else:
            cues[-1] = longer
    return cues


def _fits(units: list[_Unit]) -> bool:
    """Whether the units fit on the lines of one cue, each line filled as far as it goes."""
    n_lines, used = 1, 0
    for position, unit in enumerate(units):
        space = _NARROW * unit.spaced if used else 0
        if position and used + space + unit.share > _LINE:
            n_lines, used, space = n_lines + 1, 0, 0
        used += space + unit.share
    return n_lines <= MAX_LINES


def _balance(units: list[_Unit]) -> tuple[str, ...]:
    """The units as one line or, where that is too long, as two of nearly the same length."""
    if _width(units) <= _LINE:
        return (_text(units),)
    splits = [(units[:at], units[at:]) for at in range(1, len(units))]
    first, second = min(splits, key=lambda lines: max(map(_width, lines)))
    return _text(first), _text(second)


def _width(units: list[_Unit]) -> int:
    spaces = _NARROW * sum(unit.spaced for unit in units[1:])
    return spaces + sum(unit.share for unit in units)


def _text(units: list[_Unit]) -> str:
    return "".join(" " * unit.spaced + unit.text for unit in units).strip()


def _timed_units(segment: Segment) -> Iterator[_Unit]:
    times = _letter_times(segment)
    at, now_s = 0, segment.start_s
    for text, spaced in _pieces(segment.text):
        own = times[at : at + _n_letters(text)]
        at += len(own)
        start_s, end_s = (own[0][0], own[-1][1]) if own else (now_s, now_s)
        yield _Unit(text, start_s, end_s, spaced, _share(text))
        now_s = end_s


def _letter_times(segment: Segment) -> list[tuple[float, float]]:
    """When each letter of the text is said: its share of its word's time."""
    words = segment.words
    if _letters("".join(word.text for word in words)) != _letters(segment.text):
        words = (Word(segment.text, segment.start_s, segment.end_s),)
    times = []
    for word in words:
        n = _n_letters(word.text)
        step_s = (word.end_s - word.start_s) / max(n, 1)
        times += [(word.start_s + i * step_s, word.start_s + (i + 1) * step_s) for i in range(n)]
    return times


def _letters(text: str) -> list[str]:
    return [char.casefold() for char in text if char.isalnum()]


def _n_letters(text: str) -> int:
    return sum(map(str.isalnum, text))


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """The text between the places where a line may break, and whether a space was there."""
    for n_token, token in enumerate(text.split()):
        start, used = 0, 0
        for at, char in enumerate(token):
            too_long = used + _share(char) > _LINE and not _sticks(char)
            if at > start and (too_long or _may_break(token[at - 1], char)):
                yield token[start:at], n_token > 0 and start == 0
                start, used = at, 0
            used += _share(char)
        yield token[start:], n_token > 0 and start == 0


def _may_break(before: str, after: str) -> bool:
    opening = unicodedata.category(before) in ("Ps", "Pi")
    # Lm is the Japanese long-vowel mark, among others.
    closing = unicodedata.category(after) in ("Pe", "Pf", "Po", "Lm") or _sticks(after)
    return (_unspaced(before) or _unspaced(after)) and not opening and not closing


def _sticks(char: str) -> bool:
    """Whether a character belongs to the one before it (accents, joiners)."""
    return unicodedata.category(char)[0] == "M" or char == "\u200d"


def _share(text: str) -> int:
    """How much of a line (`_LINE`) a text fills."""
    return sum(_WIDE if _unspaced(char) else _NARROW for char in text)


@lru_cache(maxsize=4096)
def _unspaced(char: str) -> bool:
    """Whether the character's script is written without spaces, as `join_pieces` has it."""
    return join_pieces((char, char)) == char * 2


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
