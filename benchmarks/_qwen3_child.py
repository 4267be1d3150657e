"""One side of the comparison, in a process of its own: it answers requests line by line.

The parent writes `{"do": NAME, ...}` and reads one JSON object. The first line tells that the
model is loaded and warm. Whatever libraries print goes to stderr.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Handler = Callable[..., Mapping[str, Any]]


def serve(handlers: Mapping[str, Handler], **ready: float) -> None:
    """Answer until the parent closes stdin. Each answer also tells what the work took.

    Args:
        handlers: by name; each is given the other fields of the request.
        ready: figures for the first line.
    """
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    _tell(answers, {"peak_rss_bytes": peak_rss_bytes(), **ready})
    for line in sys.stdin:
        request = json.loads(line)
        handler = handlers[request.pop("do")]
        began_s, cpu_s = time.perf_counter(), time.process_time()
        answer = handler(**request)
        took = {
            "took_s": time.perf_counter() - began_s,
            "cpu_s": time.process_time() - cpu_s,
            "peak_rss_bytes": peak_rss_bytes(),
        }
        _tell(answers, {**took, **answer})


def _tell(answers: Any, answer: Mapping[str, Any]) -> None:  # noqa: ANN401
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


def peak_rss_bytes() -> int:
    """The most memory this process has had, as the kernel counts it (VmHWM)."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("the kernel does not tell the peak of memory")


class Stopwatch:
    """Seconds of each stage of the work, added up over calls."""

    def __init__(self) -> None:
        self.stages: dict[str, float] = {}

    def timed(self, stage: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """`call`, whose time counts for a stage."""

        def measured(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401
            began_s = time.perf_counter()
            try:
                return call(*arguments, **named)
            finally:
                self.add(stage, time.perf_counter() - began_s)

        return measured

    def add(self, stage: str, seconds: float) -> None:
        """Count seconds for a stage."""
        self.stages[stage] = self.stages.get(stage, 0.0) + seconds

    def taken(self) -> dict[str, float]:
        """What was counted since the last call."""
        stages, self.stages = self.stages, {}
        return stages
