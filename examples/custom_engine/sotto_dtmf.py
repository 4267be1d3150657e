"""Reads the keys of a telephone from their tones: an engine for Sotto in one page.

Every key sounds two tones at once (ITU-T Q.23), one for its row and one for its column.
In each 20 ms step the strongest of both, if they hold nearly all of the energy, name it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import ClassVar

import numpy as np

from sidecar.domain import SAMPLE_RATE_HZ, Hypothesis, Samples, Word
from sidecar.engine.base import Abort, Ask, Capabilities, SegmentOptions
from sidecar.errors import CancelledError

ROWS_HZ = (697.0, 770.0, 852.0, 941.0)
COLUMNS_HZ = (1209.0, 1336.0, 1477.0, 1633.0)
KEYS = ("123A", "456B", "789C", "*0#D")
STEP = SAMPLE_RATE_HZ // 50
MIN_STEPS = 2  # a tone of less than 40 ms is no key
_TIME_S = np.arange(STEP) / SAMPLE_RATE_HZ
_PROBES = np.exp(-2j * np.pi * np.outer(ROWS_HZ + COLUMNS_HZ, _TIME_S))


class DtmfEngine:
    """Reads telephone keys; needs no model."""

    capabilities: ClassVar[Capabilities] = Capabilities(word_times=True, partials=True)

    def load(self) -> None:
        """Nothing to load."""

    def open(self, options: SegmentOptions) -> DtmfSegment:  # noqa: ARG002
        """Begin a segment. Keys sound the same in every language."""
        return DtmfSegment()


class DtmfSegment:
    """The tones so far."""

    def __init__(self) -> None:
        self._samples: Samples = np.empty(0, np.float32)

    def feed(self, samples: Samples) -> None:
        """Append samples, shape (n,)."""
        self._samples = np.concatenate((self._samples, samples))

    def decode(self, ask: Ask, abort: Abort) -> Hypothesis:
        """The keys pressed so far, a word each."""
        keys = list(_keys(self._samples, abort))
        words = tuple(_words(keys))
        return Hypothesis(" ".join(word.text for word in words), words, final=ask.final)

    def close(self) -> None:
        """Forget the tones."""
        self._samples = np.empty(0, np.float32)


def _keys(samples: Samples, abort: Abort) -> Iterator[str]:
    """The key that sounds in each step, or ""."""
    for step in range(len(samples) // STEP):
        if abort():
            raise CancelledError("The pass was aborted.")
        yield _key(samples[step * STEP : (step + 1) * STEP])


def _key(step: Samples) -> str:
    power = np.abs(_PROBES @ step) ** 2
    row, column = int(power[:4].argmax()), int(power[4:].argmax())
    explained = 2 * (power[row] + power[4 + column]) / STEP
    energy = float(step @ step)
    return KEYS[row][column] if energy > 1e-4 * STEP and explained > 0.8 * energy else ""


def _words(keys: list[str]) -> Iterator[Word]:
    start = 0
    for key, run in groupby(keys):
        end = start + len(list(run))
        if key and end - start >= MIN_STEPS:
            yield Word(key, start * STEP / SAMPLE_RATE_HZ, end * STEP / SAMPLE_RATE_HZ)
        start = end
