from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sidecar.domain import SAMPLE_RATE_HZ, Samples, Segment, Word
from sidecar.engine.client import EnginePool, WorkerOptions
from sidecar.engine.registry import EngineRegistry
from sidecar.session.word_times import WordTimes
from tests.conftest import PATIENCE_S, ScriptedAligner

QUICK = WorkerOptions(
    beat_s=0.05, hang_s=PATIENCE_S, hang_factor=0, abort_s=PATIENCE_S, stop_s=0.2, terminate_s=0.2
)


@pytest.fixture
def busy() -> asyncio.Event:
    """Set when the aligner first works."""
    return asyncio.Event()


@pytest.fixture
def options() -> WorkerOptions:
    """How workers are waited for; a test may have it otherwise."""
    return QUICK


@pytest.fixture
async def pool(
    scripted_aligner: ScriptedAligner, busy: asyncio.Event, options: WorkerOptions
) -> AsyncIterator[EnginePool]:
    def note(_name: str, state: str, _reason: str) -> None:
        if state == "busy":
            busy.set()

    pool = EnginePool(EngineRegistry(), options, note)
    yield pool
    await pool.close()


def sound(seconds: float, seed: int = 0) -> Samples:
    samples = np.random.default_rng(seed).uniform(-0.5, 0.5, int(seconds * SAMPLE_RATE_HZ))
    return samples.astype(np.float32)


def spoken(text: str, start_s: float = 0.0, seconds: float = 1.0) -> Segment:
    return Segment(start_s, start_s + seconds, text, language="en")


async def test_words_get_their_times_in_the_recording(pool: EnginePool) -> None:
    delivered: list[Segment] = []

    async with WordTimes(pool, delivered.append) as times:
        await times.add(spoken("Good day, all!", 10.0, 3.0), sound(3.0), "en-GB")

    assert delivered[0].text == "Good day, all!"
    assert delivered[0].words == (
        Word("Good", 10.0, 11.0),
        Word("day,", 11.0, 12.0),
        Word("all!", 12.0, 13.0),
    )
    assert list(times.notices()) == []


async def test_the_next_segment_is_recognised_while_the_words_of_one_are_found(
    scripted_aligner: ScriptedAligner, pool: EnginePool
) -> None:
    scripted_aligner.does("sleep:0.3")
    delivered: list[Segment] = []

    async with WordTimes(pool, delivered.append) as times:
        await times.add(spoken("one"), sound(1, 1), "en")
        at_first = list(delivered)
        await times.add(spoken("two", 1.0), sound(1, 2), "en")
        at_second = [segment.text for segment in delivered]

    assert at_first == []
    assert at_second == ["one"]
    assert [segment.text for segment in delivered] == ["one", "two"]
    assert all(segment.words for segment in delivered)


async def test_without_an_aligner_segments_go_through_as_they_are() -> None:
    delivered: list[Segment] = []
    timed = Segment(0.0, 1.0, "one", (Word("one", 0.2, 0.9),), "en")

    async with WordTimes(None, delivered.append) as times:
        await times.add(timed, sound(1), None)
        at_once = list(delivered)

    assert at_once == delivered == [timed]
    assert list(times.notices()) == []


@pytest.mark.parametrize(
    ("seconds", "language", "reason"),
    [
        (1.0, None, "say which is spoken"),
        (1.0, "fi", "knows en, zh, not fi"),
        (61.0, "en", "more at once than the aligner can"),
    ],
)
async def test_what_the_aligner_is_not_made_for_stays_without_times_and_that_is_told(
    pool: EnginePool, seconds: float, language: str | None, reason: str
) -> None:
    delivered: list[Segment] = []
    said = spoken("yksi", 0.0, seconds)

    async with WordTimes(pool, delivered.append) as times:
        await times.add(said, sound(seconds), language)

    assert delivered == [said]
    (notice,) = times.notices()
    assert "A piece of the text has no word times." in notice
    assert reason in notice


@pytest.mark.parametrize(
    ("trouble", "options"),
    [
        ("raise:EngineError", QUICK),
        ("raise:ValueError", QUICK),
        ("crash", QUICK),
        ("stall:600", replace(QUICK, hang_s=1.0)),
    ],
)
async def test_an_aligner_that_fails_costs_no_text(
    scripted_aligner: ScriptedAligner, pool: EnginePool, trouble: str
) -> None:
    scripted_aligner.does(trouble)
    delivered: list[Segment] = []

    async with WordTimes(pool, delivered.append) as times:
        await times.add(spoken("one"), sound(1), "en")

    assert delivered == [spoken("one")]
    (notice,) = times.notices()
    assert notice.startswith("A piece of the text has no word times. ")
    assert len(notice) > len("A piece of the text has no word times. ")


async def test_an_aligner_that_does_not_load_is_not_tried_for_every_segment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "broken-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[sotto.aligners]\nbroken = no_such_module:Aligner\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    states: list[str] = []
    pool = EnginePool(EngineRegistry(), QUICK, lambda _name, state, _reason: states.append(state))
    delivered: list[Segment] = []

    async with WordTimes(pool, delivered.append) as times:
        for number in range(3):
            await times.add(spoken("word", float(number)), sound(1, number), "en")
    await pool.close()

    assert len(delivered) == 3
    assert states.count("starting") == 1
    (notice,) = times.notices()
    assert notice.startswith("3 pieces of the text have no word times. ")


async def test_a_crash_that_does_not_repeat_is_not_noticed(
    scripted_aligner: ScriptedAligner, pool: EnginePool
) -> None:
    scripted_aligner.does(scripted_aligner.engine.fuse("once"), "crash")
    delivered: list[Segment] = []

    async with WordTimes(pool, delivered.append) as times:
        await times.add(spoken("one"), sound(1), "en")

    assert delivered[0].words == (Word("one", 0.0, 1.0),)
    assert list(times.notices()) == []


async def test_an_error_of_the_engine_delivers_what_was_being_aligned(
    scripted_aligner: ScriptedAligner, pool: EnginePool
) -> None:
    scripted_aligner.does("sleep:600")
    delivered: list[Segment] = []
    said = spoken("one")

    async def work() -> None:
        async with WordTimes(pool, delivered.append) as times:
            await times.add(said, sound(1), "en")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await work()

    assert delivered == [said]


async def test_giving_up_delivers_what_was_recognised_and_leaves_the_aligner_free(
    scripted_aligner: ScriptedAligner, pool: EnginePool, busy: asyncio.Event
) -> None:
    scripted_aligner.does("sleep:600")
    delivered: list[Segment] = []
    said = [spoken("one"), spoken("two", 1.0)]

    async def work() -> None:
        async with WordTimes(pool, delivered.append) as times:
            for number, segment in enumerate(said):
                await times.add(segment, sound(1, number), "en")

    task = asyncio.create_task(work())
    await busy.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    status = pool.aligner_status()
    assert delivered == said
    assert status is not None
    assert (status.state, status.restarts) == ("ready", 0)


async def test_whoever_cannot_be_told_of_a_segment_ends_the_work(pool: EnginePool) -> None:
    def refuse(_: Segment) -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        async with WordTimes(pool, refuse) as times:
            await times.add(spoken("one"), sound(1), "en")
