"""Sessions in real time with a real sidecar: one of ten minutes, and many that stop anywhere."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from benchmarks._coverage import Span
from benchmarks._replayer import Pace
from benchmarks._wire import Sidecar, Spoken, speak
from sidecar.domain import SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from sidecar.domain import Samples

JITTER_MS = 40
SHORTEST_S, LONGEST_S = 3.0, 8.0
LAST_S = 60.0  # of a long session are spoken in real time


@dataclass(frozen=True, slots=True)
class Said:
    """A recording that can be dictated: its samples, shape (n,), and where there is speech."""

    samples: Samples
    speech: Sequence[Span]


async def short_sessions(sidecar: Sidecar, said: Sequence[Said], n: int) -> list[Spoken]:
    """Sessions one after the other that stop at random, every other one within a word."""
    random = Random(0)
    spoken = []
    for number in range(n):
        one = random.choice(said)
        stop = round(random.uniform(SHORTEST_S, LONGEST_S) * SAMPLE_RATE_HZ)
        if number % 2:
            stop = within_a_word(one, stop)
        pace = Pace(jitter_ms=JITTER_MS, seed=number)
        spoken.append(await speak(sidecar, one.samples[:stop], pace))
    return spoken


async def long_session(sidecar: Sidecar, one: Said, quiet: Awaitable[object]) -> Spoken:
    """A session as long as the recording, which stops within a word near its end.

    All but the last minute is pushed as fast as it is turned into text. That minute is in
    real time, and begins once `quiet` is done: whatever else the machine had to do.
    """
    stop = within_a_word(one, len(one.samples))
    hurried = stop - round(LAST_S * SAMPLE_RATE_HZ)
    pace = Pace(jitter_ms=JITTER_MS)
    return await speak(sidecar, one.samples[:stop], pace, hurried=hurried, before=quiet)


def within_a_word(one: Said, before: int) -> int:
    """The middle of the last frame of speech that ends before a position."""
    return next((a + b) // 2 for a, b in reversed(one.speech) if b <= before)
