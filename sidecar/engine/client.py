"""The parent's door to the engines: pick one by name, open a segment, feed it, decode it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable

from sidecar.domain import Hypothesis, Samples
from sidecar.engine.base import Ask, Capabilities, SegmentOptions
from sidecar.engine.keeper import EngineState
from sidecar.engine.options import WorkerOptions
from sidecar.engine.registry import EngineRegistry
from sidecar.engine.replay import SegmentAudio
from sidecar.engine.supervisor import Supervisor, WorkerStatus
from sidecar.engine.turns import PreemptedError, Urgency
from sidecar.errors import InvalidParamsError

__all__ = [
    "EnginePool",
    "EngineState",
    "PreemptedError",
    "RemoteSegment",
    "Urgency",
    "WorkerOptions",
    "WorkerStatus",
]


class RemoteSegment:
    """A growing piece of speech that a worker recognises; it outlives that worker."""

    def __init__(self, supervisor: Supervisor, audio: SegmentAudio, client: Hashable) -> None:
        self._supervisor = supervisor
        self._audio = audio
        self._client = client

    def feed(self, samples: Samples) -> None:
        """Append mono 16 kHz float32 samples, shape (n,). Never blocks; keeps a copy."""
        self._audio.append(samples)

    async def decode(self, ask: Ask, urgency: Urgency = Urgency.FILE) -> Hypothesis:
        """Recognise everything fed so far. Waits for its turn; cancelling ends the pass.

        Raises:
            PreemptedError: this was a `PARTIAL`, and a `FINAL` pass wanted the engine.
            EngineError: the pass failed, or crashed two workers.
        """
        return await self._supervisor.decode(self._audio, ask, urgency, self._client)

    async def close(self) -> None:
        """Drop the audio. Call it once, whatever happened."""
        self._audio.forget()


class EnginePool:
    """All installed engines, each with at most one worker, started when first needed.

    Use it on one event loop.

    Args:
        on_state: told of every change of an engine: its name, its new state, and a reason
            or "".
    """

    def __init__(
        self,
        registry: EngineRegistry,
        options: WorkerOptions,
        on_state: Callable[[str, EngineState, str], None],
    ) -> None:
        self._registry = registry
        self._options = options
        self._on_state = on_state
        self._supervisors: dict[str, Supervisor] = {}

    def names(self) -> tuple[str, ...]:
        """The installed engines, sorted."""
        return self._registry.names()

    def check(self, name: str, language: str | None) -> None:
        """Refuse at once what can be told without starting anything.

        Raises:
            EngineMissingError: no such engine is installed.
            InvalidParamsError: the engine is known not to understand the language.
        """
        capabilities = self._supervisor(name).status().capabilities
        if capabilities is not None:
            _check_language(name, capabilities, language)

    async def start(self, name: str) -> Capabilities:
        """Have the engine loaded and warm; gives what it can do.

        Raises:
            EngineMissingError: no such engine is installed.
            LoadFailedError: it did not load. The next call tries again.
        """
        return await self._supervisor(name).start()

    async def open(
        self,
        name: str,
        options: SegmentOptions,
        *,
        client: Hashable = None,
        on_restart: Callable[[], None] = lambda: None,
    ) -> RemoteSegment:
        """Begin a segment; starts the engine where that is still to do.

        Args:
            name: of the engine.
            options: of the segment.
            client: whose segment it is; passes of equal urgency rotate among clients.
            on_restart: told, on the loop, when the worker that had heard the segment is
                gone, before another hears it again; that takes as long as loading does.

        Raises:
            EngineMissingError, LoadFailedError: as for `start`.
            InvalidParamsError: the engine does not know the language.
        """
        capabilities = await self.start(name)
        _check_language(name, capabilities, options.language)
        return RemoteSegment(self._supervisor(name), SegmentAudio(options, on_restart), client)

    async def recognise(
        self, name: str, samples: Samples, options: SegmentOptions, *, client: Hashable = None
    ) -> Hypothesis:
        """The final hypothesis of a piece of a recording: mono 16 kHz float32, shape (n,).

        Raises:
            SottoError: as for `open` and `RemoteSegment.decode`.
        """
        segment = await self.open(name, options, client=client)
        try:
            segment.feed(samples)
            return await segment.decode(Ask(final=True))
        finally:
            await segment.close()

    def status(self) -> tuple[WorkerStatus, ...]:
        """How each installed engine is served just now."""
        return tuple(self._supervisor(name).status() for name in self.names())

    async def close(self) -> None:
        """End all workers; passes that still run fail. No process or thread remains."""
        await asyncio.gather(*(supervisor.close() for supervisor in self._supervisors.values()))

    def _supervisor(self, name: str) -> Supervisor:
        if name not in self._supervisors:
            entry = self._registry.entry(name)
            self._supervisors[name] = Supervisor(name, entry, self._options, self._on_state)
        return self._supervisors[name]


def _check_language(name: str, capabilities: Capabilities, language: str | None) -> None:
    """Refuse a language that the engine does not declare."""
    known = capabilities.languages
    if language is None or not known or any(_same_language(tag, language) for tag in known):
        return
    raise InvalidParamsError(
        f"The engine {name} understands {', '.join(known)}, not the language that was asked for."
        " Choose another engine, or leave the language out.",
        detail="/language",
    )


def _same_language(one: str, other: str) -> bool:
    """Whether one tag is the other or a variety of it.

    >>> _same_language("en", "en-GB"), _same_language("zh-Hans", "zh"), _same_language("en", "eng")
    (True, True, False)
    """
    one, other = one.lower() + "-", other.lower() + "-"
    return one.startswith(other) or other.startswith(one)
