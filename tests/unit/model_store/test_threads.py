from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest

from sidecar.model_store.threads import in_thread, in_thread_told
from sidecar.testing.clock import ManualClock
from tests.unit.model_store.hub import Told


async def test_what_is_cancelled_has_ended_when_that_is_told() -> None:
    begun, may_end, done = threading.Event(), threading.Event(), []

    def work() -> None:
        begun.set()
        may_end.wait()
        done.append("written")

    task = asyncio.ensure_future(in_thread(work))
    await asyncio.to_thread(begun.wait)
    task.cancel()
    asyncio.get_running_loop().call_later(0.02, may_end.set)
    await asyncio.wait([task])

    assert task.cancelled()
    assert done == ["written"]


async def test_work_that_reports_is_ended_by_its_next_report() -> None:
    begun = threading.Event()
    told = Told()

    def work(report: Callable[[int, int], None]) -> None:
        while True:
            report(1, 10)
            begun.set()

    task = asyncio.ensure_future(in_thread_told(work, "checking", ManualClock(), told))
    await asyncio.to_thread(begun.wait)
    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()
    assert {(event.phase, event.total) for event in told.events} == {("checking", 10)}


async def test_what_comes_of_it_is_handed_on() -> None:
    def fail(_: Callable[[int, int], None]) -> None:
        raise ValueError("mine")

    assert await in_thread(sum, [1, 2]) == 3
    with pytest.raises(ValueError, match="mine"):
        await in_thread_told(fail, "checking", ManualClock(), Told())
