"""An engine that makes passes together keeps its promises, and the suite notices if it does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeAlias

import pytest

from sidecar.domain import Hypothesis
from sidecar.engine.base import Abort, Ask, SegmentOptions, SegmentPass
from sidecar.errors import CancelledError
from sidecar.testing import check_engine
from sidecar.testing.scripted import ScriptedSegment, TogetherEngine

Found: TypeAlias = tuple[int, Hypothesis | BaseException]


class Together(TogetherEngine):
    """Makes passes together, with one fault: `outcomes` changes what comes of them."""

    def open(self, options: SegmentOptions) -> ScriptedSegment:
        return Remembering(options, self.capabilities)

    def decode_together(self, passes: Sequence[SegmentPass]) -> Iterator[Found]:
        yield from self.outcomes(passes, list(super().decode_together(passes)))

    def outcomes(self, passes: Sequence[SegmentPass], found: list[Found]) -> list[Found]:
        return found


class Remembering(ScriptedSegment):
    """Recognises nothing any more once it is spoilt."""

    spoilt = False

    def decode(self, ask: Ask, abort: Abort) -> Hypothesis:
        heard = super().decode(ask, abort)
        return replace(heard, text="spoilt") if self.spoilt else heard


class LosingOne(Together):
    def outcomes(self, passes: Sequence[SegmentPass], found: list[Found]) -> list[Found]:
        return found[1:]


class AnsweringTwice(Together):
    def outcomes(self, passes: Sequence[SegmentPass], found: list[Found]) -> list[Found]:
        return [*found, found[0]]


class Swapping(Together):
    def outcomes(self, passes: Sequence[SegmentPass], found: list[Found]) -> list[Found]:
        return [(len(found) - 1 - place, outcome) for place, outcome in found]


class EndingAll(Together):
    def outcomes(self, passes: Sequence[SegmentPass], found: list[Found]) -> list[Found]:
        ended = [outcome for _, outcome in found if isinstance(outcome, CancelledError)]
        return [(n, ended[0]) for n, _ in found] if ended else found


class DeafTogether(Together):
    def decode_together(self, passes: Sequence[SegmentPass]) -> Iterator[Found]:
        return super().decode_together([replace(own, abort=lambda: False) for own in passes])


class AskingInVain(Together):
    def decode_together(self, passes: Sequence[SegmentPass]) -> Iterator[Found]:
        return super().decode_together(
            [replace(own, abort=partial(bool, heeding_the_first(own.abort))) for own in passes]
        )


def heeding_the_first(abort: Abort) -> bool:
    """What the first of three questions is answered."""
    answers = [abort() for _ in range(3)]
    return answers[0]


class SpoiltByAborts(Together):
    def outcomes(self, passes: Sequence[SegmentPass], found: list[Found]) -> list[Found]:
        for n, outcome in found:
            segment = passes[n].segment
            assert isinstance(segment, Remembering)
            segment.spoilt |= isinstance(outcome, CancelledError)
        return found


@pytest.mark.parametrize(
    ("engine", "promise"),
    [
        (LosingOne, "every pass has one outcome"),
        (AnsweringTwice, "every pass has one outcome"),
        (Swapping, "company changes nothing"),
        (EndingAll, "leaves the others as they are"),
        (DeafTogether, "gives CancelledError"),
        (AskingInVain, "aborted at any time"),
        (SpoiltByAborts, "goes on as before"),
    ],
)
def test_the_suite_names_the_promise_about_company_that_an_engine_breaks(
    engine: type[Together], promise: str
) -> None:
    with pytest.raises(AssertionError, match=promise):
        check_engine(engine)
