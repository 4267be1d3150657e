"""The values that move between stages. All are frozen; none knows a library or a wire format."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:  # numpy costs 30 ms; the parent answers its first request without it
    import numpy as np
    import numpy.typing as npt

SAMPLE_RATE_HZ = 16_000  # every stage after `audio` works at this rate, mono

Samples: TypeAlias = "npt.NDArray[np.float32]"
"""Mono audio at 16 kHz, shape (n,), float32, nominally in [-1, 1]."""


@dataclass(frozen=True, slots=True)
class SpeechSpan:
    """Speech between onset and endpoint, cut out of a longer recording.

    `start` and `end` are sample positions in the whole recording; `samples` has
    exactly `end - start` of them. Spans of one recording never overlap, and every
    span is decoded into exactly one segment.
    """

    start: int
    end: int
    samples: Samples

    def __post_init__(self) -> None:
        if self.end - self.start != len(self.samples):
            raise ValueError(f"span of {self.end - self.start} holds {len(self.samples)} samples")


@dataclass(frozen=True, slots=True)
class Word:
    """One recognised word. Times are seconds from the start of its segment's audio.

    `confidence` is in [0, 1], or None where the engine does not give one.
    """

    text: str
    start_s: float
    end_s: float
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What an engine makes of the audio of one segment so far. May change until `final`.

    `words` is empty for engines that give no word times; `language` is a BCP 47 tag.
    """

    text: str
    words: tuple[Word, ...] = ()
    language: str | None = None
    final: bool = False


@dataclass(frozen=True, slots=True)
class Segment:
    """A final piece of a transcript. Times (also of its words) are seconds of the recording."""

    start_s: float
    end_s: float
    text: str
    words: tuple[Word, ...] = ()
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Timings:
    """Where the time of one transcription went, in seconds. `decode_s` is the engine's part."""

    audio_s: float
    speech_s: float
    decode_s: float
    total_s: float


@dataclass(frozen=True, slots=True)
class Transcript:
    """The whole answer for one recording."""

    text: str
    segments: tuple[Segment, ...]
    language: str | None
    engine: str
    timings: Timings
    notices: tuple[str, ...] = field(default=())
    """Plain sentences a person should read, such as how to install a better model."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of a recording is transcribed. `total_s` is None while unknown."""

    phase: Literal["queued", "loading", "transcribing"]
    done_s: float
    total_s: float | None = None


@dataclass(frozen=True, slots=True)
class Level:
    """Loudness over time, for a waveform: one value in [0, 1] per bin of `bin_s`.

    `peak` and `rms` are relative to full scale; `speech` is the VAD's probability.
    """

    start_s: float
    bin_s: float
    peak: tuple[float, ...]
    rms: tuple[float, ...]
    speech: tuple[float, ...]


TranscriptionEvent: TypeAlias = Progress | Level | Segment
"""What a transcription tells while it runs."""
