"""Running a generator in a thread, some items ahead of an asyncio reader."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

T = TypeVar("T")


@asynccontextmanager
async def read_ahead(
    items: Generator[T, None, None], depth: int
) -> AsyncIterator[AsyncIterator[T]]:
    """Iterate `items` in a thread of its own, at most `depth` items ahead of the reader.

    An error of the generator is raised to the reader, after the items before it. Leaving
    the block, also early or by cancellation, closes the generator once its current step
    is done.
    """
    # One thread for the life of the generator: its `close` cannot meet a running step, and
    # codec libraries are used from the thread that opened them.
    executor = ThreadPoolExecutor(1, thread_name_prefix="read-ahead")
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[tuple[T] | Exception | None] = asyncio.Queue(depth)

    async def produce() -> None:
        try:
            while item := await loop.run_in_executor(executor, _step, items):
                await queue.put(item)
        except Exception as error:  # handed to the reader, who raises it
            await queue.put(error)
        else:
            await queue.put(None)

    producer = asyncio.create_task(produce())
    try:
        yield _drain(queue)
    finally:
        producer.cancel()
        with suppress(asyncio.CancelledError):
            await producer
        executor.submit(items.close)
        executor.shutdown(wait=False)


def _step(items: Generator[T, None, None]) -> tuple[T] | None:
    try:
        return (next(items),)
    except StopIteration:  # may not cross a future
        return None


async def _drain(queue: asyncio.Queue[tuple[T] | Exception | None]) -> AsyncIterator[T]:
    while item := await queue.get():
        if isinstance(item, Exception):
            raise item
        yield item[0]
