"""The aligner's worker: there while it is of use."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from tests.conftest import ScriptedAligner
from tests.process.pools import QUICK, Lab, laboratory, sound


def state(lab: Lab) -> str:
    status = lab.pool.aligner_status()
    assert status is not None
    return status.state


async def test_an_aligner_that_nobody_uses_ends_and_comes_back(
    scripted_aligner: ScriptedAligner,
) -> None:
    async with laboratory(replace(QUICK, aligner_idle_s=0.2)) as lab:
        first = await lab.pool.align(sound(), "one two", "en")
        await lab.until(lambda: state(lab) == "cold")

        again = await lab.pool.align(sound(), "one two", "en")

        assert again == first
        await lab.until(lambda: state(lab) == "cold")


async def test_an_aligner_stays_while_it_works_however_long_that_takes(
    scripted_aligner: ScriptedAligner,
) -> None:
    scripted_aligner.does("sleep:0.4")

    async with laboratory(replace(QUICK, aligner_idle_s=0.2)) as lab:
        await lab.pool.start_aligner()
        await asyncio.gather(*(lab.pool.align(sound(n), "one", "en") for n in range(3)))

        assert lab.states.count("starting") == 1
        assert lab.states.count("busy") == 3
        await lab.until(lambda: state(lab) == "cold")


async def test_an_aligner_that_was_loaded_in_vain_ends_too(
    scripted_aligner: ScriptedAligner,
) -> None:
    async with laboratory(replace(QUICK, aligner_idle_s=0.2)) as lab:
        await lab.pool.start_aligner()

        await lab.until(lambda: state(lab) == "cold")
