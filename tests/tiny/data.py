"""The tiny trained models and the held-out clips, for tests of every package."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import soundfile

if TYPE_CHECKING:
    from sidecar.domain import Samples

_DATA: Final = Path(__file__).resolve().parents[1] / "data"

ASR_MODEL: Final = _DATA / "tiny-qwen3-asr"
"""A checkpoint laid out as `Qwen/Qwen3-ASR-0.6B-hf`."""

ALIGNER_MODEL: Final = _DATA / "tiny-qwen3-aligner"
"""A checkpoint laid out as `Qwen/Qwen3-ForcedAligner-0.6B-hf`."""

_SPEECH: Final = _DATA / "tiny-speech"


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """A word and when it is heard, in seconds from the start of its clip."""

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class SpeechClip:
    """A clip of a voice that no model was trained on.

    Attributes:
        path: Ogg Opus, 16 kHz mono.
        voice: synthesizer and voice; "none" for noise.
        language: its English name; "None" for noise.
        text: what is said, as the model writes it.
        words: the words of `text`, in order.
        seconds: length.
    """

    path: Path
    voice: str
    language: str
    text: str
    words: tuple[SpokenWord, ...]
    seconds: float

    @property
    def name(self) -> str:
        return self.path.stem

    def samples(self) -> Samples:
        """Mono 16 kHz float32, shape (n,)."""
        samples, _ = soundfile.read(self.path, dtype="float32")
        return samples  # type: ignore[no-any-return]


@cache
def clips(prefix: str = "") -> tuple[SpeechClip, ...]:
    """Clips whose name starts with espeak, festival, german, long or noise; all by default."""
    lines = (_SPEECH / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(_clip(line) for line in lines if json.loads(line)["file"].startswith(prefix))


def _clip(line: str) -> SpeechClip:
    entry = json.loads(line)
    words = tuple(SpokenWord(**word) for word in entry["words"])
    return SpeechClip(
        path=_SPEECH / entry["file"],
        voice=entry["voice"],
        language=entry["language"],
        text=entry["text"],
        words=words,
        seconds=entry["seconds"],
    )
