"""The smallest side of a comparison: it works for as long as it is told, and fails if told to."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any

from benchmarks._qwen3_child import Stopwatch, serve


def work(seconds: float) -> Mapping[str, Any]:
    watch = Stopwatch()
    sys.stdout.write("as libraries do\n")
    for _ in range(2):
        watch.timed("spin", _spin)(seconds / 2)
    return {"echo": seconds, "stages": watch.taken(), "left": watch.taken()}


def fail() -> Mapping[str, Any]:
    raise SystemExit(3)


def _spin(seconds: float) -> None:
    end_s = time.process_time() + seconds
    while time.process_time() < end_s:
        pass


if __name__ == "__main__":
    serve({"work": work, "fail": fail}, load_s=0.5)
