"""A live segment outlives the worker that heard it: nothing is lost, nothing said twice."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

import numpy as np
import pytest

from sidecar.engine.base import Ask, SegmentOptions
from sidecar.engine.client import Urgency
from sidecar.errors import LoadFailedError, WorkerCrashedError
from tests.conftest import Scripted
from tests.process.pools import Lab, echoed, laboratory, sound

LIVE = SegmentOptions(live=True)
FINAL = Ask(final=True)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kills with Unix signals")


async def kill(lab: Lab) -> None:
    """End the worker as the system does when memory is short, while nobody uses it."""
    os.kill(lab.pid, signal.SIGKILL)
    await lab.until(lambda: lab.status.state == "cold")


@pytest.mark.usefixtures("scripted")
def test_a_worker_killed_between_partials_changes_nothing_in_the_final() -> None:
    async def run() -> None:
        restarts: list[str] = []
        async with laboratory() as lab:
            segment = await lab.pool.open(
                "scripted", LIVE, on_restart=lambda: restarts.append(lab.status.state)
            )
            for piece in np.array_split(sound(1, 3.0), 6):
                segment.feed(piece)
                await segment.decode(Ask(), Urgency.PARTIAL)
            assert restarts == []
            await kill(lab)
            heard = await segment.decode(FINAL, Urgency.FINAL)
            again = await segment.decode(FINAL, Urgency.FINAL)

            assert heard.text == again.text == echoed(sound(1, 3.0))
            assert restarts == ["cold"]

    asyncio.run(run())


def test_a_worker_that_crashes_in_a_pass_is_told_before_the_next_one_loads(
    scripted: Scripted,
) -> None:
    async def run() -> None:
        restarts: list[str] = []
        async with laboratory() as lab:
            options = SegmentOptions(hotwords=(scripted.fuse("once"), "crash"), live=True)
            segment = await lab.pool.open(
                "scripted", options, on_restart=lambda: restarts.append(lab.states[-1])
            )
            segment.feed(sound())
            heard = await segment.decode(FINAL, Urgency.FINAL)

            assert heard.text == echoed(sound())
            assert restarts == ["busy"]
            assert lab.states == ["starting", "ready", "busy", "starting", "ready", "busy", "ready"]

    asyncio.run(run())


@pytest.mark.usefixtures("scripted")
def test_a_segment_that_no_worker_has_heard_is_not_heard_again() -> None:
    async def run() -> None:
        restarts: list[None] = []
        async with laboratory() as lab:
            segment = await lab.pool.open(
                "scripted", LIVE, on_restart=lambda: restarts.append(None)
            )
            segment.feed(sound())
            await kill(lab)
            heard = await segment.decode(FINAL, Urgency.FINAL)

            assert heard.text == echoed(sound())
            assert restarts == []

    asyncio.run(run())


def test_workers_killed_again_and_again_while_they_load_and_decode_lose_nothing(
    scripted: Scripted,
) -> None:
    async def run() -> None:
        script = (scripted.fuse("pass", times=4), "kill")
        async with laboratory() as lab:
            segment = await lab.pool.open("scripted", SegmentOptions(hotwords=script, live=True))
            segment.feed(sound())
            scripted.when_loading(scripted.fuse("load", times=2), "kill")
            heard = await segment.decode(FINAL, Urgency.FINAL)

            assert heard.text == echoed(sound())
            assert lab.status.restarts == 4

    asyncio.run(run())


@pytest.mark.usefixtures("scripted")
def test_a_pass_is_not_tried_for_ever_where_workers_are_killed() -> None:
    async def run() -> None:
        async with laboratory() as lab:
            with pytest.raises(WorkerCrashedError):
                await lab.say(sound(), "kill")

            assert lab.status.restarts == 5

    asyncio.run(run())


def test_a_load_is_not_tried_for_ever_where_workers_are_killed(scripted: Scripted) -> None:
    async def run() -> None:
        scripted.when_loading("kill")
        async with laboratory() as lab:
            with pytest.raises(LoadFailedError, match="close other programs"):
                await lab.pool.start("scripted")

            assert lab.states == ["starting", "failed"]

    asyncio.run(run())
