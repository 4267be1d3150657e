"""The training corpus: lines spoken once, kept as 16-bit samples with their word times."""

from __future__ import annotations

import json
import random
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tests.tiny.speech import Spoken, SynthesisError, Word, say, say_with_festival
from tests.tiny.texts import Line, sentence
from tests.tiny.voices import FESTIVAL, FLITE, Voice, espeak_voice

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Shares:
    """How many lines of each kind a shard of the corpus holds."""

    espeak: int = 520
    german: int = 120
    flite: int = 420
    festival: int = 60


SHARES: Final = Shares()


def spoken_lines(seed: int, shares: Shares = SHARES) -> Iterator[Spoken]:
    """Training lines of all training voices, in no useful order."""
    rng = random.Random(seed)
    for language, n_lines in (("English", shares.espeak), ("German", shares.german)):
        for _ in range(n_lines):
            voice = espeak_voice(rng, "German" if language == "German" else "English")
            yield from _said(sentence(rng, voice.language), voice, rng)
    for _ in range(shares.flite):
        yield from _said(sentence(rng), rng.choice(FLITE), rng)
    for voice in FESTIVAL:
        lines = [sentence(rng) for _ in range(shares.festival)]
        yield from say_with_festival(lines, voice, rng)


def _said(line: Line, voice: Voice, rng: random.Random) -> Iterator[Spoken]:
    try:
        yield say(line, voice, rng)
    except SynthesisError:
        return  # a word read in two parts: rare, and the line is as good as any other


def write_shard(path: Path, spoken: Iterable[Spoken]) -> None:
    """Write clips as one `.npy` of int16 samples and one `.jsonl` that describes them."""
    clips = list(spoken)
    samples = np.concatenate([_as_int16(clip.samples) for clip in clips])
    np.save(path.with_suffix(".npy"), samples)
    with path.with_suffix(".jsonl").open("w") as file:
        for clip in clips:
            entry = {
                "n_samples": len(clip.samples),
                "line": asdict(clip.line),
                "voice": asdict(clip.voice),
                "words": [asdict(word) for word in clip.words],
            }
            file.write(json.dumps(entry) + "\n")


def read_shard(path: Path) -> Iterator[Spoken]:
    """The clips of a shard; the samples are float32 copies."""
    samples = np.load(path.with_suffix(".npy"), mmap_mode="r")
    at = 0
    for text in path.with_suffix(".jsonl").read_text().splitlines():
        entry = json.loads(text)
        n_samples = entry["n_samples"]
        yield Spoken(
            np.asarray(samples[at : at + n_samples], np.float32) / np.float32(32_768),
            tuple(Word(**word) for word in entry["words"]),
            Line(**entry["line"]),
            Voice(**entry["voice"]),
        )
        at += n_samples


def _as_int16(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.int16]:
    return np.asarray(np.clip(samples * 32_768, -32_768, 32_767), np.int16)
