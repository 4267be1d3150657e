from __future__ import annotations

from itertools import pairwise

import numpy as np

from benchmarks._replayer import Pace, WallClock, chunks

SAMPLES = np.linspace(-0.5, 0.5, 16_100, dtype=np.float32)


def test_chunks_are_the_whole_recording_and_come_when_they_have_been_spoken() -> None:
    played = [*chunks(SAMPLES)]

    assert [chunk.end for chunk in played] == [*range(1_600, 16_001, 1_600), 16_100]
    assert [chunk.due_s for chunk in played] == [chunk.end / 16_000 for chunk in played]
    assert sum(len(chunk.pcm) for chunk in played) == 2 * len(SAMPLES)


def test_jitter_makes_chunks_late_but_never_early_and_never_swaps_them() -> None:
    pace = Pace(chunk_ms=20, jitter_ms=80, seed=1)

    played = [*chunks(SAMPLES, pace)]

    late_s = [chunk.due_s - chunk.end / 16_000 for chunk in played]
    assert 0 <= min(late_s) < max(late_s) <= 0.08
    assert all(before.due_s <= after.due_s for before, after in pairwise(played))


def test_the_same_seed_gives_the_same_lateness() -> None:
    one, other, another = (
        [chunk.due_s for chunk in chunks(SAMPLES, Pace(jitter_ms=50, seed=seed))]
        for seed in (1, 1, 2)
    )

    assert one == other != another


async def test_the_wall_clock_waits_for_what_is_to_come_and_not_for_what_was() -> None:
    clock = WallClock()

    await clock.reach(0.05)
    reached_s = clock.now_s()
    await clock.reach(0.01)

    assert 0.05 <= reached_s <= clock.now_s()


async def test_the_wall_clock_can_be_set_for_what_was_not_played_in_real_time() -> None:
    clock = WallClock()

    clock.start(540.0)
    await clock.reach(540.02)

    assert 540.02 <= clock.now_s() < 600
