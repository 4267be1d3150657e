"""Memory for models: whoever loads one makes others leave that nobody uses just now."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol

from sidecar.engine.shortage import too_little
from sidecar.host.memory import Memory


class Tenant(Protocol):
    """Something that keeps a model in memory."""

    @property
    def used_s(self) -> float:
        """When it was used last, on the clock of `time.monotonic`."""
        ...

    async def leave(self) -> bool:
        """Give the memory back, unless somebody uses it; whether any was given back."""
        ...


class Room:
    """The memory that models share. Lives on the event loop.

    Args:
        measure: tells how much memory is free, where the system says so. Where it does not,
            every model is let in.
    """

    def __init__(self, measure: Callable[[], Memory | None]) -> None:
        self._measure = measure
        self._tenants: set[Tenant] = set()
        self._loading = asyncio.Lock()

    @asynccontextmanager
    async def taken_by(self, tenant: Tenant, model: str, needed_bytes: int) -> AsyncIterator[None]:
        """Let a model load. One at a time, as what is free shows only when it has loaded.

        Args:
            tenant: who loads it, and is asked to leave when others need the room.
            model: its name.
            needed_bytes: what it needs, about; with 0 it is let in at once.

        Raises:
            OutOfMemoryError: not even swap and the memory of idle models would hold it.
        """
        if not needed_bytes:
            yield
            return
        async with self._loading:
            await self._make(tenant, needed_bytes)
            found = self._measure()
            if found and needed_bytes > found.available_bytes + found.swap_bytes:
                raise too_little(model, needed_bytes, found)
            self._tenants.add(tenant)
            yield

    async def _make(self, tenant: Tenant, needed_bytes: int) -> None:
        """Have idle models leave, the least recently used first, until the new one fits."""
        for other in sorted(self._tenants - {tenant}, key=lambda other: other.used_s):
            found = self._measure()
            if found is None or needed_bytes <= found.available_bytes:
                return
            await other.leave()
