"""Dictations with a real worker: what is told, in which order, and what never happens."""

from __future__ import annotations

import numpy as np

from sidecar.domain import Level, SegmentFinal, SpeechEdge
from tests.conftest import Scripted
from tests.process.dictations import assert_sound, dictation, hush, talk
from tests.process.pools import laboratory


async def test_a_pause_makes_what_was_said_final(scripted: Scripted) -> None:
    async with laboratory() as lab, dictation(lab.pool, "say:hello there") as told:
        await told.speak(np.concatenate((hush(1), talk(2), hush(2))))
        segments = told.of(SegmentFinal)
        final = await told.close()

    assert [(s.text, s.trigger) for s in segments] == [("hello there", "pause")]
    assert final.text == "hello there"
    assert final.complete
    assert [edge.edge for edge in told.of(SpeechEdge)] == ["start", "end"]
    assert_sound(told.events)


async def test_levels_follow_the_sound_without_a_gap(scripted: Scripted) -> None:
    async with laboratory() as lab, dictation(lab.pool) as told:
        await told.speak(np.concatenate((hush(0.5), talk(1))), chunk_ms=20)
        await told.close()

    at_s = 0.0
    for level in told.of(Level):
        assert abs(level.start_s - at_s) < 1e-9
        at_s += len(level.peak) * level.bin_s
    assert abs(at_s - 1.5) <= 0.032
    assert told.acks[-1] == 75
