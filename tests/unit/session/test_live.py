"""What holds for every dictation, whatever is said and however it comes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.domain import (
    SAMPLE_RATE_HZ,
    Flushed,
    Hypothesis,
    Samples,
    SegmentFinal,
    SpeechEdge,
)
from sidecar.engine.base import Ask, SpeechEngine, SpeechSegment
from sidecar.testing.scripted import (
    FreeEngine,
    ScriptedEngine,
    UnsettledEngine,
    UntimedEngine,
    echo,
)
from sidecar.text.spacing import join_pieces
from tests.process.dictations import (
    Dictated,
    LocalEngines,
    LoudVad,
    assert_sound,
    chunks_of,
    dictation,
    hush,
    talk,
)

ENGINES = (ScriptedEngine, FreeEngine, UntimedEngine, UnsettledEngine)


class UnsureVad(LoudVad):
    """Never sure of its speech, so that a cut for length may fall anywhere in its window."""

    def probabilities(self, frames: Samples) -> npt.NDArray[np.float32]:
        """Hear frames of shape (n, 512); see `Vad`."""
        doubt = np.abs(frames[:, 7]) * 2
        return np.where(super().probabilities(frames) > 0.5, 0.9 - doubt, 0.02).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Case:
    """A dictation: what is said, how it comes, and who recognises it."""

    engine: type[SpeechEngine]
    speech: tuple[tuple[float, float], ...]  # seconds of speech, then of silence
    chunk_ms: int
    flushes: frozenset[int]  # before these chunks
    longest_s: float  # that a segment may be
    patient: bool  # whether each chunk waits for what the one before has caused
    n_yields: int

    @property
    def samples(self) -> Samples:
        """All of it."""
        pieces = [
            piece
            for seed, (speech_s, silence_s) in enumerate(self.speech)
            for piece in (talk(speech_s, seed), hush(silence_s))
        ]
        return np.concatenate([np.empty(0, np.float32), *pieces])


cases = st.builds(
    Case,
    engine=st.sampled_from(ENGINES),
    speech=st.lists(st.tuples(st.floats(0.3, 9), st.floats(0.1, 2.5)), max_size=5).map(tuple),
    chunk_ms=st.sampled_from((20, 50, 100, 130, 500)),
    flushes=st.frozensets(st.integers(0, 100), max_size=3),
    longest_s=st.sampled_from((5.0, 8.0, 30.0)),
    patient=st.booleans(),
    n_yields=st.integers(1, 30),
)


async def dictate(case: Case) -> Dictated:
    """The whole dictation, closed."""
    engines = LocalEngines(case.engine(), case.n_yields, case.longest_s)
    async with dictation(engines, make_vad=UnsureVad) as told:
        flushes = []
        for i, chunk in enumerate(chunks_of(case.samples, case.chunk_ms)):
            if i in case.flushes:
                flushes.append(asyncio.create_task(told.session.flush(i)))
            await asyncio.sleep(0)
            told.session.accept(chunk)
            if case.patient:
                await told.session.settled()
        await asyncio.gather(*flushes)
        await told.close()
    assert engines.n_open == 0
    return told


def place(segment: SegmentFinal) -> slice:
    """The samples that a segment covers."""
    return slice(*(round(at_s * SAMPLE_RATE_HZ) for at_s in (segment.start_s, segment.end_s)))


@settings(max_examples=60)
@given(cases)
def test_every_sample_of_a_segment_is_recognised_once_and_in_its_place(case: Case) -> None:
    told = asyncio.run(dictate(case))

    assert_sound(told.events)
    segments = told.of(SegmentFinal)
    echoes = [join_pieces(w.text for w in echo(case.samples[place(s)])) for s in segments]
    assert [segment.text.strip() for segment in segments] == echoes
    assert told.text == join_pieces(echoes)


@settings(max_examples=20)
@given(cases)
def test_all_that_is_said_is_in_some_segment(case: Case) -> None:
    told = asyncio.run(dictate(case))

    covered = np.zeros(len(case.samples), bool)
    for segment in told.of(SegmentFinal):
        assert not covered[place(segment)].any()
        covered[place(segment)] = True
    # Right after a flush less than a quarter of a second of voice is taken for a click.
    if not case.flushes:
        assert covered[case.samples != 0].all()


@settings(max_examples=20)
@given(cases)
def test_how_audio_comes_changes_nothing_in_what_is_final(case: Case) -> None:
    # A cut for length keeps out of what is committed, which depends on when passes were made.
    case = replace(case, flushes=frozenset(), longest_s=30.0)
    told = asyncio.run(dictate(case))
    other = replace(case, chunk_ms=70, patient=not case.patient, n_yields=3)
    again = asyncio.run(dictate(other))

    assert again.text == told.text
    assert again.of(SegmentFinal) == told.of(SegmentFinal)


@settings(max_examples=20)
@given(cases, st.integers(0, 100))
def test_a_flush_is_answered_when_all_before_it_is_final(case: Case, at: int) -> None:
    told = asyncio.run(dictate(replace(case, flushes=frozenset({at}))))

    for flushed in told.of(Flushed):
        before = told.events[: told.events.index(flushed)]
        said = case.samples != 0
        said[flushed.seq * case.chunk_ms * SAMPLE_RATE_HZ // 1000 :] = False
        for segment in before:
            if isinstance(segment, SegmentFinal):
                said[place(segment)] = False
        # A quarter of a second of voice may yet be a click.
        assert said.sum() < 0.3 * SAMPLE_RATE_HZ


@settings(max_examples=20)
@given(cases)
def test_speech_begins_and_ends_in_turn(case: Case) -> None:
    told = asyncio.run(dictate(case))

    edges = told.of(SpeechEdge)
    assert [edge.edge for edge in edges] == ["start", "end"] * (len(edges) // 2)
    assert all(a.at_s <= b.at_s for a, b in pairwise(edges))


class Stuck(LocalEngines):
    """Never ends a partial pass."""

    async def decode(self, segment: SpeechSegment, ask: Ask) -> Hypothesis:
        """Wait for what never comes, unless this is the end."""
        if not ask.final:
            await asyncio.Event().wait()
        return await super().decode(segment, ask)


async def test_a_final_pass_does_not_wait_for_a_partial_one() -> None:
    async with dictation(Stuck(UnsettledEngine())) as told:
        told.push(np.concatenate((talk(2), hush(1.2))))
        await told.until(lambda: bool(told.of(SegmentFinal)))
        final = await told.close()

    assert final.complete
    assert len(final.text.split()) > 3


async def test_hope_that_has_become_vain_is_given_up_at_once() -> None:
    class StuckInPauses(LocalEngines):
        n_final = 0

        async def decode(self, segment: SpeechSegment, ask: Ask) -> Hypothesis:
            self.n_final += ask.final
            if ask.final and self.n_final == 1:
                await asyncio.Event().wait()
            return await super().decode(segment, ask)

    engines = StuckInPauses(ScriptedEngine())
    async with dictation(engines) as told:
        told.push(np.concatenate((talk(2), hush(0.5))))
        await told.until(lambda: engines.n_final == 1)
        told.push(talk(2))
        final = await told.close()

    assert final.complete
    assert engines.n_final == 2
