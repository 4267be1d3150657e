"""Every aligner keeps its promises, and the suite notices who does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sidecar.domain import Hypothesis
from sidecar.engine.base import Abort, Ask, SegmentOptions
from sidecar.testing import check_aligner
from sidecar.testing.scripted_aligner import ScriptedAligner, ScriptedAlignment


def test_the_scripted_aligner_conforms() -> None:
    check_aligner(ScriptedAligner)
    check_aligner(ScriptedAligner, text="我用 Python 3 写，好吗?")  # noqa: RUF001


class Broken(ScriptedAligner):
    """A good aligner with one fault."""

    def __init__(self, segment: type[ScriptedAlignment], declared: dict[str, Any]) -> None:
        self._segment = segment
        self.__dict__["capabilities"] = replace(ScriptedAligner.capabilities, **declared)

    def open(self, options: SegmentOptions) -> ScriptedAlignment:
        return self._segment(options.language)


class Changing(ScriptedAlignment):
    def answer(self, found: Hypothesis) -> Hypothesis:
        return found

    def decode(self, ask: Ask, abort: Abort) -> Hypothesis:
        found = super().decode(ask, abort)
        return self.answer(found) if found.words else found


class LosingPunctuation(Changing):
    def answer(self, found: Hypothesis) -> Hypothesis:
        return replace(found, text=found.text + "!")


class LosingWords(Changing):
    def answer(self, found: Hypothesis) -> Hypothesis:
        return replace(found, words=found.words[1:])


class Backwards(Changing):
    def answer(self, found: Hypothesis) -> Hypothesis:
        if len(found.words) < 2:
            return found
        first, second, *rest = found.words
        swapped = (
            replace(first, start_s=second.start_s, end_s=second.end_s),
            replace(second, start_s=first.start_s, end_s=first.end_s),
        )
        return replace(found, words=(*swapped, *rest))


class TooLate(Changing):
    def answer(self, found: Hypothesis) -> Hypothesis:
        *words, last = found.words
        return replace(found, words=(*words, replace(last, end_s=last.end_s + 1)))


class Remembering(Changing):
    longest = 0

    def answer(self, found: Hypothesis) -> Hypothesis:
        type(self).longest = max(self.longest, len(found.words))
        first, *rest = found.words
        earlier = replace(first, end_s=first.end_s / self.longest)
        return replace(found, words=(earlier, *rest))


class Stubborn(ScriptedAlignment):
    def decode(self, ask: Ask, abort: Abort) -> Hypothesis:
        return super().decode(ask, (lambda: False) if ask.prefix else abort)


@pytest.mark.parametrize(
    ("segment", "declared", "promise"),
    [
        (ScriptedAlignment, {"forced_prefix": False}, "told the text"),
        (ScriptedAlignment, {"word_times": False}, "gives word times"),
        (LosingPunctuation, {}, "changes no text"),
        (LosingWords, {}, "every letter"),
        (Backwards, {}, "follow each other"),
        (TooLate, {}, "within the audio"),
        (Remembering, {}, "depends on nothing before"),
        (Stubborn, {}, "raises CancelledError at once"),
    ],
)
def test_the_suite_names_the_promise_that_an_aligner_breaks(
    segment: type[ScriptedAlignment], declared: dict[str, Any], promise: str
) -> None:
    with pytest.raises(AssertionError, match=promise):
        check_aligner(lambda: Broken(segment, declared))
