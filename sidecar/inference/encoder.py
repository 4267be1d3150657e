"""Runs an audio encoder that is two ONNX graphs: a stem over chunks, layers over windows.

A chunk of log-mel becomes a fixed number of frames, whatever is around it; frames of a
window attend to each other and to nothing else. So both can be kept for as long as the audio
of a chunk, or of a window, does not change. What the numbers are, the model's manifest says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sidecar.inference.session import Floats, Provider, Session, SessionOptions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sidecar.inference.session import Abort

N_CONVOLUTIONS = 3


@dataclass(frozen=True, slots=True)
class EncoderOptions:
    """How much is computed at once. Larger batches take memory and hardly gain time.

    Attributes:
        session: threads and providers, of both graphs.
        chunks_at_once: batch of the stem.
        windows_at_once: batch of the layers.
    """

    session: SessionOptions = field(default_factory=SessionOptions)
    chunks_at_once: int = 2
    windows_at_once: int = 2


class Encoder:
    """The two graphs, loaded. Called from one thread.

    Args:
        stem: graph from `mel` f32 [n, mels, frames] to `frames` f32 [n, tokens, width].
        layers: graph from `frames` f32 [w, t, width] and `n_frames` i64 [w] to `embeds`
            f32 [w, t, out].
        options: threads, providers, batches.

    Raises:
        LoadFailedError: on construction: a file is missing or damaged.
    """

    def __init__(self, stem: Path, layers: Path, options: EncoderOptions) -> None:
        self._options = options
        self._stem = Session(stem, options.session)
        self._layers = Session(layers, options.session)

    @property
    def provider_used(self) -> Provider:
        """Who computes the layers."""
        return self._layers.provider

    def stem(self, mel: Floats, abort: Abort) -> Floats:
        """Frames of chunks, each for itself.

        Args:
            mel: normalised log-mel, shape (n, mels, frames), zeros after the end of the audio.
            abort: asked every 50 ms, and before each batch; True means stop now.

        Returns:
            Shape (n, tokens, width). Of a chunk that the audio does not fill, only the first
            `n_tokens(...)` are meaningful.

        Raises:
            CancelledError: `abort` returned True.
        """
        step = self._options.chunks_at_once
        frames = np.empty((len(mel), *self._stem.shape("frames", 0)[1:]), np.float32)
        for at in range(0, len(mel), step):
            (frames[at : at + step],) = self._stem.run({"mel": mel[at : at + step]}, abort)
        return frames

    def encode(self, windows: Sequence[Floats], abort: Abort) -> list[Floats]:
        """Embeddings of windows, each for itself.

        Args:
            windows: frames of each, shape (t, width) with t >= 1 of its own.
            abort: asked every 50 ms, and before each batch; True means stop now.

        Returns:
            For each window its embeddings, shape (t, out).

        Raises:
            CancelledError: `abort` returned True.
        """
        # Batches of like lengths are padded least.
        order = sorted(range(len(windows)), key=lambda i: len(windows[i]))
        step = self._options.windows_at_once
        embeds: dict[int, Floats] = {}
        for at in range(0, len(order), step):
            batch = order[at : at + step]
            encoded = self._encode_batch([windows[i] for i in batch], abort)
            embeds.update(zip(batch, encoded, strict=True))
        return [embeds[i] for i in range(len(windows))]

    def _encode_batch(self, windows: list[Floats], abort: Abort) -> list[Floats]:
        n_frames = np.array([len(window) for window in windows], np.int64)
        frames = np.zeros((len(windows), n_frames.max(), windows[0].shape[1]), np.float32)
        for row, window in zip(frames, windows, strict=True):
            row[: len(window)] = window
        (embeds,) = self._layers.run({"frames": frames, "n_frames": n_frames}, abort)
        return [row[:n] for row, n in zip(embeds, n_frames, strict=True)]


def n_tokens(n_mel_frames: int, frames_per_chunk: int, tokens_per_chunk: int) -> int:
    """How many frames of the stem, and embeddings, a piece of audio gets.

    Full chunks get `tokens_per_chunk`; what remains is halved, rounding up, by each of the
    stem's three convolutions (`_get_feat_extract_output_lengths` of transformers).

    >>> [n_tokens(n, 100, 13) for n in (0, 1, 50, 99, 100, 101, 800)]
    [0, 1, 7, 13, 13, 14, 104]
    """
    chunks, rest = divmod(n_mel_frames, frames_per_chunk)
    for _ in range(N_CONVOLUTIONS):
        rest = (rest + 1) // 2
    return chunks * tokens_per_chunk + rest
