"""Sound for a dictation, in chunks: from a file as if it were spoken now."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from sidecar.domain import SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from sidecar.domain import Samples

CHUNK_MS: Final = 100  # as little as makes live text quick; every chunk is a message


class Source(Protocol):
    """Where sound comes from.

    Attributes:
        name: what results call it.
        rate_hz: its sample rate.
    """

    name: str
    rate_hz: int

    def chunks(self) -> AsyncGenerator[bytes, None]:
        """Mono PCM, signed 16 bits, little endian, about `CHUNK_MS` at a time, until the end.

        Raises:
            BadAudioError, MicrophoneError: the sound cannot be read, or not any more.
        """
        ...


class FileSource:
    """A recording in any format, at the pace at which it was spoken or at another.

    Args:
        path: where it is.
        pace: seconds of sound in a second; None for as fast as it is taken.
    """

    rate_hz = SAMPLE_RATE_HZ

    def __init__(self, path: Path, pace: float | None = 1.0) -> None:
        self.name = str(path)
        self._path = path
        self._pace = pace

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """See `Source`. A chunk comes when its last sample would have been spoken."""
        began_s = time.monotonic()
        pieces = _pieces(self._path)
        n = 0
        while (pcm := await asyncio.to_thread(next, pieces, None)) is not None:
            n += 1
            if self._pace is not None:
                due_s = began_s + n * CHUNK_MS / 1000 / self._pace
                await asyncio.sleep(due_s - time.monotonic())
            yield pcm


def _pieces(path: Path) -> Iterator[bytes]:
    """The recording in pieces of `CHUNK_MS`; the last is shorter."""
    import numpy as np

    from sidecar.audio.files import open_audio

    size = SAMPLE_RATE_HZ * CHUNK_MS // 1000
    rest = np.empty(0, np.float32)
    with open_audio(path) as audio:
        for block in audio.blocks():
            rest = np.concatenate((rest, block))
            for start in range(0, len(rest) - size + 1, size):
                yield pcm_of(rest[start : start + size])
            rest = rest[len(rest) // size * size :]
    if len(rest):
        yield pcm_of(rest)


def pcm_of(samples: Samples) -> bytes:
    """Samples in [-1, 1], shape (n,), as signed 16-bit PCM, little endian."""
    import numpy as np

    return np.clip(np.round(samples * 32768), -32768, 32767).astype("<i2").tobytes()
