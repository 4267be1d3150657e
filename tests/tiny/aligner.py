"""The tiny forced aligner, which learns in what frame of 80 ms each word starts and ends.

Its format is that of `Qwen3ASRForTokenClassification`: the audio, then each word with two
marks; the classes of the marks are its start and its end.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import IterableDataset, get_worker_info

from sidecar.audio.mel import log_mel
from tests.tiny.corpus import read_shard
from tests.tiny.examples import MIN_SAMPLES, POOL, Example, ExampleMaker, batches, collated
from tests.tiny.model import (
    CHUNK_TOKENS,
    N_LOOKING_HEADS,
    Batch,
    audio_position,
    look_loss,
    n_audio_tokens,
    run,
)
from tests.tiny.recognition import padded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from tests.tiny.augmentation import Clip
    from tests.tiny.speech import Spoken, Word

CLASS_S: Final = 0.08
N_CLASSES: Final = 400
MAX_S: Final = 24.0  # well below the last class
LOOK_WEIGHT: Final = 0.3
FRAME_WEIGHT: Final = 0.5


class AlignerTeacher(nn.Module):  # type: ignore[misc] # torch has no types here
    """Teaches where words are, and each frame of audio how late it is."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """Weighted losses of the word boundaries, of the frames and of the attention."""
        seen = run(self.model.model, batch)
        taught = batch.labels >= 0
        boundaries = self.model.score(seen.hidden[-1][taught])
        frames = self.model.score(seen.hidden[-1][seen.is_audio])
        places = seen.embeddings
        seconds = places // CHUNK_TOKENS + places % CHUNK_TOKENS * CLASS_S
        frame = functional.cross_entropy(frames, (seconds / CLASS_S).round().long())
        look = look_loss(seen.attentions[-1][:, :N_LOOKING_HEADS], batch.looks)
        return {
            "boundary": functional.cross_entropy(boundaries, _blurred(batch.labels[taught])),
            "frame": FRAME_WEIGHT * frame,
            "look": LOOK_WEIGHT * look,
        }


def _blurred(classes: Tensor) -> Tensor:
    """Targets that give the neighbours of the right class a little: being near is good."""
    targets = torch.zeros(len(classes), N_CLASSES)
    rows = torch.arange(len(classes))
    for offset, weight in ((-1, 0.12), (0, 0.76), (1, 0.12)):
        targets[rows, (classes + offset).clamp(0, N_CLASSES - 1)] += weight
    return targets


class AlignmentExamples(IterableDataset[Batch]):  # type: ignore[misc] # as above
    """An endless stream of batches of augmented clips with their words to be placed."""

    def __init__(self, shards: Sequence[Path], tokenizer: Tokenizer, seed: int) -> None:
        self._shards, self._tokenizer, self._seed = shards, tokenizer, seed

    def __iter__(self) -> Iterator[Batch]:
        worker = get_worker_info()
        spoken = [clip for shard in self._shards for clip in read_shard(shard)]
        seed = self._seed * 100 + (worker.id if worker else 0)
        maker = ExampleMaker(spoken, self._tokenizer, seed, joins=True)
        while True:
            clips = (maker.clip() for _ in range(POOL))
            fitting = (clip for clip in clips if clip.words and clip.seconds < MAX_S)
            examples = [aligned(self._tokenizer, clip) for clip in fitting]
            yield from batches(examples, random.Random(maker.rng.random()))


def aligned(tokenizer: Tokenizer, clip: Clip) -> Example:
    """A clip and its words in the aligner's format, with the times as classes."""
    mel = _log_mel(clip.samples)
    n_audio = n_audio_tokens(mel.shape[1])
    ids = _ids(tokenizer, [word.text for word in clip.words], n_audio)
    classes = iter([c for word in clip.words for c in _classes(word)])
    looks = iter([look for word in clip.words for look in _looks(word)])
    mark = tokenizer.token_to_id("<timestamp>")
    marks = [token == mark for token in ids]
    return Example(
        mel=mel,
        ids=ids,
        labels=[next(classes) if is_mark else -100 for is_mark in marks],
        looks=[next(looks) if is_mark else (0.0, 0.0) for is_mark in marks],
        heard=[0] * n_audio,
    )


def _ids(tokenizer: Tokenizer, words: Sequence[str], n_audio: int) -> list[int]:
    text = "".join(f"{word}<timestamp><timestamp>" for word in words)
    audio = "<|audio_pad|>" * n_audio
    return list(tokenizer.encode(f"<|audio_start|>{audio}<|audio_end|>{text}").ids)


def _log_mel(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return log_mel(np.pad(samples, (0, max(0, MIN_SAMPLES - len(samples)))))


def _classes(word: Word) -> tuple[int, int]:
    return round(word.start_s / CLASS_S), round(word.end_s / CLASS_S)


def _looks(word: Word) -> tuple[tuple[float, float], ...]:
    """Where to listen for the start and for the end: the audio begins at position 1."""
    start, end = 1 + audio_position(word.start_s), 1 + audio_position(word.end_s)
    return (start - 1.5, start + 1.5), (end - 1.5, end + 1.5)


def place_words(model: Any, tokenizer: Tokenizer, clip: Clip) -> list[tuple[float, float]]:
    """Start and end in seconds of each word of a clip, as the model alone says them."""
    example = aligned(tokenizer, clip)
    batch = collated([example])
    with torch.no_grad():
        seen = run(model.model, batch)
        times_s = model.score(seen.hidden[-1][batch.labels >= 0]).argmax(-1) * CLASS_S
    return [(float(start), float(end)) for start, end in times_s.view(-1, 2)]


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Of word boundaries: share within 80 and 160 ms, and the mean distance."""

    within_80_ms: float
    within_160_ms: float
    mean_ms: float


def accuracy(model: Any, tokenizer: Tokenizer, clips: Sequence[Spoken]) -> Accuracy:
    """How far placed words are from where the synthesizers say they are."""
    distances: list[float] = []
    for spoken in clips:
        clip = padded(spoken)
        for word, (start_s, end_s) in zip(
            clip.words, place_words(model, tokenizer, clip), strict=True
        ):
            distances += (abs(start_s - word.start_s), abs(end_s - word.end_s))
    apart = np.array(distances)
    return Accuracy(
        float((apart <= 0.08).mean()), float((apart <= 0.16).mean()), 1_000 * float(apart.mean())
    )
