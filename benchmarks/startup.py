"""From nothing to a sidecar that answers, and to one whose engine is warm; and what it weighs.

The start is that of the application: `launch_sidecar`, the key exchange, sys.hello. The
peers are a Python that does nothing, which nothing can beat, and the import of
transformers, with which a server around the reference model would begin.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks._report import Rounds, Row, report
from sidecar.host.connection import ConnectionInfo
from sidecar.host.launch import LaunchOptions, launch_sidecar
from sidecar.protocol.messages import StateParams
from sidecar.rpc.auth import new_key_pair
from sidecar.rpc.client import Client, run

STARTS = 15
WARM_STARTS = 5
WARM_TIMEOUT_S = 60.0
SETTLE_S = 2.0
FIRST_REPLY_GOAL_MS, WARM_GOAL_S, RSS_GOAL_MB = 250, 2.0, 80
REFERENCE = "from transformers import Qwen3ASRForConditionalGeneration"


@dataclass(frozen=True, slots=True)
class Warm:
    """A start with the default engine: when it was ready, and the parent's memory then."""

    ready_s: float
    rss_mb: float


@contextmanager
def started(folder: Path, engine: str) -> Iterator[ConnectionInfo]:
    keys = new_key_pair()
    options = LaunchOptions(runtime_dir=folder / "run", data_dir=folder / "data", engine=engine)
    sidecar, info = launch_sidecar(keys.public, keys.secret, options)
    with sidecar:
        yield info


def first_reply_s(folder: Path) -> float:
    """From the spawn to the answer of sys.hello."""

    async def hello(info: ConnectionInfo) -> None:
        async with await Client.connect(info):
            pass

    began_s = time.perf_counter()
    with started(folder, "builtin") as info:
        run(hello(info))
        return time.perf_counter() - began_s


def warm(folder: Path) -> Warm:
    """From the spawn to the default engine's being ready, then at rest."""
    began_s = time.perf_counter()

    async def wait(info: ConnectionInfo) -> Warm:
        ready = asyncio.Event()

        def watch(state: StateParams) -> None:
            if state.state == "ready":
                ready.set()

        async with await Client.connect(info, on_state=watch) as client:
            async with asyncio.timeout(WARM_TIMEOUT_S):
                await ready.wait()
            ready_s = time.perf_counter() - began_s
            await asyncio.sleep(SETTLE_S)
            return Warm(ready_s, (await client.diag()).rss_bytes / 1e6)

    with started(folder, "builtin") as info:
        return run(wait(info))


def python_s(code: str) -> float:
    began_s = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    return time.perf_counter() - began_s


def main() -> None:
    ours, bare = [], []
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        for _ in range(STARTS):
            ours.append(first_reply_s(folder))
            bare.append(python_s("pass"))
        warms = [warm(folder) for _ in range(WARM_STARTS)]
        transformers_s = median(python_s(REFERENCE) for _ in range(3))
    reply = Rounds({"ours": ours, "python": bare})
    ready_s = median(each.ready_s for each in warms)
    rss_mb = median(each.rss_mb for each in warms)
    first_ms = reply.median_s("ours") * 1e3
    rows = [
        Row("spawn to first reply", first_ms, "ms", goal=FIRST_REPLY_GOAL_MS),
        Row(
            "the same / a Python that does nothing",
            first_ms,
            "ms",
            reply.median_s("python") * 1e3,
            reply.ratio("ours", "python"),
        ),
        Row("the same / import of transformers' Qwen3-ASR", first_ms, "ms", transformers_s * 1e3),
        Row("spawn to default engine warm", ready_s, "s", goal=WARM_GOAL_S),
        Row("memory of the parent at rest", rss_mb, "MB", goal=RSS_GOAL_MB),
    ]
    figures = {
        "first_reply_ms": first_ms,
        "builtin_warm_s": ready_s,
        "parent_rss_mb": rss_mb,
        "vs_transformers_import": first_ms / transformers_s / 1e3,
    }
    report("startup", rows, figures)


if __name__ == "__main__":
    main()
