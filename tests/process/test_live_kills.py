"""Workers that are killed at random while somebody dictates: nothing is lost or said twice."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from random import Random

import numpy as np
import pytest

from sidecar.domain import SAMPLE_RATE_HZ, Samples, SegmentFinal, Trouble
from sidecar.testing.scripted import echo
from sidecar.text.spacing import join_pieces
from tests.conftest import Scripted
from tests.process.dictations import assert_sound, chunks_of, dictation, hush, talk
from tests.process.pools import Lab, laboratory

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is Unix'")

DICTATIONS = 5
KILLS = 10  # of the worker of each


async def kill_at_random(lab: Lab, random: Random) -> None:
    """Kill whatever worker there is, at any moment of its life."""
    for _ in range(KILLS):
        await lab.until(lambda: lab.status.pid is not None)
        await asyncio.sleep(random.uniform(0, 0.8))
        if (pid := lab.status.pid) is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


async def dictate(seed: int) -> None:
    """Speak until the last worker is killed, and see that all of it was heard once."""
    random = Random(seed)
    spoken: list[Samples] = []
    async with laboratory() as lab, dictation(lab.pool, "rtf:0.01") as told:
        killing = asyncio.create_task(kill_at_random(lab, random))
        while not killing.done():
            spoken += [talk(random.uniform(0.5, 4), seed=len(spoken)), hush(1.2)]
            for chunk in chunks_of(np.concatenate(spoken[-2:])):
                told.session.accept(chunk)
                await asyncio.sleep(0.02)
        await killing
        final = await told.close()

    samples = np.concatenate(spoken)
    assert told.of(Trouble) == []
    assert final.complete
    assert len(told.of(SegmentFinal)) == len(spoken) / 2
    for segment in told.of(SegmentFinal):
        start, end = (round(at_s * SAMPLE_RATE_HZ) for at_s in (segment.start_s, segment.end_s))
        assert segment.text.strip() == join_pieces(word.text for word in echo(samples[start:end]))
    assert_sound(told.events)


async def test_text_is_the_same_whenever_workers_are_killed(scripted: Scripted) -> None:
    await asyncio.gather(*(dictate(seed) for seed in range(DICTATIONS)))
