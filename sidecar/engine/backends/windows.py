"""The sound of a segment as embeddings, of which only the end is computed again.

The encoder takes sound in chunks (of a second), and lets those of a window (of eight) see
each other and nothing else. So a chunk's frames are computed once, and so are a window's
embeddings as soon as its sound is complete. What is computed depends on the sound alone,
never on when it was asked for: windows are encoded one by one, since a batch of several is
rounded otherwise, in the last bits.

The spectrogram is clamped to 80 dB below its maximum. The reference takes that of the whole
clip, which a stream cannot know; here it is the maximum of the segment up to the end of the
window. So a segment of one window gives exactly what the reference gives, and so does one
that is nowhere louder than in its first window. Otherwise the floor of the windows before
the loudest sound is lower, in noise that is 80 dB below it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from sidecar.audio.mel import DYNAMIC_RANGE, HOP_SAMPLES, WINDOW_SAMPLES, log_mel
from sidecar.domain import SAMPLE_RATE_HZ
from sidecar.inference.encoder import n_tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from sidecar.domain import Samples
    from sidecar.engine.base import Abort
    from sidecar.model_store.manifest import Audio

    Floats = npt.NDArray[np.float32]

LEAST_SAMPLES: Final = (
    SAMPLE_RATE_HZ // 2
)  # shorter sound is filled up with silence, as in training
LEAST_LEVEL: Final = 0.0005  # -66 dBFS: quieter is silence, in which a model would dream up words
LEVEL_SAMPLES: Final = SAMPLE_RATE_HZ // 10

_MARGIN_FRAMES: Final = 2  # before a chunk, which the first window of its transform reaches into
_HALF: Final = WINDOW_SAMPLES // 2
_RANGE: Final = np.float32(DYNAMIC_RANGE / 4)  # as normalised

_names = count()


class AudioEncoder(Protocol):
    """What `sidecar.inference.encoder.Encoder` is; see there."""

    def stem(self, mel: Floats, abort: Abort) -> Floats:
        """Frames of chunks."""
        ...

    def encode(self, windows: Sequence[Floats], abort: Abort) -> list[Floats]:
        """Embeddings of windows."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Embeddings of a part of the sound, shape (n, width). Two are equal if they are one."""

    embeds: Floats
    name: int = field(default_factory=lambda: next(_names))

    def __len__(self) -> int:
        return len(self.embeds)


@dataclass(frozen=True, slots=True)
class _Chunk:
    """A chunk of the spectrogram as it went into the stem, and what came out."""

    mel: Floats
    frames: Floats


class Windows:
    """The sound of one segment.

    Args:
        encoder: computes a chunk, and a window, as it does alone.
        audio: the sizes of both.
    """

    def __init__(self, encoder: AudioEncoder, audio: Audio) -> None:
        self._encoder = encoder
        self._audio = audio
        self._samples: Samples = np.empty(0, np.float32)
        self._mels: dict[int, Floats] = {}  # of chunks that no later sound changes
        self._chunks: dict[int, _Chunk] = {}
        self._closed: list[Window] = []
        self._loudest = np.float32(-np.inf)  # of closed windows, as normalised
        self._open: tuple[int, Window | None] = (-1, None)  # and of how many samples it is

    @property
    def duration_s(self) -> float:
        """Of what was fed."""
        return len(self._samples) / SAMPLE_RATE_HZ

    def feed(self, samples: Samples) -> None:
        """Append samples, shape (n,)."""
        self._samples = np.concatenate((self._samples, samples))

    def is_silent(self) -> bool:
        """Whether no 100 ms of it are louder than -66 dBFS."""
        width = min(LEVEL_SAMPLES, len(self._samples))
        if width == 0:
            return True
        energy = np.concatenate(([0.0], np.cumsum(self._samples.astype(np.float64) ** 2)))
        return bool((energy[width:] - energy[:-width]).max() / width < LEAST_LEVEL**2)

    def encode(self, abort: Abort) -> list[Window]:
        """All of it as windows, in order; those that are complete are the same each time.

        Raises:
            CancelledError: `abort` returned True. What was done is not lost.
        """
        samples = np.pad(self._samples, (0, max(0, LEAST_SAMPLES - len(self._samples))))
        n_frames = len(samples) // HOP_SAMPLES
        per_window = self._audio.window_chunks * self._audio.frames_per_chunk
        while self._is_complete(end := (len(self._closed) + 1) * per_window, len(samples)):
            loudest, window = self._encoded(samples, end - per_window, end, abort)
            self._loudest = loudest
            self._closed.append(window)
            self._drop_before(end)
        start = len(self._closed) * per_window
        if start == n_frames:
            return [*self._closed]
        return [*self._closed, self._open_window(samples, start, n_frames, abort)]

    def _is_complete(self, end_frame: int, n_samples: int) -> bool:
        """Whether later sound changes nothing before that frame."""
        return (end_frame - 1) * HOP_SAMPLES + _HALF <= n_samples

    def _open_window(self, samples: Samples, start: int, end: int, abort: Abort) -> Window:
        n_known, known = self._open
        if known is None or n_known != len(self._samples):
            _, known = self._encoded(samples, start, end, abort)
            self._open = (len(self._samples), known)
        return known

    def _encoded(
        self, samples: Samples, start: int, end: int, abort: Abort
    ) -> tuple[np.float32, Window]:
        """The window of these frames, and the maximum up to its end."""
        mels = dict(self._spectrogram(samples, start, end))
        loudest = max(self._loudest, *(mel.max() for mel in mels.values()))
        frames = [self._framed(number, mel, loudest, abort) for number, mel in mels.items()]
        audio = self._audio
        n_valid = n_tokens(end - start, audio.frames_per_chunk, audio.tokens_per_chunk)
        [embeds] = self._encoder.encode([np.concatenate(frames)[:n_valid]], abort)
        return loudest, Window(embeds)

    def _spectrogram(self, samples: Samples, start: int, end: int) -> Iterator[tuple[int, Floats]]:
        """Chunks by number, not clamped, each of shape (mels, frames)."""
        size = self._audio.frames_per_chunk
        for number in range(start // size, -(-end // size)):
            if number not in self._mels:
                mel = self._chunk_mel(samples, number * size, min((number + 1) * size, end))
                if not self._is_complete((number + 1) * size, len(samples)):
                    yield number, mel
                    continue
                self._mels[number] = mel
            yield number, self._mels[number]

    def _chunk_mel(self, samples: Samples, start: int, end: int) -> Floats:
        margin = min(start, _MARGIN_FRAMES)
        # No more than the last frame reaches, as what is computed with more is rounded otherwise.
        n_after = end - 1 if self._is_complete(end, len(samples)) else end
        piece = samples[(start - margin) * HOP_SAMPLES : n_after * HOP_SAMPLES + _HALF]
        mel = log_mel(piece, self._audio.n_mels, maximum=-np.inf)
        return mel[:, margin : margin + end - start]

    def _framed(self, number: int, mel: Floats, loudest: np.float32, abort: Abort) -> Floats:
        """The stem's frames of a chunk, computed again only if the floor has changed it."""
        padded = np.zeros((len(mel), self._audio.frames_per_chunk), np.float32)
        np.maximum(mel, loudest - _RANGE, out=padded[:, : mel.shape[1]])
        known = self._chunks.get(number)
        if known is None or not np.array_equal(known.mel, padded):
            [frames] = self._encoder.stem(padded[None], abort)
            known = self._chunks[number] = _Chunk(padded, frames)
        return known.frames

    def _drop_before(self, end_frame: int) -> None:
        first = end_frame // self._audio.frames_per_chunk
        self._mels = {number: mel for number, mel in self._mels.items() if number >= first}
        self._chunks = {n: chunk for n, chunk in self._chunks.items() if n >= first}
