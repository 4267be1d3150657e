"""The parent's door to the engines: pick one by name, open a segment, feed it, decode it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager

from sidecar.domain import Hypothesis, Samples, Word
from sidecar.engine.base import Ask, Capabilities, SegmentOptions
from sidecar.engine.keeper import EngineState
from sidecar.engine.options import WorkerOptions
from sidecar.engine.registry import EngineRegistry, Entry
from sidecar.engine.replay import SegmentAudio
from sidecar.engine.room import Room
from sidecar.engine.supervisor import Supervisor, WorkerStatus
from sidecar.engine.turns import PreemptedError, Urgency
from sidecar.errors import EngineMissingError, InvalidParamsError
from sidecar.host.memory import Memory, free_memory

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
        registry: finds them.
        options: how workers are waited for.
        on_state: told of every change of an engine: its name, its new state, and a reason
            or "".
        measure: tells how much memory is free; models that nobody uses just now make room
            for one that is to be loaded.
    """

    def __init__(
        self,
        registry: EngineRegistry,
        options: WorkerOptions,
        on_state: Callable[[str, EngineState, str], None],
        measure: Callable[[], Memory | None] = free_memory,
    ) -> None:
        self._registry = registry
        self._options = options
        self._on_state = on_state
        self._supervisors: dict[tuple[str, Entry], Supervisor] = {}
        self._room = Room(measure)
        self._n_aligning = 0
        self._aligner_timer: asyncio.TimerHandle | None = None
        self._unloading: asyncio.Task[None] | None = None

    def names(self) -> tuple[str, ...]:
        """The installed engines, sorted."""
        return self._registry.names()

    def preferred(self) -> str:
        """The engine of who has chosen none."""
        return self._registry.preferred()

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

    def aligner(self) -> str | None:
        """The name of the installed aligner, if there is one."""
        found = self._registry.aligner()
        return found[0] if found else None

    async def start_aligner(self) -> Capabilities:
        """Have the aligner loaded and warm; gives what it can do.

        Raises:
            EngineMissingError: none is installed.
            LoadFailedError: it did not load. The next call tries again.
        """
        with self._aligning() as aligner:
            return await aligner.start()

    async def align(
        self, samples: Samples, text: str, language: str, *, client: Hashable = None
    ) -> tuple[Word, ...]:
        """When each word of a text is said; times are seconds from the start of the samples.

        An aligner is an engine that adds nothing to the prefix it is forced to start with, so
        it is served like all engines, in a worker of its own.

        Args:
            samples: mono 16 kHz float32, shape (n,).
            text: what is said in them.
            language: BCP 47 tag of the text.
            client: whose text it is.

        Raises:
            EngineMissingError, LoadFailedError: as for `start_aligner`.
            EngineError: the pass failed, or crashed two workers.
        """
        audio = SegmentAudio(SegmentOptions(language))
        with self._aligning() as aligner:
            try:
                audio.append(samples)
                ask = Ask(final=True, prefix=text)
                hypothesis = await aligner.decode(audio, ask, Urgency.FILE, client)
            finally:
                audio.forget()
        return hypothesis.words

    async def unload(self, name: str) -> None:
        """End the worker of an engine or aligner, when the passes that it makes are done.

        The next pass has another one loaded. An engine that does not run is left alone, and
        so is one that there is not.
        """
        found = [each for (own, _), each in self._supervisors.items() if own == name]
        await asyncio.gather(*(supervisor.unload() for supervisor in found))

    def status(self) -> tuple[WorkerStatus, ...]:
        """How each installed engine is served just now."""
        return tuple(self._supervisor(name).status() for name in self.names())

    def aligner_status(self) -> WorkerStatus | None:
        """How the aligner is served just now, if there is one."""
        return self._alignment().status() if self.aligner() else None

    async def close(self) -> None:
        """End all workers; passes that still run fail. No process or thread remains."""
        self._stop_timer()
        await asyncio.gather(*(supervisor.close() for supervisor in self._supervisors.values()))

    def _supervisor(self, name: str) -> Supervisor:
        return self._supervised(name, self._registry.entry(name))

    def _alignment(self) -> Supervisor:
        found = self._registry.aligner()
        if found is None:
            raise EngineMissingError(
                "No aligner is installed, which would tell when each word is said."
            )
        return self._supervised(*found)

    @contextmanager
    def _aligning(self) -> Iterator[Supervisor]:
        """Use the aligner, which ends when nobody has used it for a while."""
        aligner = self._alignment()
        self._stop_timer()
        self._n_aligning += 1
        try:
            yield aligner
        finally:
            self._n_aligning -= 1
            if not self._n_aligning:
                loop, idle_s = asyncio.get_running_loop(), self._options.aligner_idle_s
                self._aligner_timer = loop.call_later(idle_s, self._begin_resting, aligner)

    def _stop_timer(self) -> None:
        if self._aligner_timer:
            self._aligner_timer.cancel()

    def _begin_resting(self, aligner: Supervisor) -> None:
        self._unloading = asyncio.create_task(aligner.unload())

    def _supervised(self, name: str, entry: Entry) -> Supervisor:
        """Who serves an engine. A model that was installed again, otherwise, is another one."""
        key = (name, entry)
        if key not in self._supervisors:
            self._supervisors[key] = Supervisor(
                name, entry, self._options, self._room, self._on_state
            )
        return self._supervisors[key]


def _check_language(name: str, capabilities: Capabilities, language: str | None) -> None:
    """Refuse a language that the engine does not declare."""
    if language is None or capabilities.knows(language):
        return
    known = capabilities.languages
    raise InvalidParamsError(
        f"The engine {name} understands {', '.join(known)}, not the language that was asked for."
        " Choose another engine, or leave the language out.",
        detail="/language",
    )
