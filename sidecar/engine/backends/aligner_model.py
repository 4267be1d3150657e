"""Qwen3-ForcedAligner: one pass over sound and words, and a time at every mark.

    <|audio_start|> sound <|audio_end|> word <timestamp><timestamp> word <timestamp><timestamp> ...

Each word is tokenised on its own, without the space before it. The decoder's head tells
classes apart instead of tokens: at the two marks behind a word they are its start and its
end, in steps of 80 ms. Nothing is generated, so that all of it is one pass.

Source: `prepare_forced_aligner_inputs` and `decode_forced_alignment` of transformers 5.23,
`models/qwen3_asr/processing_qwen3_asr.py`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from sidecar.audio.mel import log_mel
from sidecar.domain import Samples
from sidecar.engine.backends.windows import LEAST_SAMPLES
from sidecar.engine.base import Abort
from sidecar.errors import EngineError
from sidecar.inference.classifier import Classifier
from sidecar.inference.embeddings import Table
from sidecar.inference.encoder import Encoder, EncoderOptions, n_tokens
from sidecar.inference.prefill import LayerOptions
from sidecar.inference.session import SessionOptions
from sidecar.inference.threads import physical_cores
from sidecar.inference.tokenizer import Tokenizer
from sidecar.model_store.manifest import (
    CLASSIFIER,
    EMBEDDINGS,
    ENCODER,
    STEM,
    TOKENIZER,
    Alignment,
    Manifest,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]

MARK: Final = "<timestamp>"
MOST_S: Final = 60.0
MOST_ROWS: Final = 2_048  # 13 a second for sound, about 20 for what is said in it fast


class AlignerModel:
    """The graphs and tables of an installed aligner. For one thread.

    Args:
        folder: of the model.
        manifest: its description.

    Raises:
        LoadFailedError: a library or a file is missing.
        ModelCorruptError: a file is not what the manifest says.
    """

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        assert manifest.alignment is not None, "the manifest is an aligner's"
        session = SessionOptions(physical_cores())
        self._audio = manifest.audio
        self._alignment: Alignment = manifest.alignment
        self._encoder = Encoder(folder / STEM, folder / ENCODER, EncoderOptions(session))
        self._classifier = Classifier(folder / CLASSIFIER, LayerOptions(session))
        self._tokenizer = Tokenizer(folder / TOKENIZER)
        n_rows = self._tokenizer.n_tokens
        self._table = Table(folder / EMBEDDINGS, manifest.width, n_rows)
        self._mark = self._tokenizer.token(MARK)
        self._begin = self._tokenizer.token("<|audio_start|>")
        self._end = self._tokenizer.token("<|audio_end|>")

    def times_ms(self, samples: Samples, words: Sequence[str], abort: Abort) -> list[int]:
        """When each word starts and ends, as the model guesses: times may contradict each other.

        Args:
            samples: mono 16 kHz, shape (n,).
            words: what is said in them, without spaces or punctuation.
            abort: asked while it lasts.

        Returns:
            Milliseconds from the start of the samples, two for each word.

        Raises:
            CancelledError: `abort` returned True.
            EngineError: sound and words together are too long.
        """
        logits = self.logits(samples, words, abort)
        classes: list[int] = logits.argmax(1).tolist()
        return [self._alignment.class_ms * each for each in classes]

    def logits(self, samples: Samples, words: Sequence[str], abort: Abort) -> Floats:
        """What the head says at every mark: float32, shape (2 * len(words), classes)."""
        sound = self._embed(samples, abort)
        tail = [self._end, *(token for word in words for token in self._marked(word))]
        begin, end = self._table.rows([self._begin]), self._table.rows(tail)
        rows: Floats = np.concatenate((begin, sound, end))
        if len(rows) > MOST_ROWS:
            raise EngineError("More is said here than the aligner can take at once.")
        first = 1 + len(sound)
        marks = [first + place for place, token in enumerate(tail) if token == self._mark]
        return self._classifier.logits(rows, marks, abort)

    def _marked(self, word: str) -> list[int]:
        """A word's tokens and its two marks. Qwen's tokenizer takes text in the form NFC."""
        return [*self._tokenizer.tokens(unicodedata.normalize("NFC", word)), self._mark, self._mark]

    def _embed(self, samples: Samples, abort: Abort) -> Floats:
        """The sound as embeddings, shape (n, width)."""
        audio = self._audio
        samples = np.pad(samples, (0, max(0, LEAST_SAMPLES - len(samples))))
        mel = log_mel(samples, audio.n_mels)
        n_frames = mel.shape[1]
        mel = np.pad(mel, ((0, 0), (0, -n_frames % audio.frames_per_chunk)))
        chunks = mel.reshape(audio.n_mels, -1, audio.frames_per_chunk).swapaxes(0, 1)
        frames = self._encoder.stem(np.ascontiguousarray(chunks), abort)
        n_valid = n_tokens(n_frames, audio.frames_per_chunk, audio.tokens_per_chunk)
        valid = frames.reshape(-1, frames.shape[-1])[:n_valid]
        per_window = audio.window_chunks * audio.tokens_per_chunk
        windows = [valid[at : at + per_window] for at in range(0, n_valid, per_window)]
        return np.concatenate(self._encoder.encode(windows, abort))
