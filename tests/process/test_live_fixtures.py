"""What is hard about live text, each as a script: flips, corrections, repeats, slowness, hours."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import numpy as np
import pytest

from sidecar.domain import (
    SAMPLE_RATE_HZ,
    Commit,
    Partial,
    SegmentFinal,
    SpeechEdge,
    Status,
)
from sidecar.telemetry.process import rss_bytes
from sidecar.testing.clock import ManualClock
from sidecar.testing.scripted import ScriptedEngine, echo
from sidecar.text.spacing import join_pieces
from tests.conftest import Scripted
from tests.process.dictations import (
    Dictated,
    LocalEngines,
    assert_sound,
    chunks_of,
    dictation,
    hush,
    talk,
)
from tests.process.pools import laboratory

ENGINES = ("scripted", "scripted-free", "scripted-untimed", "scripted-unsettled")


async def dictated(engine: str, *script: str, n_segments: int = 1) -> Dictated:
    """Four seconds of speech, that often, with a pause after each, closed."""
    async with laboratory() as lab, dictation(lab.pool, *script, engine=engine) as told:
        for seed in range(n_segments):
            await told.speak(np.concatenate((hush(0.6), talk(4, seed), hush(1.2))))
        await told.close()
    assert_sound(told.events)
    return told


@pytest.mark.parametrize("engine", ENGINES)
async def test_words_that_flip_near_the_end_are_neither_committed_nor_shown(
    scripted: Scripted, engine: str
) -> None:
    told = await dictated(engine, "flip:0.9")

    (segment,) = told.of(SegmentFinal)
    samples = np.concatenate((hush(0.6), talk(4), hush(1.2)))
    start, end = (round(at_s * SAMPLE_RATE_HZ) for at_s in (segment.start_s, segment.end_s))
    assert segment.text == join_pieces(word.text for word in echo(samples[start:end]))
    assert told.of(Partial)
    assert all(partial.text in segment.text for partial in told.of(Partial))


@pytest.mark.parametrize("engine", ENGINES)
async def test_a_correction_that_comes_late_adds_no_word_and_takes_none_back(
    scripted: Scripted, engine: str
) -> None:
    script = ("at:0.5 we", "at:1.5 we are hear", "at:3.2 we are here now", "final:we are here now")

    told = await dictated(engine, *script)

    assert told.text in ("we are here now", "we are hear now")
    assert (told.text == "we are here now") or engine != "scripted-unsettled"


@pytest.mark.parametrize("engine", ENGINES)
async def test_a_word_that_is_said_twice_is_written_twice(scripted: Scripted, engine: str) -> None:
    script = ("at:0.5 very", "at:1.5 very very", "at:2.5 very very good", "at:3.5 very very good")

    told = await dictated(engine, *script, n_segments=2)

    assert told.text == "very very good very very good"


@pytest.mark.parametrize("engine", ENGINES)
async def test_chinese_is_joined_without_spaces_and_latin_words_in_it_with(
    scripted: Scripted, engine: str
) -> None:
    script = (
        "at:0.5 我们",
        "at:1.5 我们用 Python",
        "at:2.5 我们用 Python 写",
        "at:3.5 我们用 Python 写代码。",
    )

    told = await dictated(engine, *script, n_segments=2)

    assert told.text == "我们用 Python 写代码。" * 2


async def test_an_engine_half_as_fast_as_speech_is_asked_for_less_and_loses_nothing(
    scripted: Scripted,
) -> None:
    samples = np.concatenate([p for i in range(9) for p in (talk(5, i), hush(0.9), hush(0.1))])
    async with laboratory() as lab, dictation(lab.pool, "rtf:0.1") as told:
        await lab.pool.start("scripted")
        for chunk in chunks_of(samples, 500):
            told.session.accept(chunk)
            await asyncio.sleep(0.025)  # twenty times as fast as speech: RTF 2
        told.push(hush(45))
        final = await told.close()

    assert final.complete
    lags_s = [status.lag_s for status in told.of(Status)]
    assert max(lags_s) > 8
    assert "behind" in [status.state for status in told.of(Status)]
    for segment in told.of(SegmentFinal):
        start, end = (round(at_s * SAMPLE_RATE_HZ) for at_s in (segment.start_s, segment.end_s))
        assert segment.text.strip() == join_pieces(word.text for word in echo(samples[start:end]))
    assert_sound(told.events)


async def test_an_hour_of_silence_gives_no_text_and_takes_no_memory() -> None:
    engines = LocalEngines(ScriptedEngine())
    clock = ManualClock()
    minute = np.concatenate((hush(55), np.random.default_rng(0).uniform(-1e-3, 1e-3, 80_000)))
    chunks = [*chunks_of(minute.astype(np.float32), 500)]
    async with dictation(engines, clock=clock) as told:
        rss: list[int] = []
        for _ in range(60):
            for chunk in chunks:
                clock.advance(0.5)
                told.session.accept(chunk)
                await told.session.settled()
            n_events = len(told.events)
            told.events = [
                event for event in told.events if isinstance(event, Commit | Partial | SpeechEdge)
            ]
            assert n_events <= 60 * 2 + 5
            rss.append(rss_bytes())
        final = await told.close()

    assert told.of(SpeechEdge) == []
    assert (final.text, final.complete, final.timings.audio_s) == ("", True, 3600.0)
    assert final.timings.total_s == 3600.0
    assert rss[-1] - rss[5] < 20e6


async def test_hours_of_speech_take_the_memory_of_a_minute() -> None:
    engines = LocalEngines(ScriptedEngine())
    chunks = [*chunks_of(np.concatenate((talk(20), hush(1.0))), 500)]
    rss: list[int] = []
    async with dictation(engines) as told:
        for _ in range(30):
            for chunk in chunks:
                told.session.accept(chunk)
                await told.session.settled()
            told.events.clear()
            rss.append(rss_bytes())
        await told.close()

    growth = [after - before for before, after in pairwise(rss[10:])]
    assert sum(growth) < 5e6
