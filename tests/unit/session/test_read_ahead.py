from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator

import pytest

from sidecar.session.read_ahead import read_ahead


def count_to(limit: int, closed: threading.Event) -> Generator[int, None, None]:
    try:
        yield from range(limit)
    finally:
        closed.set()


async def test_items_arrive_in_order_and_the_generator_is_closed_at_the_end() -> None:
    closed = threading.Event()

    async with read_ahead(count_to(100, closed), depth=3) as items:
        got = [item async for item in items]

    assert got == list(range(100))
    assert closed.wait(5)


async def test_the_generator_runs_no_further_ahead_than_asked() -> None:
    made: list[int] = []
    third = threading.Event()

    def make() -> Generator[int, None, None]:
        for n in range(100):
            made.append(n)
            if n == 3:
                third.set()
            yield n

    async with read_ahead(make(), depth=2) as items:
        assert await anext(items) == 0
        assert await asyncio.to_thread(third.wait, 5)
        await asyncio.sleep(0)

    # one with the reader, two in the queue, one that waits for a place in it
    assert len(made) <= 4


async def test_an_error_reaches_the_reader_after_the_items_before_it() -> None:
    def fail() -> Generator[int, None, None]:
        yield 1
        raise OSError("damaged")

    async with read_ahead(fail(), depth=8) as items:
        first = await anext(items)
        with pytest.raises(OSError, match="damaged"):
            await anext(items)

    assert first == 1


async def test_leaving_early_closes_the_generator_from_its_own_thread() -> None:
    closed = threading.Event()

    async with read_ahead(count_to(10_000, closed), depth=2) as items:
        await anext(items)

    assert await asyncio.to_thread(closed.wait, 5)


async def test_cancelling_the_reader_while_a_step_runs_waits_for_nothing() -> None:
    running, release, closed = threading.Event(), threading.Event(), threading.Event()

    def slow() -> Generator[int, None, None]:
        try:
            running.set()
            release.wait(10)
            yield 1
        finally:
            closed.set()

    async def read() -> None:
        async with read_ahead(slow(), depth=2) as items:
            await anext(items)

    reader = asyncio.create_task(read())
    assert await asyncio.to_thread(running.wait, 5)
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    assert not closed.is_set()

    release.set()
    assert await asyncio.to_thread(closed.wait, 5)
