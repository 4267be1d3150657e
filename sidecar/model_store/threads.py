"""Doing what blocks in a thread, in a way that can be cancelled without leaving it at work."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from sidecar.clock import Clock
from sidecar.model_store.progress import Meter, OnProgress, Phase

T = TypeVar("T")


class _GivenUpError(Exception):
    """Nobody waits for the work any more."""


async def in_thread(work: Callable[..., T], *args: object) -> T:
    """Do what blocks in a thread. If this is cancelled, it ends when the thread is done.

    So nothing is written any more once whoever waits has gone on to something else.
    """
    return await _settled(asyncio.ensure_future(asyncio.to_thread(work, *args)))


async def in_thread_told(
    work: Callable[[Callable[[int, int], None]], T],
    phase: Phase,
    clock: Clock,
    on_progress: OnProgress,
) -> T:
    """As `in_thread`, for work that reports bytes done and in all; a cancel ends it soon."""
    loop, given_up = asyncio.get_running_loop(), threading.Event()
    meters: list[Meter] = []

    def take(done: int, total: int) -> None:
        if not meters:
            meters.append(Meter(phase, total, clock, on_progress))
        meters[0].reach(done)

    def report(done: int, total: int) -> None:
        if given_up.is_set():
            raise _GivenUpError
        loop.call_soon_threadsafe(take, done, total)

    running = asyncio.ensure_future(asyncio.to_thread(work, report))
    return await _settled(running, given_up.set)


async def _settled(running: asyncio.Future[T], on_cancel: Callable[[], None] | None = None) -> T:
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        if on_cancel:
            on_cancel()
        await asyncio.wait([running])
        with suppress(Exception):  # how it ended is of no interest any more
            running.result()
        raise
