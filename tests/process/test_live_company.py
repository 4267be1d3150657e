"""Several people dictate at once to an engine that makes their passes together."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import AsyncExitStack, suppress
from random import Random

import numpy as np
import pytest

from sidecar.domain import SAMPLE_RATE_HZ, Samples, SegmentFinal, Trouble
from sidecar.testing.scripted import echo
from sidecar.text.spacing import join_pieces
from tests.conftest import Scripted
from tests.process.dictations import Dictated, assert_sound, chunks_of, dictation, hush, talk
from tests.process.pools import Lab, laboratory

TOGETHER = "scripted-together"
N_PEOPLE = 4


def speech(person: int) -> Samples:
    """Three sentences of their own length, with pauses that end segments."""
    random = Random(person)
    pieces = []
    for n in range(3):
        pieces += [talk(random.uniform(0.5, 3), seed=10 * person + n), hush(1.2)]
    return np.concatenate(pieces)


async def speak(told: Dictated, samples: Samples) -> None:
    for chunk in chunks_of(samples):
        told.session.accept(chunk)
        await asyncio.sleep(0.02)
    await told.close()


def assert_heard(told: Dictated, samples: Samples) -> None:
    assert_sound(told.events)
    assert told.of(Trouble) == []
    segments = told.of(SegmentFinal)
    assert len(segments) == 3
    for segment in segments:
        start, end = (round(at_s * SAMPLE_RATE_HZ) for at_s in (segment.start_s, segment.end_s))
        assert segment.text.strip() == join_pieces(word.text for word in echo(samples[start:end]))


async def kill_now_and_then(lab: Lab) -> None:
    random = Random(3)
    while True:
        await asyncio.sleep(random.uniform(0.2, 1.0))
        if (pid := lab.status.pid) is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize(
    "killing",
    [
        False,
        pytest.param(
            True, marks=pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is Unix'")
        ),
    ],
)
async def test_everybody_gets_their_own_text_in_company(scripted: Scripted, killing: bool) -> None:
    samples = [speech(person) for person in range(N_PEOPLE)]
    async with laboratory(engine=TOGETHER) as lab, AsyncExitStack() as people:
        dictations = [
            await people.enter_async_context(
                dictation(lab.pool, "rtf:0.05", engine=TOGETHER, client=person)
            )
            for person in range(N_PEOPLE)
        ]
        killer = asyncio.create_task(kill_now_and_then(lab)) if killing else None
        await asyncio.gather(*map(speak, dictations, samples))
        if killer is not None:
            killer.cancel()

        assert killing or lab.status.restarts == 0
    for told, own in zip(dictations, samples, strict=True):
        assert_heard(told, own)
