"""Plays a recording as if it were spoken now: chunk by chunk, on a clock."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from sidecar.cli.sources import pcm_of
from sidecar.domain import SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from sidecar.domain import Samples


@dataclass(frozen=True, slots=True)
class Pace:
    """How a recording is played.

    Attributes:
        chunk_ms: how much audio comes at a time.
        jitter_ms: chunks are late by up to that, at random; none overtakes another.
        seed: of the lateness.
    """

    chunk_ms: int = 100
    jitter_ms: int = 0
    seed: int = 0


DEFAULT = Pace()


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some audio, and when it comes.

    Attributes:
        pcm: signed 16 bits, little endian, mono 16 kHz.
        end: the position of its end.
        due_s: when it can be pushed: when its last sample has been spoken, or later.
    """

    pcm: bytes
    end: int
    due_s: float


def chunks(samples: Samples, pace: Pace = DEFAULT) -> Iterator[Chunk]:
    """A recording, shape (n,), as it comes; the last chunk may be shorter."""
    size = SAMPLE_RATE_HZ * pace.chunk_ms // 1000
    random = Random(pace.seed)
    due_s = 0.0
    for start in range(0, len(samples), size):
        end = min(start + size, len(samples))
        late_s = random.uniform(0, pace.jitter_ms / 1000)
        due_s = max(due_s, end / SAMPLE_RATE_HZ + late_s)
        yield Chunk(pcm_of(samples[start:end]), end, due_s)


class WallClock:
    """Real time, counted from the first sample."""

    def __init__(self) -> None:
        self.start(0.0)

    def start(self, at_s: float) -> None:
        """Be at that time now."""
        self._began_s = time.perf_counter() - at_s

    def now_s(self) -> float:
        """Seconds since the first sample was spoken."""
        return time.perf_counter() - self._began_s

    async def reach(self, at_s: float) -> None:
        """Wait until then."""
        await asyncio.sleep(max(0.0, at_s - self.now_s()))
