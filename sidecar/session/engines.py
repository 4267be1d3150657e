"""What a dictation needs of the engines: the part of `sidecar.engine.client` that it uses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from typing import Protocol, TypeAlias

from sidecar.domain import Hypothesis, Samples
from sidecar.engine.base import Ask, Capabilities, SegmentOptions
from sidecar.engine.turns import Urgency


class EngineSegment(Protocol):
    """A growing piece of speech that an engine recognises; see `RemoteSegment`."""

    def feed(self, samples: Samples) -> None:
        """Append mono 16 kHz float32 samples, shape (n,)."""
        ...

    async def decode(self, ask: Ask, urgency: Urgency = ...) -> Hypothesis:
        """Recognise everything fed so far. Cancelling ends the pass."""
        ...

    async def close(self) -> None:
        """Drop the audio."""
        ...


class Engines(Protocol):
    """All engines there are; see `EnginePool`."""

    def check(self, name: str, language: str | None) -> None:
        """Refuse at once what can be told without starting anything."""
        ...

    async def start(self, name: str) -> Capabilities:
        """Have the engine loaded and warm; gives what it can do."""
        ...

    async def open(
        self,
        name: str,
        options: SegmentOptions,
        *,
        client: Hashable = ...,
        on_restart: Callable[[], None] = ...,
    ) -> EngineSegment:
        """Begin a segment."""
        ...


OpenSegment: TypeAlias = Callable[[], Awaitable[EngineSegment]]
"""Begins another segment with the dictation's engine and options."""
