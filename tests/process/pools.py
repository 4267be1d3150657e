"""A pool of workers for tests: short waits, and a record of every state."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from sidecar.domain import SAMPLE_RATE_HZ, Hypothesis, Samples
from sidecar.engine.base import SegmentOptions
from sidecar.engine.client import EnginePool, EngineState, WorkerOptions, WorkerStatus
from sidecar.engine.registry import EngineRegistry
from sidecar.host.memory import Memory, free_memory
from sidecar.testing.scripted import echo
from tests.conftest import PATIENCE_S

QUICK = WorkerOptions(
    load_s=PATIENCE_S,
    beat_s=0.05,
    hang_s=PATIENCE_S,
    hang_factor=0,
    abort_s=PATIENCE_S,
    terminate_s=0.2,
    idle_s=0.05,
)
# For workers that hang or will not stop. One that does its work may not be given so little:
# whoever shares the machine with it can keep it waiting as long.
STRICT = replace(QUICK, hang_s=1.5, abort_s=0.5)


@dataclass
class Lab:
    """A pool, and what it has told."""

    pool: EnginePool
    states: list[EngineState] = field(default_factory=list)
    engine: str = "scripted"

    async def say(self, samples: Samples, *script: str) -> Hypothesis:
        """Recognise samples with the scripted engine, following a script."""
        return await self.pool.recognise(self.engine, samples, SegmentOptions(hotwords=script))

    @property
    def status(self) -> WorkerStatus:
        """Of the scripted engine."""
        return next(s for s in self.pool.status() if s.engine == self.engine)

    @property
    def pid(self) -> int:
        """Of the scripted engine's worker."""
        pid = self.status.pid
        assert pid is not None
        return pid

    async def until(self, condition: Callable[[], bool], limit_s: float = PATIENCE_S) -> None:
        """Let the loop run until the condition holds."""
        deadline_s = time.monotonic() + limit_s
        while not condition():
            assert time.monotonic() < deadline_s, "it never came true"
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def laboratory(
    options: WorkerOptions = QUICK,
    *,
    engine: str = "scripted",
    registry: EngineRegistry | None = None,
    measure: Callable[[], Memory | None] = free_memory,
) -> AsyncIterator[Lab]:
    """A pool that is closed in the end, and the scripted engine that is used of it."""
    states: list[EngineState] = []
    pool = EnginePool(
        registry or EngineRegistry(),
        options,
        lambda _name, state, _reason: states.append(state),
        measure,
    )
    try:
        yield Lab(pool, states, engine)
    finally:
        await pool.close()


def sound(seed: int = 0, seconds: float = 1.0) -> Samples:
    """Noise that no other seed gives."""
    samples = np.random.default_rng(seed).uniform(-0.5, 0.5, int(seconds * SAMPLE_RATE_HZ))
    return samples.astype(np.float32)


def echoed(samples: Samples) -> str:
    """What the scripted engine answers to samples that it has heard completely, once."""
    return " ".join(word.text for word in echo(samples))


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that ended and was not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:  # it is not there, or ends while it is looked at
        if sys.platform == "linux":
            return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
