"""Workers that are worn are replaced, while nobody waits for them."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace

import pytest

from sidecar.engine.base import Ask, SegmentOptions
from tests.conftest import Scripted
from tests.process.pools import QUICK, echoed, is_alive, laboratory, sound


@pytest.mark.usefixtures("scripted")
def test_after_many_requests_an_idle_worker_is_replaced_and_nothing_is_lost() -> None:
    async def run() -> None:
        async with laboratory(replace(QUICK, max_requests=3)) as lab:
            segment = await lab.pool.open("scripted", SegmentOptions())
            segment.feed(sound(0))
            first = lab.pid
            for number in range(4):  # 3 and 20 % more
                await lab.say(sound(number))
            await lab.until(lambda: lab.pid != first)
            segment.feed(sound(1))
            heard = await segment.decode(Ask(final=True))
            await segment.close()
            await lab.until(lambda: not is_alive(first))

            assert heard.text == f"{echoed(sound(0))} {echoed(sound(1))}"
            assert lab.status.restarts == 0
            assert "cold" not in lab.states
            assert lab.states.count("starting") == 1

    asyncio.run(run())


@pytest.mark.skipif(sys.platform != "linux", reason="reads memory from /proc")
@pytest.mark.usefixtures("scripted")
def test_a_worker_that_leaks_is_replaced() -> None:
    async def run() -> None:
        async with laboratory(replace(QUICK, rss_slack_bytes=20 << 20)) as lab:
            await lab.say(sound(0))
            first, before = lab.pid, lab.status.rss_bytes
            await lab.say(sound(1), "leak:100")
            grown = lab.status.rss_bytes
            await lab.until(lambda: lab.pid != first)
            after = lab.status.rss_bytes

        assert before is not None
        assert grown is not None
        assert after is not None
        assert grown > before + (90 << 20)
        assert after < before + (20 << 20)

    asyncio.run(run())


@pytest.mark.usefixtures("scripted")
def test_a_busy_worker_is_not_replaced() -> None:
    async def run() -> None:
        async with laboratory(replace(QUICK, max_requests=1, idle_s=1.0)) as lab:
            await lab.say(sound(0))
            first = lab.pid
            for number in range(1, 10):
                await lab.say(sound(number), "sleep:0.05")
                assert lab.pid == first
            await lab.until(lambda: lab.pid != first)

    asyncio.run(run())


def test_a_worn_worker_stays_when_its_successor_does_not_load(
    scripted: Scripted, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        async with laboratory(replace(QUICK, max_requests=1)) as lab:
            await lab.pool.start("scripted")
            first = lab.pid
            scripted.when_loading(scripted.fuse("bad"), "raise:LoadFailedError")
            for number in range(2):
                await lab.say(sound(number))
            await lab.until(lambda: "a worn worker stays" in caplog.text)
            heard = await lab.say(sound(3))
            assert heard.text == echoed(sound(3))
            await lab.until(lambda: lab.pid != first)

            assert "failed" not in lab.states

    asyncio.run(run())
