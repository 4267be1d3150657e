"""Live text goes before recordings, and finals before partials, whoever they belong to."""

from __future__ import annotations

import asyncio

import pytest

from sidecar.domain import Hypothesis
from sidecar.engine.base import Ask, SegmentOptions
from sidecar.engine.client import PreemptedError, RemoteSegment, Urgency
from tests.conftest import Scripted
from tests.process.pools import STRICT, Lab, echoed, laboratory, sound

FINAL = Ask(final=True)


async def opened(lab: Lab, client: str, *script: str, seed: int = 0) -> RemoteSegment:
    """A live segment of a client that has heard a second."""
    options = SegmentOptions(hotwords=script, live=True)
    segment = await lab.pool.open("scripted", options, client=client)
    segment.feed(sound(seed))
    return segment


async def begun(lab: Lab, segment: RemoteSegment, urgency: Urgency) -> asyncio.Task[Hypothesis]:
    """A pass that runs."""
    ask = Ask(final=urgency is not Urgency.PARTIAL)
    pass_ = asyncio.create_task(segment.decode(ask, urgency))
    await lab.until(lambda: lab.status.state == "busy")
    return pass_


@pytest.mark.usefixtures("scripted")
def test_a_final_ends_the_partial_of_another_client_and_keeps_the_worker() -> None:
    async def run() -> None:
        async with laboratory() as lab:
            slow = await opened(lab, "a", "sleep:600")
            partial = await begun(lab, slow, Urgency.PARTIAL)
            pid = lab.pid
            final = await (await opened(lab, "b", seed=1)).decode(FINAL, Urgency.FINAL)

            with pytest.raises(PreemptedError):
                await partial
            assert final.text == echoed(sound(1))
            assert lab.pid == pid
            assert lab.status.restarts == 0

    asyncio.run(run())


def test_a_segment_whose_partial_was_given_up_is_decoded_later(scripted: Scripted) -> None:
    async def run() -> None:
        async with laboratory() as lab:
            slow = await opened(lab, "a", scripted.fuse("once"), "sleep:600")
            partial = await begun(lab, slow, Urgency.PARTIAL)
            await lab.until(lambda: not (scripted.fuses / "once").exists())
            await (await opened(lab, "b", seed=1)).decode(FINAL, Urgency.FINAL)
            with pytest.raises(PreemptedError):
                await partial
            slow.feed(sound(2))
            heard = await slow.decode(FINAL, Urgency.FINAL)

            assert heard.text == f"{echoed(sound(0))} {echoed(sound(2))}"

    asyncio.run(run())


@pytest.mark.usefixtures("scripted")
def test_a_partial_that_does_not_give_way_costs_the_worker_but_not_the_final() -> None:
    async def run() -> None:
        async with laboratory(STRICT) as lab:
            partial = await begun(lab, await opened(lab, "a", "stall:600"), Urgency.PARTIAL)
            final = await (await opened(lab, "b", seed=1)).decode(FINAL, Urgency.FINAL)

            with pytest.raises(PreemptedError):
                await partial
            assert final.text == echoed(sound(1))
            assert lab.status.restarts == 0

    asyncio.run(run())


@pytest.mark.usefixtures("scripted")
def test_cancelling_a_partial_that_gives_way_already_does_not_cost_the_worker() -> None:
    async def run() -> None:
        async with laboratory() as lab:
            partial = await begun(
                lab, await opened(lab, "a", "stall:1", "sleep:600"), Urgency.PARTIAL
            )
            pid = lab.pid
            other = await opened(lab, "b", seed=1)
            final = asyncio.create_task(other.decode(FINAL, Urgency.FINAL))
            for _ in range(10):  # until the partial has been asked to end
                await asyncio.sleep(0)
            partial.cancel()
            heard = await final

            assert partial.cancelled()
            assert heard.text == echoed(sound(1))
            assert lab.pid == pid

    asyncio.run(run())


@pytest.mark.usefixtures("scripted")
def test_a_live_final_waits_for_the_one_file_pass_that_runs_and_no_other() -> None:
    async def run() -> None:
        order: list[str] = []

        async def decode(name: str, segment: RemoteSegment, urgency: Urgency) -> None:
            await segment.decode(FINAL, urgency)
            order.append(name)

        async with laboratory() as lab:
            await lab.pool.start("scripted")
            names = ("file 1", "file 2", "file 3")
            files = [await opened(lab, name, "sleep:0.1", seed=4) for name in names]
            live = await opened(lab, "live")
            first = await begun(lab, files[0], Urgency.FILE)
            first.add_done_callback(lambda _: order.append("file 1"))
            jobs = [
                asyncio.create_task(decode(*job))
                for job in (
                    ("file 2", files[1], Urgency.FILE),
                    ("file 3", files[2], Urgency.FILE),
                    ("partial", live, Urgency.PARTIAL),
                    ("final", live, Urgency.FINAL),
                )
            ]
            await asyncio.gather(first, *jobs)

        assert order == ["file 1", "final", "partial", "file 2", "file 3"]

    asyncio.run(run())


@pytest.mark.usefixtures("scripted")
def test_two_recordings_go_on_side_by_side_while_somebody_dictates() -> None:
    async def run() -> None:
        order: list[str] = []

        async def job(name: str, urgency: Urgency, passes: int) -> None:
            for number in range(passes):
                segment = await opened(lab, name, "sleep:0.02", seed=number)
                heard = await segment.decode(FINAL, urgency)
                assert heard.text == echoed(sound(number))
                order.append(name)
                await segment.close()
                await asyncio.sleep(0)

        async with laboratory() as lab:
            await lab.pool.start("scripted")
            await asyncio.gather(
                job("one", Urgency.FILE, 6),
                job("two", Urgency.FILE, 6),
                job("live", Urgency.FINAL, 3),
            )

        live = [at for at, name in enumerate(order) if name == "live"]
        files = [name for name in order if name != "live"]
        assert max(live) <= 5, "at most one file pass between two of the live session"
        assert files in (["one", "two"] * 6, ["two", "one"] * 6)

    asyncio.run(run())
