"""An aligner that does what a test tells it to, and otherwise gives every word as long.

`$SOTTO_ALIGNER` is a script (see `sidecar.testing.scripted`) that runs in every pass.
"""

from __future__ import annotations

import os
from itertools import pairwise
from typing import ClassVar

from sidecar.domain import SAMPLE_RATE_HZ, Hypothesis, Samples, Word
from sidecar.engine.base import Abort, Ask, Capabilities, SegmentOptions
from sidecar.errors import CancelledError
from sidecar.testing.commands import run
from sidecar.text.alignment_units import alignment_units


class ScriptedAligner:
    """Finds the words of English and Chinese in up to a minute of anything."""

    capabilities: ClassVar[Capabilities] = Capabilities(
        languages=("en", "zh"),
        word_times=True,
        forced_prefix=True,
        max_segment_s=60.0,
        agreement=0,
    )

    def load(self) -> None:
        """Nothing is needed."""

    def open(self, options: SegmentOptions) -> ScriptedAlignment:
        """Begin a segment."""
        return ScriptedAlignment(options.language)


class ScriptedAlignment:
    """Knows how much audio there is."""

    def __init__(self, language: str | None) -> None:
        self._language = language
        self._n_samples = 0

    def feed(self, samples: Samples) -> None:
        """Take note of samples, shape (n,)."""
        self._n_samples += len(samples)

    def decode(self, ask: Ask, abort: Abort) -> Hypothesis:
        """Follow the script, then share the audio out among the words of the prefix."""
        if abort():
            raise CancelledError("The pass was aborted.")
        run(os.environ.get("SOTTO_ALIGNER", "").split(), abort)
        text = ask.prefix.strip()
        units = alignment_units(text, self._language)
        whole_s = self._n_samples / SAMPLE_RATE_HZ
        edges_s = [whole_s * nth / len(units) for nth in range(len(units) + 1)] if units else []
        words = (
            Word(unit.written.strip(), start_s, end_s)
            for unit, (start_s, end_s) in zip(units, pairwise(edges_s), strict=True)
        )
        return Hypothesis(text, tuple(words), self._language, final=ask.final)

    def close(self) -> None:
        """Nothing is kept."""
