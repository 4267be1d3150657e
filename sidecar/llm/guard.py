"""The guard: whether what a model wrote is the dictated text, cleaned, and nothing else.

Small edits pass; whatever else happened has a reason, one short word that stays the same:

answered  the model replied to the text, wrote another one, or turned a question round
added     it wrote something that was not said
lost      something that was said is missing
number    a number is missing, new, another one, or of something else (5 mg, 5 g)
address   so is the address of a web page or of e-mail
name      a name is written as another one
negation  "not", or its like, came or went
changed   words are others, if similar ones
script    it is in another script: translated
markup    there are headings, code fences or tags
thinking  the model thinks aloud
length    it is far longer than what was said

It sees letters, not sounds: a word that became another one spelled much like it ("hire",
"fire") passes as misheard, and so does a name that was not written with a capital letter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeAlias

from sidecar.llm import keeping
from sidecar.llm.comparing import Comparison, compare
from sidecar.llm.excuses import Span, excused
from sidecar.llm.folding import Folded, fold
from sidecar.llm.scripts import same_scripts
from sidecar.llm.tidying import has_markup, has_thoughts, tidy

_LONGER: Final = 1.5
_LONGER_CHARS: Final = 40


class RejectedError(Exception):
    """The text is not the cleaned one.

    Attributes:
        reason: one of the words above.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def guarded(raw: str, written: str, hotwords: Iterable[str] = ()) -> str:
    """What a model wrote for a dictated text, without what models wrap around it.

    Args:
        raw: what was dictated.
        written: what the model wrote.
        hotwords: how names are spelled; words may become these.

    Raises:
        RejectedError: it is something else than the cleaned text.
    """
    case = _Case(raw, tidy(raw, written), tuple(hotwords))
    for reason, fails in _CHECKS:
        if fails(case):
            raise RejectedError(reason)
    return case.clean


@dataclass(frozen=True)
class _Case:
    """A dictated text and what was made of it; what takes time is worked out when needed."""

    raw: str
    clean: str
    hotwords: tuple[str, ...]

    @cached_property
    def ours(self) -> Folded:
        return fold(self.raw)

    @cached_property
    def theirs(self) -> Folded:
        return fold(self.clean)

    @cached_property
    def spans(self) -> tuple[Span, ...]:
        return excused(self.ours, self.theirs)

    @cached_property
    def compared(self) -> Comparison:
        return compare(self.ours, self.theirs, self.spans, self.hotwords)

    def keeps(self, kept: Callable[[Folded, Folded, tuple[Span, ...]], bool]) -> bool:
        return kept(self.ours, self.theirs, self.spans)


_Check: TypeAlias = tuple[str, Callable[[_Case], bool]]

_CHECKS: Final[tuple[_Check, ...]] = (  # quick ones and plain reasons first
    ("lost", lambda case: not case.clean),
    ("thinking", lambda case: has_thoughts(case.raw, case.clean)),
    ("markup", lambda case: has_markup(case.raw, case.clean)),
    ("length", lambda case: len(case.clean) > _LONGER * len(case.raw) + _LONGER_CHARS),
    ("script", lambda case: not same_scripts(case.raw, case.clean, case.hotwords)),
    ("answered", lambda case: case.compared.is_another_text),
    ("answered", lambda case: not case.keeps(keeping.questions)),
    ("number", lambda case: not case.keeps(keeping.numbers)),
    ("address", lambda case: not case.keeps(keeping.addresses)),
    ("negation", lambda case: not case.keeps(keeping.negations)),
    ("changed", lambda case: not case.keeps(keeping.days_and_persons)),
    ("name", lambda case: not keeping.names(case.raw, case.clean, case.spans, case.hotwords)),
    ("added", lambda case: case.compared.has_added),
    ("lost", lambda case: case.compared.has_lost),
    ("changed", lambda case: case.compared.has_changed),
)
