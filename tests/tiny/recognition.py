"""Greedy recognition with transformers, and the word error rate of a set of clips."""

from __future__ import annotations

import random
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch

from sidecar.audio.mel import log_mel
from sidecar.cli.clip import word_error_rate
from tests.tiny import augmentation as change
from tests.tiny.model import CHUNK_FRAMES, n_audio_tokens
from tests.tiny.speech import Spoken, SynthesisError, say, say_with_festival
from tests.tiny.texts import Line, sentence
from tests.tiny.voices import FESTIVAL_HELD_OUT, espeak_voice

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt
    from tokenizers import Tokenizer

    from tests.tiny.texts import Language

MIN_SAMPLES: Final = 8_000


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Clips of voices and texts that training never met, by set."""

    espeak: tuple[Spoken, ...]
    festival: tuple[Spoken, ...]
    german: tuple[Spoken, ...]
    long: tuple[Spoken, ...]


def held_out(n_clips: int, seed: int = 7) -> HeldOut:
    """Clean clips with a little silence around them, `n_clips` of each set."""
    rng = random.Random(seed)

    def espeak(language: Language) -> Iterator[Spoken]:
        while True:
            try:
                voice = espeak_voice(rng, language, held_out=True)
                yield say(sentence(rng, language, held_out=True), voice, rng)
            except SynthesisError:
                continue

    lines = [sentence(rng, held_out=True) for _ in range(n_clips * 2)]
    festival = list(say_with_festival(lines, FESTIVAL_HELD_OUT[0], rng))[:n_clips]
    english, german = espeak("English"), espeak("German")
    return HeldOut(
        tuple(next(english) for _ in range(n_clips)),
        tuple(festival),
        tuple(next(german) for _ in range(n_clips)),
        tuple(_long([next(english) for _ in range(5)]) for _ in range(n_clips // 4)),
    )


def _long(spoken: Sequence[Spoken]) -> Spoken:
    """Lines with pauses between them, about 15 s."""
    clip = change.joined([change.clip_of(one) for one in spoken], [0.0] + [0.8] * len(spoken))
    return Spoken(clip.samples, clip.words, Line(clip.text, "English"), spoken[0].voice)


def padded(spoken: Spoken, lead_s: float = 0.3, trail_s: float = 0.3) -> change.Clip:
    return change.joined([change.clip_of(spoken)], [lead_s, trail_s])


def transcribe(
    model: Any, tokenizer: Tokenizer, samples: npt.NDArray[np.float32], *, system: str = ""
) -> str:
    """What the model writes about a clip: `language X<asr_text>text`."""
    samples = np.pad(samples, (0, max(0, MIN_SAMPLES - len(samples))))
    mel = log_mel(samples)
    n_frames = mel.shape[1]
    features = torch.from_numpy(np.pad(mel, ((0, 0), (0, -n_frames % CHUNK_FRAMES))))[None]
    mask = (torch.arange(features.shape[-1]) < n_frames).long()[None]
    ids = tokenizer.encode(
        f"<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\n<|audio_start|>"
        + "<|audio_pad|>" * n_audio_tokens(n_frames)
        + "<|audio_end|><|im_end|>\n<|im_start|>assistant\n"
    ).ids
    with torch.no_grad():
        written = model.generate(
            input_ids=torch.tensor([ids]),
            attention_mask=torch.ones(1, len(ids), dtype=torch.long),
            input_features=features,
            input_features_mask=mask,
            max_new_tokens=64 + n_frames // 8,
            do_sample=False,
        )
    return str(tokenizer.decode(written[0, len(ids) :].tolist(), skip_special_tokens=True))


def text_of(answer: str) -> str:
    return answer.partition("<asr_text>")[2].strip()


def word_error_rates(model: Any, tokenizer: Tokenizer, clips: HeldOut) -> dict[str, float]:
    """Errors by words said, over all clips of each set together."""
    rates = {}
    for field in fields(clips):
        spoken: Sequence[Spoken] = getattr(clips, field.name)
        n_words = [len(one.line.text.split()) for one in spoken]
        clip_rates = [
            word_error_rate(
                one.line.text, text_of(transcribe(model, tokenizer, padded(one).samples))
            )
            for one in spoken
        ]
        rates[field.name] = round(float(np.average(clip_rates, weights=n_words)), 4)
    return rates
