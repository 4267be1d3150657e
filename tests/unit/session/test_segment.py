from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from sidecar.domain import Hypothesis, Samples
from sidecar.engine.base import Ask, SegmentOptions, SpeechEngine, SpeechSegment
from sidecar.engine.turns import Urgency
from sidecar.errors import WorkerCrashedError
from sidecar.session.segment import LiveSegment
from sidecar.stabilizer.base import Update
from sidecar.testing.scripted import ScriptedEngine, UnsettledEngine, echo
from sidecar.text.spacing import join_pieces
from tests.process.dictations import talk

SECOND = 16_000


@dataclass
class Notes:
    """What an engine was asked, and how much each segment of it was fed."""

    asks: list[tuple[Ask, Urgency]] = field(default_factory=list)
    fed: list[list[int]] = field(default_factory=list)
    n_closed: int = 0
    broken: bool = False


@dataclass
class NotingSegment:
    """A segment of an engine in this process that notes what it is asked."""

    segment: SpeechSegment
    notes: Notes

    def feed(self, samples: Samples) -> None:
        self.notes.fed[-1].append(len(samples))
        self.segment.feed(samples)

    async def decode(self, ask: Ask, urgency: Urgency = Urgency.FILE) -> Hypothesis:
        self.notes.asks.append((ask, urgency))
        if self.notes.broken:
            raise WorkerCrashedError("The engine crashed.")
        return self.segment.decode(ask, lambda: False)

    async def close(self) -> None:
        self.notes.n_closed += 1
        self.segment.close()


def live(engine: SpeechEngine, urgency: Urgency = Urgency.FINAL) -> tuple[LiveSegment, Notes]:
    notes = Notes()

    async def begin() -> NotingSegment:
        notes.fed.append([])
        return NotingSegment(engine.open(SegmentOptions()), notes)

    return LiveSegment(begin, engine.capabilities, urgency), notes


def text(update: Update) -> str:
    return "".join(unit.text for unit in update.committed)


def echoed(samples: Samples) -> str:
    return join_pieces(word.text for word in echo(samples))


async def test_each_pass_feeds_only_what_is_new() -> None:
    segment, notes = live(ScriptedEngine())
    samples = talk(3)

    for n in (SECOND, 2 * SECOND, 3 * SECOND):
        await segment.partial(samples[:n])

    assert notes.fed == [[SECOND, SECOND, SECOND]]


async def test_what_is_committed_is_forced_on_the_next_pass() -> None:
    segment, notes = live(ScriptedEngine())
    samples = talk(3)
    committed = ""

    for n in (SECOND, 2 * SECOND):
        committed += text(segment.take(await segment.partial(samples[:n]), n))
    await segment.final(samples)

    assert committed
    assert [ask.prefix for ask, _ in notes.asks] == ["", "", committed]
    assert [urgency for _, urgency in notes.asks] == [Urgency.PARTIAL] * 2 + [Urgency.FINAL]


async def test_a_segment_that_was_cut_is_heard_again_from_its_exact_samples() -> None:
    segment, notes = live(ScriptedEngine())
    samples = talk(3)
    cut = 2 * SECOND + 321
    committed = ""
    for n in (SECOND, 2 * SECOND, 3 * SECOND):
        committed += text(segment.take(await segment.partial(samples[:n]), n))

    hypothesis = await segment.final(samples[:cut])
    committed += text(segment.finish(hypothesis, cut))

    assert notes.fed == [[SECOND] * 3, [cut]]
    assert notes.n_closed == 1
    assert committed == echoed(samples[:cut])


async def test_the_final_pass_is_made_once_for_the_same_samples() -> None:
    segment, notes = live(ScriptedEngine())
    samples = talk(2)

    early = await segment.final(samples[:SECOND])
    known = segment.has_final(SECOND), segment.has_final(2 * SECOND)
    again = await segment.final(samples[:SECOND])
    late = await segment.final(samples)

    assert known == (True, False)
    assert again is early
    assert late.text == echoed(samples)
    assert len(notes.asks) == 2


async def test_an_engine_that_does_not_settle_commits_its_final_text_alone() -> None:
    segment, notes = live(UnsettledEngine())
    samples = talk(3)

    updates = [segment.take(await segment.partial(samples[:n]), n) for n in (SECOND, 2 * SECOND)]
    last = segment.finish(await segment.final(samples), len(samples))

    assert [text(update) for update in updates] == ["", ""]
    assert updates[1].tentative == echoed(samples[: 2 * SECOND])
    assert text(last) == echoed(samples)
    assert all(ask.prefix == ask.draft == "" for ask, _ in notes.asks)


async def test_final_passes_of_a_batch_dictation_are_as_urgent_as_a_recording() -> None:
    segment, notes = live(ScriptedEngine(), Urgency.FILE)

    await segment.final(talk(1))

    assert [urgency for _, urgency in notes.asks] == [Urgency.FILE]


async def test_a_pass_that_failed_leaves_the_segment_usable() -> None:
    segment, notes = live(ScriptedEngine())
    samples = talk(2)
    notes.broken = True
    with pytest.raises(WorkerCrashedError):
        await segment.partial(samples[:SECOND])
    notes.broken = False

    hypothesis = await segment.final(samples)

    assert hypothesis.text == echoed(samples)
    assert notes.fed == [[SECOND, SECOND]]


async def test_a_segment_of_which_no_pass_was_made_costs_the_engine_nothing() -> None:
    segment, notes = live(ScriptedEngine())

    await segment.close()

    assert notes.fed == []
    assert text(segment.finish(Hypothesis("", final=True), len(np.empty(0)))) == ""
