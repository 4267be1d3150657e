"""Our engine in a real worker, by way of the pool: `_qwen3_pool`, and the environment.

The sidecar's own pool of engines starts the worker. Four clients ask it for the text of four
pieces of sound, all at once or each after the one before.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks._qwen3_child import serve
from benchmarks._qwen3_engine import NAME
from sidecar.engine.base import SegmentOptions
from sidecar.engine.client import EnginePool, WorkerOptions
from sidecar.engine.registry import EngineRegistry

if TYPE_CHECKING:
    from sidecar.domain import Samples

N_CLIENTS = 4


def main() -> None:
    with asyncio.Runner() as runner:
        pool = EnginePool(EngineRegistry(), WorkerOptions(), lambda *_: None)
        began_s = time.perf_counter()
        runner.run(pool.start(NAME))
        load_s = time.perf_counter() - began_s

        def together(clip: str) -> Mapping[str, Any]:
            return {"texts": runner.run(_together(pool, pieces(np.load(clip))))}

        def alone(clip: str) -> Mapping[str, Any]:
            return {"texts": runner.run(_alone(pool, pieces(np.load(clip))))}

        try:
            serve({"together": together, "alone": alone}, load_s=load_s)
        finally:
            runner.run(pool.close())


def pieces(samples: Samples) -> list[Samples]:
    """Half of a recording for each client, each from another place on."""
    half = len(samples) // 2
    return [samples[at : at + half] for at in np.linspace(0, half, N_CLIENTS).astype(int)]


async def _together(pool: EnginePool, sounds: Sequence[Samples]) -> list[str]:
    return await asyncio.gather(*(_text(pool, sound, n) for n, sound in enumerate(sounds)))


async def _alone(pool: EnginePool, sounds: Sequence[Samples]) -> list[str]:
    return [await _text(pool, sound, n) for n, sound in enumerate(sounds)]


async def _text(pool: EnginePool, samples: Samples, client: int) -> str:
    options = SegmentOptions(language="en")
    return (await pool.recognise(NAME, samples, options, client=client)).text


if __name__ == "__main__":
    main()
