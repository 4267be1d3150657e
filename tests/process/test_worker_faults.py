"""Workers crash, hang and are killed; every request still gets exactly one answer."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from contextlib import suppress
from dataclasses import replace

import pytest

from sidecar.domain import Hypothesis
from sidecar.engine.base import Ask, SegmentOptions
from sidecar.errors import QuarantinedError, WorkerCrashedError, WorkerHungError
from tests.conftest import Scripted
from tests.process.pools import QUICK, STRICT, echoed, is_alive, laboratory, sound

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kills with signals")


@pytest.mark.usefixtures("scripted")
def test_a_worker_killed_in_the_middle_of_a_pass_is_replaced_and_the_pass_repeated() -> None:
    async def run() -> None:
        async with laboratory() as lab:
            request = asyncio.create_task(lab.say(sound(), "sleep:0.5"))
            await lab.until(lambda: lab.status.state == "busy")
            first = lab.pid
            os.kill(first, signal.SIGKILL)
            heard = await request

            assert heard.text == echoed(sound())
            assert lab.pid != first
            assert lab.status.restarts == 1
            assert lab.states == ["starting", "ready", "busy"] * 2 + ["ready"]

    asyncio.run(run())


@pytest.mark.parametrize("crash", ["crash", "segfault"])
def test_a_crash_that_does_not_repeat_is_never_seen_by_the_caller(
    scripted: Scripted, crash: str
) -> None:
    async def run() -> None:
        async with laboratory() as lab:
            heard = await lab.say(sound(), scripted.fuse("once"), crash)

            assert heard.text == echoed(sound())
            assert lab.status.restarts == 1

    asyncio.run(run())


@pytest.mark.usefixtures("scripted")
def test_audio_that_crashes_two_workers_is_quarantined_and_harms_no_other() -> None:
    async def run() -> None:
        async with laboratory() as lab:
            with pytest.raises(WorkerCrashedError, match="another engine"):
                await lab.say(sound(1), "crash")
            with pytest.raises(QuarantinedError, match="crashed the engine before"):
                await lab.say(sound(1))
            heard = await lab.say(sound(2))

            assert heard.text == echoed(sound(2))
            assert lab.status.restarts == 2
            assert lab.status.requests == 3

    asyncio.run(run())


@pytest.mark.usefixtures("scripted")
def test_quarantine_ends_since_it_may_not_have_been_the_audio() -> None:
    async def run() -> None:
        async with laboratory(replace(QUICK, quarantine_s=0.1)) as lab:
            with pytest.raises(WorkerCrashedError):
                await lab.say(sound(), "crash")
            heard = None
            while heard is None:
                with suppress(QuarantinedError):
                    heard = await lab.say(sound())

            assert heard.text == echoed(sound())

    asyncio.run(run())


@pytest.mark.usefixtures("scripted")
def test_a_crash_without_audio_quarantines_no_other_segment_without_audio() -> None:
    async def run() -> None:
        async with laboratory() as lab:
            with pytest.raises(WorkerCrashedError):
                await lab.say(sound(seconds=0), "crash")
            heard = await lab.say(sound(seconds=0), "say:well")

            assert heard.text == "well"

    asyncio.run(run())


@pytest.mark.usefixtures("scripted")
def test_a_segment_that_crashed_two_workers_stays_quarantined_when_it_grows() -> None:
    async def run() -> None:
        async with laboratory() as lab:
            segment = await lab.pool.open("scripted", SegmentOptions(hotwords=("crash",)))
            segment.feed(sound(1))
            with pytest.raises(WorkerCrashedError):
                await segment.decode(Ask())
            segment.feed(sound(2))
            with pytest.raises(QuarantinedError):
                await segment.decode(Ask())

            assert lab.status.restarts == 2

    asyncio.run(run())


def test_open_segments_of_others_survive_a_crash_with_all_their_audio(scripted: Scripted) -> None:
    async def run() -> None:
        async with laboratory() as lab:
            other = await lab.pool.open("scripted", SegmentOptions())
            other.feed(sound(1))
            await other.decode(Ask())
            await lab.say(sound(2), scripted.fuse("once"), "crash")
            other.feed(sound(3))
            heard = await other.decode(Ask(final=True))
            await other.close()

        assert heard.text == f"{echoed(sound(1))} {echoed(sound(3))}"

    asyncio.run(run())


@pytest.mark.usefixtures("scripted")
def test_a_worker_that_dies_while_idle_is_replaced_by_the_next_request() -> None:
    async def run() -> None:
        async with laboratory() as lab:
            await lab.pool.start("scripted")
            os.kill(lab.pid, signal.SIGKILL)
            await lab.until(lambda: lab.status.state == "cold")
            heard = await lab.say(sound())

            assert heard.text == echoed(sound())
            assert lab.states == ["starting", "ready", "cold", "starting", "ready", "busy", "ready"]

    asyncio.run(run())


@pytest.mark.parametrize("hang", ["stall:600", "hold:600"])
def test_a_worker_that_hangs_dumps_its_stacks_and_is_killed(
    scripted: Scripted, hang: str, capfd: pytest.CaptureFixture[str]
) -> None:
    async def run() -> None:
        async with laboratory(STRICT) as lab:
            heard = await lab.say(sound(), scripted.fuse("once"), hang)

            assert heard.text == echoed(sound())
            assert lab.status.restarts == 1

    asyncio.run(run())
    assert "scripted.py" in capfd.readouterr().err


@pytest.mark.usefixtures("scripted")
def test_audio_that_hangs_two_workers_is_a_typed_error_and_quarantined() -> None:
    async def run() -> None:
        async with laboratory(STRICT) as lab:
            with pytest.raises(WorkerHungError, match="hung"):
                await lab.say(sound(), "stall:600")
            with pytest.raises(QuarantinedError):
                await lab.say(sound())

    asyncio.run(run())


@pytest.mark.usefixtures("scripted")
def test_a_slow_pass_that_asks_whether_to_stop_is_not_taken_for_hung() -> None:
    async def run() -> None:
        async with laboratory(replace(QUICK, hang_s=0.5)) as lab:
            heard = await lab.say(sound(), "sleep:1.5")

            assert heard.text == echoed(sound())
            assert lab.status.restarts == 0

    asyncio.run(run())


@pytest.mark.usefixtures("scripted")
def test_cancelling_ends_the_pass_and_keeps_the_worker() -> None:
    async def run() -> None:
        async with laboratory() as lab:
            segment = await lab.pool.open("scripted", SegmentOptions(hotwords=("sleep:600",)))
            segment.feed(sound())
            pid = lab.pid
            pass_ = asyncio.create_task(segment.decode(Ask()))
            await lab.until(lambda: lab.status.state == "busy")
            pass_.cancel()
            await asyncio.wait((pass_,))
            heard = await lab.say(sound(2))

            assert pass_.cancelled()
            assert heard.text == echoed(sound(2))
            assert lab.pid == pid

    asyncio.run(run())


def test_a_pass_that_ignores_its_cancellation_costs_the_worker_but_no_other_request(
    scripted: Scripted,
) -> None:
    async def run() -> None:
        async with laboratory(STRICT) as lab:
            begun = scripted.fuse("begun")
            stubborn = asyncio.create_task(lab.say(sound(1), begun, "stall:600"))
            await lab.until(lambda: not (scripted.fuses / "begun").exists())
            pid = lab.pid
            waiting = asyncio.create_task(lab.say(sound(2)))
            stubborn.cancel()
            await asyncio.wait((stubborn,))
            heard = await waiting

            assert stubborn.cancelled()
            assert heard.text == echoed(sound(2))
            assert not is_alive(pid)
            assert lab.status.restarts == 0

    asyncio.run(run())


@pytest.mark.usefixtures("scripted")
def test_cancelling_twice_ends_the_worker_at_once() -> None:
    async def run() -> None:
        async with laboratory() as lab:
            stubborn = asyncio.create_task(lab.say(sound(1), "stall:600"))
            await lab.until(lambda: lab.status.state == "busy")
            stubborn.cancel()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            stubborn.cancel()
            await asyncio.wait((stubborn,))
            heard = await lab.say(sound(2))

            assert stubborn.cancelled()
            assert heard.text == echoed(sound(2))

    asyncio.run(run())


@pytest.mark.usefixtures("scripted")
def test_a_caller_who_gives_up_in_the_queue_disturbs_nobody() -> None:
    async def run() -> None:
        async with laboratory() as lab:
            first = asyncio.create_task(lab.say(sound(1), "sleep:0.3"))
            await lab.until(lambda: lab.status.state == "busy")
            second = asyncio.create_task(lab.say(sound(2)))
            third = asyncio.create_task(lab.say(sound(3)))
            await asyncio.sleep(0)
            second.cancel()
            heard = await asyncio.gather(first, third)

            assert second.cancelled()
            assert [h.text for h in heard] == [echoed(sound(1)), echoed(sound(3))]
            assert lab.status.requests == 2

    asyncio.run(run())


def test_a_pass_that_is_cancelled_while_a_fresh_worker_loads_leaves_it_ready(
    scripted: Scripted,
) -> None:
    async def run() -> None:
        async with laboratory() as lab:
            segment = await lab.pool.open("scripted", SegmentOptions())
            os.kill(lab.pid, signal.SIGKILL)
            await lab.until(lambda: lab.status.state == "cold")
            scripted.when_loading("sleep:0.2")
            pass_ = asyncio.create_task(segment.decode(Ask()))
            await lab.until(lambda: lab.status.state == "starting")
            pass_.cancel()
            await asyncio.wait((pass_,))
            await lab.until(lambda: lab.status.state == "ready")

            assert pass_.cancelled()
            assert lab.states == ["starting", "ready", "cold", "starting", "ready"]

    asyncio.run(run())


@pytest.mark.slow
@pytest.mark.usefixtures("scripted")
def test_whenever_a_worker_is_killed_every_request_gets_exactly_one_answer() -> None:
    async def run() -> None:
        chance = random.Random(7)
        answers: list[tuple[int, Hypothesis]] = []

        async def ask(number: int) -> None:
            answers.append((number, await lab.say(sound(number, 0.5), "sleep:0.03")))

        async with laboratory() as lab:
            await lab.pool.start("scripted")
            for round_ in range(20):
                numbers = range(round_ * 3, round_ * 3 + 3)
                requests = [asyncio.create_task(ask(n)) for n in numbers]
                await asyncio.sleep(chance.uniform(0, 0.12))
                if lab.status.pid:
                    os.kill(lab.pid, signal.SIGKILL)
                await asyncio.gather(*requests)

        assert sorted(number for number, _ in answers) == list(range(60))
        assert all(heard.text == echoed(sound(number, 0.5)) for number, heard in answers)

    asyncio.run(run())
