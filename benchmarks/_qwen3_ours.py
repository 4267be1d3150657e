"""Our engine in a process of its own, as a worker has it: `_qwen3_ours`, and the environment.

Stages are timed at the doors of the engine's parts. The first step after the sound, which
gives the first token, counts as prefill, as it does for the peers.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks._qwen3_child import Stopwatch, serve
from benchmarks._qwen3_engine import CappedEngine
from sidecar.domain import SAMPLE_RATE_HZ
from sidecar.engine.backends.feeding import Feeding
from sidecar.engine.backends.windows import Windows
from sidecar.engine.base import Ask, SegmentOptions
from sidecar.stabilizer.stabilizer import stabilizer_for

if TYPE_CHECKING:
    from sidecar.domain import Hypothesis, Samples
    from sidecar.engine.backends.model import ModelSegment

STEP_SAMPLES = SAMPLE_RATE_HZ  # between partials
LIVE = SegmentOptions(language="en", live=True)
RECORDED = SegmentOptions(language="en")


class Ours:
    """The engine, loaded, and a stopwatch in it."""

    def __init__(self) -> None:
        self._engine = CappedEngine()
        self._engine.load()
        self._watch = Stopwatch()
        self._n_steps = 0
        machine = self._engine.machine
        for owner, name, stage in (
            (Windows, "_chunk_mel", "mel"),
            (machine.encoder, "stem", "stem"),
            (machine.encoder, "encode", "encoder"),
            (Feeding, "append", "prefill"),
        ):
            setattr(owner, name, self._watch.timed(stage, getattr(owner, name)))
        self._advance = machine.advance
        setattr(machine, "advance", self._timed_step)  # noqa: B010 - a method, to mypy

    def _timed_step(self, *arguments: Any) -> Any:  # noqa: ANN401
        stage = "generate" if self._n_steps else "prefill"
        self._n_steps += 1
        return self._watch.timed(stage, self._advance)(*arguments)

    def recognise(self, clip: str) -> Mapping[str, Any]:
        """Recognise a recording (.npy of samples) at once."""
        samples = np.load(clip)
        self._start_stages()
        began_s = time.perf_counter()
        found = self._anew(samples, RECORDED, Ask(final=True))
        total_s = time.perf_counter() - began_s
        return {"text": found.text, "stages": self._watch.taken(), "total_s": total_s}

    def stream(self, clip: str, keep: bool) -> Mapping[str, Any]:
        """Dictate a recording with a partial each second, then the final pass.

        With `keep` one segment hears it grow. Without it each pass is asked the same of a new
        segment: the same text is given and guessed, but all sound is encoded and prefilled.
        """
        samples = np.load(clip)
        stabilizer = stabilizer_for(self._engine.capabilities)
        kept = self._engine.open(LIVE) if keep else None
        passes = []
        found = None
        for end in [*range(STEP_SAMPLES, len(samples), STEP_SAMPLES), len(samples)]:
            final = end == len(samples)
            ask = stabilizer.ask(final=final)
            self._start_stages()
            began_s = time.perf_counter()
            if kept is not None:
                kept.feed(samples[max(0, end - STEP_SAMPLES) : end])
                found = self._decoded(kept, ask)
            else:
                found = self._anew(samples[:end], LIVE, ask)
            took_s = time.perf_counter() - began_s
            passes.append({"took_s": took_s, "stages": self._watch.taken()})
            if not final:
                stabilizer.update(found, end / SAMPLE_RATE_HZ)
        if kept is not None:
            kept.close()
        assert found is not None
        return {"text": found.text, "passes": passes}

    def _start_stages(self) -> None:
        self._watch.taken()
        self._n_steps = 0

    def _anew(self, samples: Samples, options: SegmentOptions, ask: Ask) -> Hypothesis:
        segment = self._engine.open(options)
        try:
            segment.feed(samples)
            return self._decoded(segment, ask)
        finally:
            segment.close()

    @staticmethod
    def _decoded(segment: ModelSegment, ask: Ask) -> Hypothesis:
        return segment.decode(ask, lambda: False)


def main() -> None:
    began_s = time.perf_counter()
    ours = Ours()
    load_s = time.perf_counter() - began_s
    serve({"recognise": ours.recognise, "stream": ours.stream}, load_s=load_s)


if __name__ == "__main__":
    main()
