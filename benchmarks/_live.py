"""Our dictation on a virtual clock: passes take no time, so that policies alone are compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks._account import Account
from benchmarks._replayer import DEFAULT, Pace, chunks
from sidecar.session.live import LiveOptions, LiveParts, LiveSession
from sidecar.testing.clock import ManualClock
from sidecar.vad.default import make_vad

if TYPE_CHECKING:
    from sidecar.domain import LiveEvent, Samples
    from sidecar.engine.client import EnginePool


async def replay(pool: EnginePool, engine: str, samples: Samples, pace: Pace = DEFAULT) -> Account:
    """Dictate a recording, shape (n,), chunk by chunk, waiting after each for what it causes.

    What a chunk causes is told at the time of that chunk.
    """
    account, clock = Account(), ManualClock()

    def emit(event: LiveEvent) -> None:
        account.told.append((clock.now_s(), event))

    parts = LiveParts(pool, lambda: engine, make_vad, clock=clock)
    session = LiveSession(parts, LiveOptions(), "bench", emit, lambda _: None)
    for chunk in chunks(samples, pace):
        clock.advance(chunk.due_s - clock.now_s())
        account.pushed.append((chunk.end, chunk.due_s))
        session.accept(chunk.pcm)
        await session.settled()
    account.stopped_s = clock.now_s()
    await session.close()
    return account
