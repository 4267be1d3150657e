from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import numpy as np
import pytest

from sidecar.domain import Commit, Hypothesis, LiveEvent, Partial, Samples, SegmentFinal, Trouble
from sidecar.engine.base import Ask, SegmentOptions, SpeechEngine, SpeechSegment
from sidecar.engine.turns import PreemptedError
from sidecar.errors import LoadFailedError, ModelCorruptError, SottoError, WorkerCrashedError
from sidecar.session.decoding import Decoding
from sidecar.session.following import Ended, Follower
from sidecar.session.hearing import SILENCE, Mark, Sound
from sidecar.session.shelf import Shelf
from sidecar.testing.clock import ManualClock
from sidecar.testing.scripted import FreeEngine, ScriptedEngine, UnsettledEngine, echo
from sidecar.text.spacing import join_pieces
from sidecar.vad.base import FRAME_SAMPLES
from sidecar.vad.endpointer import EndpointerOptions
from tests.conftest import PATIENCE_S
from tests.process.dictations import LocalEngines, LocalSegment, talk

FRAMES_PER_S = 31.25


class Hooked(LocalEngines):
    """Calls something in each pass, just before the engine answers."""

    hook: Callable[[Ask], None] = staticmethod(lambda _: None)

    async def decode(self, segment: SpeechSegment, ask: Ask) -> Hypothesis:
        hypothesis = await super().decode(segment, ask)
        self.hook(ask)
        return hypothesis


@dataclass
class Bench:
    """Decoding alone: sound goes in frame by frame, without a thread."""

    engines: Hooked
    script: tuple[str, ...] = ()
    longest_s: float = 8.0
    events: list[LiveEvent] = field(default_factory=list)
    clock: ManualClock = field(default_factory=ManualClock)
    follower: Follower = field(init=False)
    decoding: Decoding = field(init=False)

    def __post_init__(self) -> None:
        self.follower = Follower(EndpointerOptions(longest_s=self.longest_s), Shelf())
        self.decoding = Decoding(
            open_segment=self._open,
            capabilities=self.engines.capabilities,
            follower=self.follower,
            emit=self.events.append,
            on_step=lambda: None,
            clock=self.clock,
            live=True,
        )

    async def _open(self) -> LocalSegment:
        return await self.engines.open("scripted", SegmentOptions(hotwords=self.script))

    def hear(self, samples: Samples, *dips: int, mark: Mark | None = None) -> list[Ended]:
        """Frames, loud where they are not zero, but hardly speech at the dips."""
        frames = samples.reshape(-1, FRAME_SAMPLES)
        speech = np.where(np.abs(frames).max(axis=1, initial=0) > 0, 0.95, 0.02)
        speech[[*dips]] = 0.36
        sound = Sound(0, samples, speech.astype(np.float32), None, mark)
        ended = [found for found in self.follower.hear(sound) if isinstance(found, Ended)]
        for each in ended:
            self.decoding.add(each)
        if mark is Mark.CLOSE:
            self.decoding.close()
        self.decoding.look()
        return ended

    async def settle(self) -> None:
        """Wait until no pass runs or is due."""
        await asyncio.wait_for(self.decoding.idle.wait(), PATIENCE_S)

    def of(self, kind: type[LiveEvent]) -> list[LiveEvent]:
        return [event for event in self.events if isinstance(event, kind)]


@asynccontextmanager
async def bench(engine: SpeechEngine, *script: str) -> AsyncIterator[Bench]:
    """A bench that is closed, and has to have ended then, unless it has failed."""
    made = Bench(Hooked(engine), script)
    running = asyncio.create_task(made.decoding.run())
    yield made
    made.hear(SILENCE, mark=Mark.CLOSE)
    await asyncio.wait_for(running, PATIENCE_S)
    assert made.engines.n_open == 0


def frames(seconds: float, seed: int = 0) -> Samples:
    n_samples = int(seconds * FRAMES_PER_S) * FRAME_SAMPLES
    return talk(seconds + 1, seed)[:n_samples]


def finals(events: list[LiveEvent]) -> list[SegmentFinal]:
    return [event for event in events if isinstance(event, SegmentFinal)]


def echoed(samples: Samples, segment: SegmentFinal) -> str:
    start, end = (round(at_s * 16_000) for at_s in (segment.start_s, segment.end_s))
    return join_pieces(word.text for word in echo(samples[start:end]))


def right_after_a_pass(made: Bench, then: Callable[[], object]) -> Callable[[Ask], None]:
    """Does something once, in the moment between a pass and what comes of it."""

    def hook(_: Ask) -> None:
        made.engines.hook = lambda _: None
        asyncio.get_running_loop().call_soon(then)

    return hook


async def test_a_pass_that_is_done_when_its_segment_is_cut_commits_nothing_past_the_cut() -> None:
    samples = frames(9)
    seconds = [samples[: int(s * FRAMES_PER_S) * FRAME_SAMPLES] for s in (6.4, 7.2, 7.76, 8.5)]
    async with bench(FreeEngine()) as made:
        made.hear(seconds[0])
        await made.settle()
        dip = int(6.8 * FRAMES_PER_S)
        made.hear(seconds[1][len(seconds[0]) :], dip - len(seconds[0]) // FRAME_SAMPLES)
        await made.settle()
        cut = right_after_a_pass(made, lambda: made.hear(seconds[3][len(seconds[2]) :]))
        made.engines.hook = cut
        made.hear(seconds[2][len(seconds[1]) :])
        await made.settle()

    first, second = finals(made.events)
    assert first.end_s == second.start_s == pytest.approx(dip / FRAMES_PER_S)
    assert [segment.text.strip() for segment in (first, second)] == [
        echoed(samples, segment) for segment in (first, second)
    ]


async def test_a_segment_is_not_cut_before_what_is_committed() -> None:
    samples = frames(9)
    async with bench(FreeEngine()) as made:
        heard = 0
        for until_s in (6.4, 7.2, 7.76, 8.5):
            until = int(until_s * FRAMES_PER_S) * FRAME_SAMPLES
            dip = int(6.8 * FRAMES_PER_S) - heard // FRAME_SAMPLES
            made.hear(samples[heard:until], *([dip] if until_s == 7.2 else []))
            await made.settle()
            heard = until

    first, second = finals(made.events)
    assert first.end_s >= 7.0
    assert [segment.text.strip() for segment in (first, second)] == [
        echoed(samples, segment) for segment in (first, second)
    ]


def fail(error: Exception, *, final: bool) -> Callable[[Ask], None]:
    """Raises in the passes that are final, or that are not."""

    def hook(ask: Ask) -> None:
        if ask.final is final:
            raise error

    return hook


async def test_a_partial_pass_that_made_room_is_made_again() -> None:
    made_room: list[Ask] = []

    def hook(ask: Ask) -> None:
        made_room.append(ask)
        if len(made_room) == 1:
            raise PreemptedError

    async with bench(ScriptedEngine()) as made:
        made.engines.hook = hook
        for seed in range(3):
            made.hear(frames(1, seed=seed))
            await made.settle()

    assert len(made_room) > 2
    assert made.of(Commit)


async def test_after_a_partial_pass_has_failed_only_the_final_one_is_tried() -> None:
    samples = frames(6)
    async with bench(UnsettledEngine()) as made:
        made.engines.hook = fail(WorkerCrashedError("It crashed."), final=False)
        made.hear(samples[: 100 * FRAME_SAMPLES])
        await made.settle()
        made.engines.hook = lambda _: None
        made.hear(samples[100 * FRAME_SAMPLES :])
        await made.settle()
        partials = made.of(Partial)

    assert partials == []
    (segment,) = finals(made.events)
    assert segment.text == echoed(samples, segment)
    assert made.decoding.tally.complete


async def test_a_final_pass_that_fails_leaves_what_is_committed() -> None:
    async with bench(ScriptedEngine()) as made:
        for at in range(5):
            made.hear(frames(1, seed=at))
            await made.settle()
        made.engines.hook = fail(WorkerCrashedError("It crashed."), final=True)

    committed = "".join(event.text for event in made.events if isinstance(event, Commit))
    (trouble,) = made.of(Trouble)
    assert trouble == Trouble("WORKER_CRASHED", "It crashed.", recoverable=True)
    assert committed
    assert [segment.text for segment in finals(made.events)] == [committed]
    assert not made.decoding.tally.complete


@pytest.mark.parametrize("kind", [LoadFailedError, ModelCorruptError])
async def test_an_engine_that_is_gone_for_good_ends_all(kind: type[SottoError]) -> None:
    made = Bench(Hooked(ScriptedEngine()))
    made.engines.hook = fail(kind("No model."), final=False)
    running = asyncio.create_task(made.decoding.run())
    made.hear(frames(2))

    with pytest.raises(kind):
        await asyncio.wait_for(running, PATIENCE_S)
    assert made.engines.n_open == 0


async def test_what_is_too_quiet_to_be_speech_gets_an_empty_segment_without_a_pass() -> None:
    asked: list[Ask] = []
    async with bench(ScriptedEngine()) as made:
        made.engines.hook = asked.append
        made.hear(frames(2) * np.float32(0.0005))
        await made.settle()

    assert [segment.text for segment in finals(made.events)] == [""]
    assert asked == []
    assert made.decoding.tally.complete


async def test_what_models_dream_up_is_not_text() -> None:
    async with bench(UnsettledEngine(), "say:Thanks for watching!") as made:
        made.hear(frames(0.5))
        await made.settle()

    assert [segment.text for segment in finals(made.events)] == [""]


async def test_a_stutter_is_neither_shown_nor_committed() -> None:
    async with bench(UnsettledEngine(), "say:well" + " so" * 30) as made:
        for seed in range(2):
            made.hear(frames(1.5, seed=seed))
            await made.settle()
        await made.settle()

    shown = [event.text for event in made.events if isinstance(event, Partial)]
    assert set(shown) == {"well so"}
    assert [segment.text for segment in finals(made.events)] == ["well so"]


async def test_what_changes_much_is_shown_only_where_two_passes_agree() -> None:
    async with bench(UnsettledEngine(), "at:0 so it is", "at:2.5 so it goes") as made:
        for seed in range(3):
            made.hear(frames(1, seed=seed))
            await made.settle()
            made.clock.advance(1)

    shown = [event.text for event in made.events if isinstance(event, Partial)]
    assert shown == ["so it is", "so it"]


async def test_lag_counts_from_the_end_of_the_oldest_segment_that_waits() -> None:
    made = Bench(Hooked(ScriptedEngine()))
    silence = np.zeros(40 * FRAME_SAMPLES, np.float32)

    made.hear(frames(2))
    speaking_s = made.decoding.lag_s
    (oldest,) = made.hear(silence)
    made.hear(frames(2, seed=1))
    made.hear(silence)

    assert speaking_s == 0
    assert made.decoding.lag_s == pytest.approx(made.follower.received_s - oldest.end_s)
