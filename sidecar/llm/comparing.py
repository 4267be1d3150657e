"""Comparing two texts unit by unit: what is missing, what is new, what was replaced."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Final

from sidecar.llm.excuses import Span, covers
from sidecar.llm.folding import Folded, Unit
from sidecar.llm.measures import measure_of
from sidecar.text.units import is_character, unit_key

_MOST: Final = 0.04  # of a text may be missing or new: small words, for the most part
_ALWAYS: Final = 0.5  # and so much of a short one: two small words
_WORD: Final = 1.0  # what is missing or new in one place weighs less
_CHANGED: Final = 0.15  # of a text may be misheard, weighed by how unlike it became
_ALWAYS_CHANGED: Final = 1.2
_SIGNS: Final = frozenset({"dot", "at", "slash", "dash", "underscore", "colon"})
_SLIDE: Final = 8
_ALIKE: Final = 0.6
_words: Final = str.split
_DENIED: Final = re.compile(r"(?:un|dis|non|mis|in|im|ir|il)(\w{4,})")
_OPPOSITES: Final = frozenset(
    frozenset(pair.split("/"))
    for pair in _words(
        "increase/decrease increased/decreased import/export include/exclude input/output"
        " internal/external inside/outside upload/download maximum/minimum male/female"
        " man/woman men/women upper/lower major/minor before/after encrypt/decrypt enable/disable"
        " 大/小 多/少 高/低 买/卖 左/右 上/下 前/后 前/後 甲/乙 開/閉 売/買 开/关 男/女 有/无 来/去"
        " 进/出 增/减 涨/跌 早/晚 新/旧 好/坏 快/慢 长/短 升/降 收/付 加/减 是/否"
    )
)


@dataclass(slots=True)
class Comparison:
    """How two texts differ; weights of units.

    Attributes:
        said: what is not excused of the raw text.
        written: all of the clean one.
        lost: each place where something is missing.
        added: each place where something is new.
        changed: what became something similar.
    """

    said: float = 0.0
    written: float = 0.0
    lost: list[float] = field(default_factory=list)
    added: list[float] = field(default_factory=list)
    changed: float = 0.0

    @property
    def is_another_text(self) -> bool:
        """Whether they have little in common."""
        kept, new = self.said - sum(self.lost), sum(self.added)
        return kept < 0.5 * self.said or (bool(self.lost) and new > 0.4 * self.written)

    @property
    def has_lost(self) -> bool:
        """Whether more is missing than small words, or all is."""
        return _is_much(self.lost, self.said) or (self.said > 0 and self.written == 0)

    @property
    def has_added(self) -> bool:
        """Whether more is new than small words."""
        return _is_much(self.added, self.written)

    @property
    def has_changed(self) -> bool:
        """Whether more became something else than is misheard."""
        return self.changed > max(_ALWAYS_CHANGED, _CHANGED * self.said)


def compare(
    ours: Folded, theirs: Folded, spans: tuple[Span, ...], hotwords: Sequence[str]
) -> Comparison:
    """Compare the raw text with the clean one; what `spans` excuse may be missing."""
    spelled = {unit_key("".join(word.split())) for word in hotwords}
    a, b = ours.units, theirs.units
    found = Comparison(written=_weight(b))
    matcher = SequenceMatcher(None, [u.key for u in a], [u.key for u in b], autojunk=False)
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        if kind == "equal":
            found.said += _weight(a[i1:i2])
            continue
        gone = _missed(a, i1, i2, spans)
        found.said += _weight(gone)
        _judge(found, gone, a[i1:i2], b[j1:j2], spelled)
    return found


def _judge(
    found: Comparison,
    gone: Sequence[Unit],
    block: Sequence[Unit],
    new: Sequence[Unit],
    spelled: set[str],
) -> None:
    """Count one place where the texts differ."""
    for candidate in (gone, block):
        similar = _similarity(candidate, new, spelled)
        if similar:
            found.changed += _weight(gone) * (1 - similar)
            return
    if gone:
        found.lost.append(_weight(gone))
    if new:
        found.added.append(_weight(new))


def _similarity(gone: Sequence[Unit], new: Sequence[Unit], spelled: set[str]) -> float:
    """How much alike two places are: 1 if they differ in spaces alone, 0 if not at all."""
    was, now = "".join(u.key for u in gone), "".join(u.key for u in new)
    if not was or not now:
        return 0.0
    if now in (was, _address(gone)) or measure_of(now) == measure_of(was) != "":
        return 1.0
    if now in spelled:
        return 0.9
    if frozenset((was, now)) in _OPPOSITES or _is_denied(was, now) or _is_denied(now, was):
        return 0.0
    if any(is_character(u.key) for u in (*gone, *new)):  # how they sound cannot be seen
        return 0.5 if len(was) == len(now) == 1 else 0.0
    alike = SequenceMatcher(None, was, now, autojunk=False).ratio()
    return alike if alike >= _ALIKE else 0.0


def _is_denied(one: str, other: str) -> bool:
    found = _DENIED.fullmatch(one)
    return found is not None and found[1] == other


def _address(spoken: Sequence[Unit]) -> str:
    """The letters of an address that was spelled out; "" for other words."""
    keys = [unit.key for unit in spoken]
    return "".join(key for key in keys if key not in _SIGNS) if "dot" in keys else ""


def _missed(a: Sequence[Unit], i1: int, i2: int, spans: tuple[Span, ...]) -> list[Unit]:
    """What is missing there, is not excused, and does not stand beside it once more."""
    places = (
        [u for u in a[i1 + by : i2 + by] if not covers(spans, u.start, u.end)]
        for by in _slides(a, i1, i2)
    )
    gone = min(places, key=_weight)
    n = i2 - i1
    around = [u.key for u in (*a[max(0, i1 - 2 * n) : i1], *a[i2 : i2 + 2 * n])]
    following = a[i2].key if i2 < len(a) else ""
    return [] if all(_is_said_again(u.key, around, following) for u in gone) else gone


def _is_said_again(key: str, around: Sequence[str], following: str) -> bool:
    """Whether it is there once more, or is the beginning of the next word, as in "st- start"."""
    return key in around or (following.startswith(key) and not is_character(key))


def _slides(a: Sequence[Unit], i1: int, i2: int) -> list[int]:
    """How far the gap may be moved: of "b a b c", "b a" or "a b" may be what is missing."""
    left = right = 0
    while left < _SLIDE and i1 - left > 0 and a[i1 - left - 1].key == a[i2 - left - 1].key:
        left += 1
    while right < _SLIDE and i2 + right < len(a) and a[i1 + right].key == a[i2 + right].key:
        right += 1
    return [0, *range(-left, 0), *range(1, right + 1)] if i1 < i2 else [0]


def _weight(units: Sequence[Unit]) -> float:
    return sum(unit.weight for unit in units)


def _is_much(places: Sequence[float], whole: float) -> bool:
    return sum(places) > max(_ALWAYS, _MOST * whole) or max(places, default=0.0) >= _WORD
