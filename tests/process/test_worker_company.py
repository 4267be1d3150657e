"""Passes that share a worker: none waits for company, and none suffers from it."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections.abc import Sequence

import pytest

from sidecar.domain import Hypothesis
from sidecar.engine.base import Ask, SegmentOptions
from sidecar.engine.client import PreemptedError, RemoteSegment, Urgency
from sidecar.errors import BusyError, QuarantinedError, WorkerCrashedError
from tests.conftest import Scripted
from tests.process.pools import STRICT, Lab, echoed, is_alive, laboratory, sound

TOGETHER = "scripted-together"
FINAL = Ask(final=True)


async def said(lab: Lab, *scripts: Sequence[str]) -> list[Hypothesis | BaseException]:
    """What comes of passes that are asked for at once; each hears a sound of its own."""
    await lab.pool.start(TOGETHER)
    passes = (lab.say(sound(number), *script) for number, script in enumerate(scripts))
    return await asyncio.gather(*passes, return_exceptions=True)


def texts(heard: Sequence[Hypothesis | BaseException]) -> list[str]:
    return [each.text if isinstance(each, Hypothesis) else repr(each) for each in heard]


def echoes(n: int) -> list[str]:
    return [echoed(sound(number)) for number in range(n)]


@pytest.mark.usefixtures("scripted")
def test_passes_that_wait_at_once_are_made_together() -> None:
    async def run() -> None:
        async with laboratory(engine=TOGETHER) as lab:
            heard = await said(lab, *[["meet:4"]] * 4)

            assert texts(heard) == echoes(4)
            assert lab.states == ["starting", "ready", "busy", "ready"]

    asyncio.run(run())


@pytest.mark.usefixtures("scripted")
def test_more_passes_than_fit_are_made_by_and_by() -> None:
    async def run() -> None:
        async with laboratory(engine=TOGETHER) as lab:
            heard = await said(lab, *[["meet:2"]] * 10)

            assert texts(heard) == echoes(10)
            assert lab.status.requests == 10

    asyncio.run(run())


@pytest.mark.usefixtures("scripted")
def test_a_pass_is_answered_while_others_are_still_made() -> None:
    async def run() -> None:
        async with laboratory(engine=TOGETHER) as lab:
            await lab.pool.start(TOGETHER)
            slow = asyncio.create_task(lab.say(sound(0), "meet:2", "sleep:600"))
            heard = await lab.say(sound(1), "meet:2")
            state = lab.status.state
            slow.cancel()
            await asyncio.wait((slow,))

            assert heard.text == echoed(sound(1))
            assert state == "busy"
            assert lab.status.state == "ready"

    asyncio.run(run())


@pytest.mark.usefixtures("scripted")
def test_an_error_of_one_pass_is_its_own() -> None:
    async def run() -> None:
        async with laboratory(engine=TOGETHER) as lab:
            first, second, third = await said(
                lab, ["meet:3"], ["meet:3", "raise:BusyError"], ["meet:3", "raise:SystemExit"]
            )

            assert texts([first]) == echoes(1)
            assert isinstance(second, BusyError)
            assert "the log has it" in str(third)
            assert lab.status.restarts == 0

    asyncio.run(run())


def test_cancelling_one_pass_leaves_the_others_as_they_are(scripted: Scripted) -> None:
    async def run() -> None:
        async with laboratory(engine=TOGETHER) as lab:
            await lab.pool.start(TOGETHER)
            pid = lab.pid
            one = asyncio.create_task(
                lab.say(sound(0), "meet:2", scripted.fuse("met"), "sleep:600")
            )
            other = asyncio.create_task(lab.say(sound(1), "meet:2", "sleep:0.2"))
            await lab.until(lambda: not (scripted.fuses / "met").exists())
            one.cancel()
            heard = await other

            assert heard.text == echoed(sound(1))
            assert one.cancelled()
            assert lab.pid == pid

    asyncio.run(run())


def test_a_pass_that_ignores_its_cancellation_costs_the_worker_and_no_other_pass(
    scripted: Scripted,
) -> None:
    async def run() -> None:
        async with laboratory(STRICT, engine=TOGETHER) as lab:
            await lab.pool.start(TOGETHER)
            pid = lab.pid
            stubborn = asyncio.create_task(
                lab.say(sound(0), "meet:2", scripted.fuse("met"), "stall:600")
            )
            other = asyncio.create_task(
                lab.say(sound(1), scripted.fuse("once"), "meet:2", "sleep:600")
            )
            await lab.until(lambda: not (scripted.fuses / "met").exists())
            stubborn.cancel()
            heard = await other

            assert heard.text == echoed(sound(1))
            assert stubborn.cancelled()
            assert not is_alive(pid)

    asyncio.run(run())


@pytest.mark.skipif(sys.platform == "win32", reason="crashes with signals")
def test_who_crashes_the_worker_is_found_and_nobody_else_is_blamed(scripted: Scripted) -> None:
    async def run() -> None:
        async with laboratory(engine=TOGETHER) as lab:
            scripts = [[scripted.fuse(f"pass {n}"), "meet:3", "sleep:600"] for n in range(2)]
            *innocent, guilty = await said(
                lab, *scripts, [scripted.fuse("crash", times=3), "sleep:0.1", "crash"]
            )
            with pytest.raises(QuarantinedError):
                await lab.say(sound(2))
            again = await said(lab, [], [])

            assert texts(innocent) == texts(again) == echoes(2)
            assert isinstance(guilty, WorkerCrashedError)
            assert lab.status.restarts == 3, "once among others, and twice alone"

    asyncio.run(run())


def test_a_worker_that_hangs_among_others_is_replaced_and_all_passes_are_made_again(
    scripted: Scripted,
) -> None:
    async def run() -> None:
        async with laboratory(STRICT, engine=TOGETHER) as lab:
            heard = await said(
                lab,
                [scripted.fuse("one"), "meet:2", "hold:600"],
                [scripted.fuse("other"), "meet:2", "sleep:600"],
            )

            assert texts(heard) == echoes(2)
            assert lab.status.restarts == 1

    asyncio.run(run())


async def opened(lab: Lab, client: str, *script: str, seed: int = 0) -> RemoteSegment:
    options = SegmentOptions(hotwords=script, live=True)
    segment = await lab.pool.open(TOGETHER, options, client=client)
    segment.feed(sound(seed))
    return segment


@pytest.mark.usefixtures("scripted")
def test_a_final_ends_all_partials_and_is_made_alone() -> None:
    async def run() -> None:
        async with laboratory(engine=TOGETHER) as lab:
            slow = [await opened(lab, name, "meet:3", "sleep:600") for name in "abc"]
            partials = [
                asyncio.create_task(segment.decode(Ask(), Urgency.PARTIAL)) for segment in slow
            ]
            await lab.until(lambda: lab.status.state == "busy")
            pid = lab.pid
            final = await opened(lab, "d", seed=1)
            heard = await final.decode(FINAL, Urgency.FINAL)
            gone = await asyncio.gather(*partials, return_exceptions=True)

            assert heard.text == echoed(sound(1))
            assert all(isinstance(each, PreemptedError) for each in gone)
            assert lab.pid == pid

    asyncio.run(run())


def test_a_final_waits_for_one_recording_only_and_the_others_are_made_after_it(
    scripted: Scripted,
) -> None:
    async def run() -> None:
        order: list[str] = []

        async def decode(name: str, segment: RemoteSegment, urgency: Urgency) -> None:
            await segment.decode(FINAL, urgency)
            order.append(name)

        async with laboratory(engine=TOGETHER) as lab:
            files = [await opened(lab, "file 1", "sleep:0.3")]
            for name in ("file 2", "file 3"):
                files.append(await opened(lab, name, scripted.fuse(name), "sleep:600"))
            live = await opened(lab, "live", seed=1)
            jobs = [
                asyncio.create_task(decode(f"file {n}", segment, Urgency.FILE))
                for n, segment in enumerate(files, start=1)
            ]
            await lab.until(lambda: not (scripted.fuses / "file 3").exists())
            await decode("final", live, Urgency.FINAL)
            await asyncio.gather(*jobs)

        assert order[:2] == ["file 1", "final"]
        assert sorted(order[2:]) == ["file 2", "file 3"]

    asyncio.run(run())


@pytest.mark.skipif(sys.platform == "win32", reason="kills with signals")
@pytest.mark.usefixtures("scripted")
def test_whenever_a_shared_worker_is_killed_every_request_gets_exactly_one_answer() -> None:
    async def run() -> None:
        chance = random.Random(11)
        async with laboratory(engine=TOGETHER) as lab:
            for _ in range(6):
                jobs = asyncio.create_task(said(lab, *[["sleep:0.05"]] * 5))
                await lab.until(lambda: lab.status.pid is not None)
                await asyncio.sleep(chance.uniform(0, 0.1))
                if lab.status.pid:
                    os.kill(lab.pid, signal.SIGKILL)
                heard = await jobs

                assert texts(heard) == echoes(5)

    asyncio.run(run())
