"""Gets passes done for one engine, by a worker that may crash or hang at any time.

When a worker dies during a pass, a fresh one hears the segment from its beginning and
tries once more. Audio that brings down that one too is quarantined: for a while it
fails at once and harms nobody. Segments of other callers just move to the fresh worker.
Where workers are killed from outside, which is hardly the fault of the audio, a pass is
tried a few times more. Where a worker dies of one of several passes, nobody is blamed: each
is made again, alone.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from sidecar.domain import Hypothesis
from sidecar.engine.base import Ask, Capabilities
from sidecar.engine.keeper import EngineState, Keeper
from sidecar.engine.options import WorkerOptions
from sidecar.engine.process import WorkerDiedError
from sidecar.engine.registry import Entry
from sidecar.engine.replay import SegmentAudio
from sidecar.engine.room import Room
from sidecar.engine.turns import Preempted, PreemptedError, Turns, Urgency
from sidecar.errors import EngineError, QuarantinedError, WorkerCrashedError, WorkerHungError

MOST_TRIES = 5
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """How an engine is served just now.

    Attributes:
        engine: its name.
        state: where its worker is in its life.
        pid: of the worker, if there is one.
        rss_bytes: the worker's resident memory, where the system tells it.
        requests: passes begun since the sidecar started.
        restarts: workers that died or hung during a pass.
        capabilities: None until a worker has been ready once.
    """

    engine: str
    state: EngineState
    pid: int | None
    rss_bytes: int | None
    requests: int
    restarts: int
    capabilities: Capabilities | None


class Supervisor:
    """One engine: its passes, in the order of `Turns`. Lives on the event loop.

    Args:
        name: of the engine.
        entry: what there is to know of it.
        options: how workers are waited for.
        room: where a model finds its memory.
        on_state: told of every change: the name, the state, and a sentence or "".
    """

    def __init__(
        self,
        name: str,
        entry: Entry,
        options: WorkerOptions,
        room: Room,
        on_state: Callable[[str, EngineState, str], None],
    ) -> None:
        self._name = name
        self._turns = Turns()
        self._keeper = Keeper(name, entry, options, turns=self._turns, room=room, on_state=on_state)
        self._quarantine_s = options.quarantine_s
        self._quarantine: set[bytes] = set()
        self._requests = 0
        self._restarts = 0
        self._lost_pid = 0  # of the worker that died last
        self._rtf = 1.0  # a guess until passes have been timed

    def status(self) -> WorkerStatus:
        """How the engine is served just now."""
        worker = self._keeper.worker
        return WorkerStatus(
            engine=self._name,
            state=self._keeper.state,
            pid=worker.pid if worker else None,
            rss_bytes=worker.rss_bytes() if worker else None,
            requests=self._requests,
            restarts=self._restarts,
            capabilities=self._keeper.capabilities,
        )

    async def start(self) -> Capabilities:
        """Have a worker ready; gives what the engine can do.

        Raises:
            LoadFailedError, ModelCorruptError, OutOfMemoryError: it did not load. The next
                call tries again.
        """
        return (await self._keeper.start()).capabilities

    async def unload(self) -> None:
        """End the worker when the passes that it makes just now are done."""
        await self._keeper.unload()

    async def close(self) -> None:
        """End the worker. Passes that still run or wait fail with `CancelledError`."""
        await self._keeper.close()

    async def decode(
        self, audio: SegmentAudio, ask: Ask, urgency: Urgency, client: Hashable
    ) -> Hypothesis:
        """One pass over a segment, when its turn has come. Cancellation aborts it.

        Raises:
            PreemptedError: a `FINAL` pass waited, and this was a `PARTIAL` one.
            SottoError: what the engine raised, or one of those below.
            LoadFailedError, ModelCorruptError, OutOfMemoryError: no worker started.
            WorkerCrashedError, WorkerHungError: two workers died of this audio, or more
                were killed than is tried.
            QuarantinedError: they did so before.
        """
        alone = False
        while True:
            turn = self._turns.turn(urgency, client, subject=audio.id, alone=alone)
            async with turn as preempted:
                try:
                    return await self._pass(audio, ask, preempted)
                except PreemptedError:  # where it can wait, its turn comes again
                    if urgency is not Urgency.FILE:
                        raise
                except WorkerDiedError:
                    alone = True

    async def _pass(self, audio: SegmentAudio, ask: Ask, preempted: Preempted) -> Hypothesis:
        """Make a pass in its turn.

        Raises:
            WorkerDiedError: of this pass or of one that was made together with it.
        """
        self._requests += 1
        if audio.doomed or audio.digest in self._quarantine:
            raise QuarantinedError(
                "This recording has crashed the engine before; try another engine."
            )
        try:
            return await self._insist(audio, ask, preempted)
        finally:
            self._keeper.rest(wear=ask.final)

    async def _insist(self, audio: SegmentAudio, ask: Ask, preempted: Preempted) -> Hypothesis:
        deaths: list[WorkerDiedError] = []
        while True:
            try:
                return await self._try(audio, ask, preempted)
            except WorkerDiedError as death:
                if death.shared:
                    raise
                deaths.append(death)
                n_own = sum(not death.killed for death in deaths)
                if n_own == 2 or len(deaths) == MOST_TRIES:
                    self._doom(audio)
                    raise _final_error(death) from None

    def _doom(self, audio: SegmentAudio) -> None:
        audio.doomed = True
        if audio.duration_s:  # a segment that was fed nothing has nothing to tell it by
            self._refuse_for_a_while(audio.digest)

    def _refuse_for_a_while(self, digest: bytes) -> None:
        self._quarantine.add(digest)
        loop = asyncio.get_running_loop()
        loop.call_later(self._quarantine_s, self._quarantine.discard, digest)

    async def _try(self, audio: SegmentAudio, ask: Ask, preempted: Preempted) -> Hypothesis:
        audio.notice_loss()
        worker = await self._keeper.start()
        self._keeper.work()
        audio.replay(worker)
        started_s = time.monotonic()
        try:
            expected_s = self._rtf * audio.duration_s
            hypothesis = await worker.decode(audio.id, ask, expected_s, preempted)
        except WorkerDiedError as death:
            self._mourn(worker.pid, death)
            raise
        if ask.final:  # a partial pass may have heard most of it before
            self._learn_rtf(time.monotonic() - started_s, audio.duration_s)
        return hypothesis

    def _mourn(self, pid: int, death: WorkerDiedError) -> None:
        """Take note that a worker is lost, once, however many passes that concerns."""
        if pid != self._lost_pid:
            self._lost_pid = pid
            self._restarts += 1
            _log.warning("the worker of %s %s during a pass", self._name, death)

    def _learn_rtf(self, took_s: float, audio_s: float) -> None:
        if audio_s >= 1.0:  # shorter passes are mostly overhead
            self._rtf += 0.3 * (took_s / audio_s - self._rtf)


def _final_error(death: WorkerDiedError) -> EngineError:
    if death.hung:
        return WorkerHungError("The engine hung on this recording, twice; try another engine.")
    return WorkerCrashedError("The engine crashed on this recording, twice; try another engine.")
