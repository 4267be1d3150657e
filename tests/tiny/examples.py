"""Training examples: an augmented clip in the official prompt, with what it must answer."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from torch.utils.data import IterableDataset, get_worker_info

from sidecar.audio.mel import log_mel
from tests.tiny import augmentation as change
from tests.tiny.augmentation import Clip
from tests.tiny.corpus import read_shard
from tests.tiny.model import CHUNK_FRAMES, CHUNK_TOKENS, Batch, audio_position, n_audio_tokens
from tests.tiny.texts import SPELLINGS, context, vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy.typing as npt
    from tokenizers import Tokenizer

    from tests.tiny.speech import Spoken
    from tests.tiny.texts import Language

MIN_SAMPLES: Final = 8_000  # the official front end pads to half a second
BATCH_S: Final = 56
GERMAN_SHARE: Final = 0.2
JOINED_SHARE: Final = 0.5  # lines in a row, with pauses: up to 25 s
CUT_SHARE: Final = 0.2  # ends while it is still spoken, as live dictation does
POOL: Final = 192  # examples sorted by length before they are put in batches


@dataclass(frozen=True, slots=True)
class Example:
    """A clip's log-mel (128, frames), the conversation about it, and where to look.

    Attributes:
        labels: for each token of `ids`, what must be answered there: the next token, or -100.
        looks: for each token of `ids`, the positions where the answer is heard, or (0, 0).
        heard: for each embedding of the clip, the class of what is said in it.
    """

    mel: npt.NDArray[np.float32]
    ids: list[int]
    labels: list[int]
    looks: list[tuple[float, float]]
    heard: list[int]


class Examples(IterableDataset[Batch]):  # type: ignore[misc] # torch has no types here
    """An endless stream of batches, another one for each worker.

    Args:
        shards: paths of corpus shards.
        tokenizer: of the model.
        short_s: clips above this length are not drawn (a gentle start), or None.
    """

    def __init__(
        self, shards: Sequence[Path], tokenizer: Tokenizer, *, seed: int, short_s: float | None
    ) -> None:
        self._shards, self._tokenizer, self._seed, self._short_s = shards, tokenizer, seed, short_s

    def __iter__(self) -> Iterator[Batch]:
        worker = get_worker_info()
        seed = self._seed * 100 + (worker.id if worker else 0)
        spoken = [clip for shard in self._shards for clip in read_shard(shard)]
        if self._short_s is not None:
            spoken = [one for one in spoken if len(one.samples) < self._short_s * 16_000]
        maker = ExampleMaker(spoken, self._tokenizer, seed, joins=self._short_s is None)
        while True:
            yield from batches([maker.example() for _ in range(POOL)], maker.rng)


class ExampleMaker:
    """Draws clips of a corpus, changes them at random and puts them in the prompt."""

    def __init__(
        self, spoken: Sequence[Spoken], tokenizer: Tokenizer, seed: int, *, joins: bool
    ) -> None:
        self.rng = random.Random(seed)
        self._noise = np.random.default_rng(seed)
        languages: tuple[Language, ...] = ("English", "German")
        self._by_language = {
            language: [one for one in spoken if one.line.language == language]
            for language in languages
        }
        self._spoken = spoken
        self._tokenizer = tokenizer
        self._joins = joins

    def example(self) -> Example:
        rng = self.rng
        if rng.random() < 0.03:
            silence = Clip(np.zeros(round(rng.uniform(0.3, 6) * 16_000), np.float32), ())
            sound = change.noise(len(silence.samples), self._noise)
            quiet = change.at_level(sound, 10 ** rng.uniform(-4, -0.5))
            return self._in_prompt(Clip(quiet, ()), "English")
        clip, language = self._clip()
        return self._in_prompt(self._recorded(clip), language)

    def clip(self) -> Clip:
        """Speech as a microphone might take it."""
        return self._recorded(self._clip()[0])

    def _clip(self) -> tuple[Clip, Language]:
        rng = self.rng
        language: Language = "German" if rng.random() < GERMAN_SHARE else "English"
        joined = self._joins and rng.random() < JOINED_SHARE
        n_lines = 1 + (rng.choice((1, 2, 3, 5, 8)) if joined else 0)
        clips = [change.clip_of(one) for one in rng.choices(self._by_language[language], k=n_lines)]
        if rng.random() < 0.7:
            factor = rng.uniform(0.88, 1.14)
            clips = [change.at_speed(clip, factor) for clip in clips]
        pauses_s = [rng.uniform(0, 0.8), *(rng.uniform(0.1, 1.2) for _ in clips)]
        pauses_s[-1] = rng.uniform(0, 0.8)
        clip = change.joined(clips, pauses_s)
        if rng.random() < CUT_SHARE:
            clip = change.cut(clip, rng.uniform(0.3, clip.seconds))
        return clip, language

    def _recorded(self, clip: Clip) -> Clip:
        rng = self.rng
        samples = change.in_a_room(clip.samples, self._noise)
        if rng.random() < 0.75:
            if rng.random() < 0.2:
                voices = [one.samples for one in rng.sample(self._spoken, 4)]
                sound = change.babble(voices, len(samples), self._noise)
                samples = change.with_noise(samples, sound, rng.uniform(14, 40))
            else:
                sound = change.noise(len(samples), self._noise)
                samples = change.with_noise(samples, sound, rng.uniform(6, 45))
        return Clip(change.at_level(samples, 10 ** rng.uniform(-1.5, -0.02)), clip.words)

    def _in_prompt(self, clip: Clip, language: str) -> Example:
        rng = self.rng
        system, text = context(rng, clip.text) if rng.random() < 0.4 else ("", clip.text)
        forced = rng.random() < 0.25
        heard = language if clip.words or forced else "None"
        samples = np.pad(clip.samples, (0, max(0, MIN_SAMPLES - len(clip.samples))))
        mel = _masked(log_mel(samples), self._noise)
        return conversation(
            self._tokenizer, mel, clip, system=system, language=heard, text=text, forced=forced
        )


def conversation(
    tokenizer: Tokenizer,
    mel: npt.NDArray[np.float32],
    clip: Clip,
    *,
    system: str,
    language: str,
    text: str,
    forced: bool,
) -> Example:
    """The official prompt around a clip, with its answer; `text` is that of `clip.words`."""

    def ids_of(part: str) -> list[int]:
        return list(tokenizer.encode(part).ids)

    n_audio = n_audio_tokens(mel.shape[1])
    before = ids_of(f"<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\n<|audio_start|>")
    after = ids_of("<|audio_end|><|im_end|>\n<|im_start|>assistant\n")
    header, end = ids_of(f"language {language}<asr_text>"), ids_of("<|im_end|>")
    audio = ids_of("<|audio_pad|>") * n_audio
    answer_at = len(before) + n_audio + len(after)
    taught_from = answer_at + (len(header) if forced else 0)
    text_ids, looks = _looks(tokenizer, text, clip, first=len(before))
    ids = [*before, *audio, *after, *header, *text_ids, *end]
    return Example(
        mel=mel,
        ids=ids,
        labels=[-100] * (taught_from - 1) + ids[taught_from:] + [-100],
        looks=[(0.0, 0.0)] * (answer_at + len(header) - 1) + looks + [(0.0, 0.0)] * 2,
        heard=_heard(clip, n_audio),
    )


def _looks(
    tokenizer: Tokenizer, text: str, clip: Clip, *, first: int
) -> tuple[list[int], list[tuple[float, float]]]:
    """Tokens of a text, and the audio positions of the word each one belongs to."""
    encoding = tokenizer.encode(text)
    looks: list[tuple[float, float]] = []
    for begin, end in encoding.offsets:
        word = clip.words[len(text[:end].rstrip().split()) - 1] if end > begin else clip.words[0]
        start, end_at = audio_position(word.start_s), audio_position(word.end_s)
        looks.append((first + start - 0.5, first + end_at + 2))
    return list(encoding.ids), looks


@cache
def heard_classes() -> dict[str, int]:
    """A class for the first half of each word of the grammar; its second half is one more."""
    usual = [word for word in vocabulary() if word not in dict(SPELLINGS).values()]
    return {word: 1 + 2 * at for at, word in enumerate(usual)}


def n_heard_classes() -> int:
    return 1 + 2 * len(heard_classes())


def _heard(clip: Clip, n_audio: int) -> list[int]:
    """What is said in each embedding: 0 for nothing, else a half of a word."""
    heard = [0] * n_audio
    for word in clip.words:
        start, end = audio_position(word.start_s), audio_position(word.end_s)
        for at in range(max(0, round(start)), min(n_audio, round(end))):
            heard[at] = heard_classes()[word.text] + (at + 0.5 > (start + end) / 2)
    return heard


def _masked(mel: npt.NDArray[np.float32], rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Two bands of mel silenced in half of the clips (SpecAugment, Park et al., 2019)."""
    if rng.random() < 0.5:
        for _ in range(2):
            low, width = rng.integers(0, 118), rng.integers(0, 13)
            mel[low : low + width] = mel.min()
    return mel


def batches(examples: list[Example], rng: random.Random) -> list[Batch]:
    """Examples of similar length together, in batches of at most `BATCH_S` with padding."""
    examples.sort(key=lambda example: example.mel.shape[1])
    groups: list[list[Example]] = [[]]
    for example in examples:
        n_chunks = -(-example.mel.shape[1] // CHUNK_FRAMES)
        if (len(groups[-1]) + 1) * n_chunks > BATCH_S:
            groups.append([])
        groups[-1].append(example)
    rng.shuffle(groups)
    return [collated(group) for group in groups if group]


def collated(examples: Sequence[Example]) -> Batch:
    """Examples as one batch, padded with zeros."""
    n_clips = len(examples)
    n_frames = max(-(-example.mel.shape[1] // CHUNK_FRAMES) for example in examples) * CHUNK_FRAMES
    n_ids = max(len(example.ids) for example in examples)
    n_audio = torch.tensor([len(example.heard) for example in examples])
    mel = torch.zeros(n_clips, 128, n_frames)
    ids = torch.zeros(n_clips, n_ids, dtype=torch.long)
    labels = torch.full((n_clips, n_ids), -100)
    looks = torch.zeros(n_clips, n_ids, 2)
    heard = torch.full((n_clips, n_frames // CHUNK_FRAMES * CHUNK_TOKENS), -100)
    for at, example in enumerate(examples):
        n = len(example.ids)
        mel[at, :, : example.mel.shape[1]] = torch.from_numpy(example.mel)
        ids[at, :n] = torch.tensor(example.ids)
        labels[at, :n] = torch.tensor(example.labels)
        looks[at, :n] = torch.tensor(example.looks)
        heard[at, : len(example.heard)] = torch.tensor(example.heard)
    return Batch(
        mel,
        n_audio,
        ids,
        torch.tensor([len(example.ids) for example in examples]),
        labels,
        looks,
        heard,
    )
