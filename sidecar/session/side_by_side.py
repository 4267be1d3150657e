"""Work that is done a few pieces at a time, and whose results are taken in order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Generic, TypeAlias, TypeVar

T = TypeVar("T")
Take: TypeAlias = Callable[[T], Awaitable[None]]


class SideBySide(Generic[T]):
    """Waits for up to `n` pieces of work at once. Lives on the event loop.

    Leave the block (`async with`) when there is no more to do: then all results are taken. If
    it is left by an error, what still runs is cancelled.
    """

    def __init__(self, n: int) -> None:
        self._n = n
        self._begun: deque[tuple[asyncio.Future[T], Take[T]]] = deque()

    async def add(self, work: asyncio.Future[T], take: Take[T]) -> None:
        """Add a piece of work. Returns when there is room for another.

        Args:
            work: what is being done, or is done already.
            take: given what comes of it, once all that was added before is taken.

        Raises:
            Exception: what this work raised, or such as was added before.
        """
        self._begun.append((work, take))
        while self._begun and (self._begun[0][0].done() or self._is_full()):
            await self._take_first()

    async def __aenter__(self) -> SideBySide[T]:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            while error is None and self._begun:
                await self._take_first()
        finally:
            left = [work for work, _ in self._begun]
            for work in left:
                work.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    def _is_full(self) -> bool:
        return sum(not work.done() for work, _ in self._begun) >= self._n

    async def _take_first(self) -> None:
        work, take = self._begun[0]
        result = await work
        self._begun.popleft()
        await take(result)
