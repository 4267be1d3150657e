"""Samples that wait for a slow engine: the first minute in memory, the rest on disk."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from typing import IO, Final, TypeAlias

import numpy as np

from sidecar.domain import SAMPLE_RATE_HZ, Samples

MOST_HELD: Final = 60 * SAMPLE_RATE_HZ  # samples in memory; 4 MB

Take: TypeAlias = Callable[[], Samples]
"""Gives samples back that were put on a shelf. Call it once."""


class Shelf:
    """Holds arrays until they are taken, whatever their number, in bounded memory.

    What does not fit lies in a temporary file that only this process can open (on Unix it
    has no name), and stays in memory where even that cannot be written.
    """

    def __init__(self, most_held: int = MOST_HELD) -> None:
        self._most_held = most_held
        self._n_held = 0
        self._n_filed = 0
        self._file: IO[bytes] | None = None

    def put(self, samples: Samples) -> Take:
        """Hold float32 samples, shape (n,), until they are taken."""
        if self._n_held + len(samples) > self._most_held:
            try:
                return self._filed(samples)
            except OSError:
                pass  # better too much memory than a lost word
        self._n_held += len(samples)
        return lambda: self._held(samples)

    def close(self) -> None:
        """Drop what was not taken."""
        if self._file is not None:
            self._file.close()
        self._file = None

    def _held(self, samples: Samples) -> Samples:
        self._n_held -= len(samples)
        return samples

    def _filed(self, samples: Samples) -> Take:
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="sotto-", buffering=0)  # noqa: SIM115
        at, n_samples = self._file.seek(0, os.SEEK_END), len(samples)
        rest = memoryview(samples.tobytes())
        while rest:
            rest = rest[self._file.write(rest) :]
        self._n_filed += 1
        return lambda: self._read(at, n_samples)

    def _read(self, at: int, n_samples: int) -> Samples:
        assert self._file is not None
        self._file.seek(at)
        samples = np.frombuffer(self._file.read(4 * n_samples), np.float32)
        self._n_filed -= 1
        if not self._n_filed:
            self._file.truncate(0)
        return samples
