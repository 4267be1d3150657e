"""An hour of dictation, pushed as fast as it is taken: does memory grow?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks._processes import rss_bytes
from benchmarks._replayer import Pace, chunks
from benchmarks._wire import Sidecar
from sidecar.domain import SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from sidecar.domain import Samples

LONG_CHUNKS = Pace(chunk_ms=500)
SETTLED_S = 360.0  # until then caches fill: of the allocator, of the models
HOUR_S = 3600.0


async def rss_growth_mb(sidecar: Sidecar, samples: Samples, length_s: float = HOUR_S) -> float:
    """How much more the sidecar and its worker use at the end than a tenth into it.

    Args:
        sidecar: to whom.
        samples: what is said, again and again, with as much silence after it each time.
        length_s: of all of it.
    """
    turn = np.concatenate((samples, np.zeros(len(samples), np.float32)))
    pcm = [chunk.pcm for chunk in chunks(turn, LONG_CHUNKS)]
    turn_s = len(turn) / SAMPLE_RATE_HZ
    settled = 0
    async with sidecar.client.dictate() as dictation:
        for n in range(round(length_s / turn_s)):
            for chunk in pcm:
                await dictation.room()
                dictation.push(chunk)
            await dictation.flush()
            if not settled and (n + 1) * turn_s >= SETTLED_S * length_s / HOUR_S:
                settled = rss_bytes(sidecar.pid)
        ended = rss_bytes(sidecar.pid)
        await dictation.close()
    return (ended - settled) / 1e6
