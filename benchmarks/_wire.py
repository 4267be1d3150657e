"""Dictations to a real sidecar over the wire, in real time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks._account import Account
from benchmarks._coverage import Span, voiced
from benchmarks._processes import cpu_s
from benchmarks._replayer import DEFAULT, Pace, WallClock, chunks
from sidecar.domain import SAMPLE_RATE_HZ, SegmentFinal, SpeechEdge
from sidecar.engine.backends.builtin import BuiltinEngine
from sidecar.host.launch import LaunchOptions, launch_sidecar
from sidecar.rpc.auth import new_key_pair
from sidecar.rpc.client import Client
from sidecar.session.endpoints import live_endpointer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping, Sequence

    from sidecar.domain import LiveEvent, Samples

HURRY = 15 * SAMPLE_RATE_HZ  # of audio before one waits for its text


@dataclass(frozen=True, slots=True)
class Sidecar:
    """One that runs, and a client of it."""

    client: Client
    pid: int


@asynccontextmanager
async def running(folder: Path, engine: str, env: Mapping[str, str]) -> AsyncIterator[Sidecar]:
    """A sidecar of our own, with that default engine and its folders in `folder`."""
    keys = new_key_pair()
    options = LaunchOptions(
        runtime_dir=folder / "run", data_dir=folder / "data", engine=engine, extra_env=env
    )
    launched, info = launch_sidecar(keys.public, keys.secret, options)
    with launched:
        async with await Client.connect(info) as client:
            yield Sidecar(client, launched.process.pid)


async def warm(sidecar: Sidecar) -> None:
    """Have the engine loaded, and everything that a dictation needs imported."""
    async with sidecar.client.dictate() as dictation:
        dictation.push(bytes(3200))


@dataclass(frozen=True, slots=True)
class Spoken:
    """A dictation in real time, and what it cost.

    Attributes:
        account: of all of it; only what was pushed at the pace of speech is in `pushed`.
        speech: where there is speech in it.
        cpu_s: processor time of the sidecar and its worker, from the first chunk to the end.
        audio_s: how long all of it was.
    """

    account: Account
    speech: Sequence[Span]
    cpu_s: float
    audio_s: float


async def speak(
    sidecar: Sidecar,
    samples: Samples,
    pace: Pace = DEFAULT,
    *,
    hurried: int = 0,
    before: Awaitable[object] | None = None,
) -> Spoken:
    """Dictate a recording, shape (n,), and stop.

    Args:
        sidecar: to whom.
        samples: what is said.
        pace: how it comes.
        hurried: so many samples at its beginning are pushed as fast as they are taken, and
            turned into text, before the clock starts: a long session in less time.
        before: what else must be done before the clock starts.
    """
    account, clock, caught_up = Account(), WallClock(), _CaughtUp()

    def hear(event: LiveEvent) -> None:
        account.told.append((clock.now_s(), event))
        caught_up.take(event)

    began_cpu_s = cpu_s(sidecar.pid)
    async with sidecar.client.dictate(on_event=hear) as dictation:
        for start in range(0, hurried, HURRY):
            for chunk in chunks(samples[start : min(start + HURRY, hurried)], pace):
                await dictation.room()
                dictation.push(chunk.pcm)
            await dictation.drained()
            await caught_up.wait()  # or minutes would wait for the engine
        if before is not None:
            await before
        clock.start(hurried / SAMPLE_RATE_HZ)
        for chunk in chunks(samples[hurried:], pace):
            await clock.reach(hurried / SAMPLE_RATE_HZ + chunk.due_s)
            account.pushed.append((hurried + chunk.end, clock.now_s()))
            dictation.push(chunk.pcm)
        account.stopped_s = clock.now_s()
        await dictation.close()
    audio_s = len(samples) / SAMPLE_RATE_HZ
    cost_s = cpu_s(sidecar.pid) - began_cpu_s
    speech = voiced(samples, live_endpointer(BuiltinEngine.capabilities))
    return Spoken(account, speech, cost_s, audio_s)


class _CaughtUp(asyncio.Event):
    """Set while all that has been said to its end is final text."""

    def __init__(self) -> None:
        super().__init__()
        self.set()
        self._ended_s = 0.0

    def take(self, event: LiveEvent) -> None:
        """One event of the dictation."""
        if isinstance(event, SpeechEdge) and event.edge == "end":
            self._ended_s = event.at_s
            self.clear()
        elif isinstance(event, SegmentFinal) and event.end_s >= self._ended_s:
            self.set()
