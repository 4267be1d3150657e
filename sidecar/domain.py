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

    Spans of one recording never overlap, and each is decoded into exactly one segment.

    Attributes:
        start: its first sample, counted from the start of the recording.
        end: the sample after its last.
        samples: exactly `end - start` of them.
        voiced_s: seconds of voice in it.
        continues: it is the rest of speech that was cut before: it may be short.
        ended: what ended it: a pause, its length, or somebody's wish.
    """

    start: int
    end: int
    samples: Samples
    voiced_s: float
    continues: bool
    ended: Literal["pause", "length", "flush"]

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


@dataclass(frozen=True, slots=True)
class SpeechEdge:
    """Somebody has begun or ceased to speak, `at_s` seconds into the dictation."""

    edge: Literal["start", "end"]
    at_s: float


@dataclass(frozen=True, slots=True)
class Partial:
    """What the open segment seems to say after all that is committed. Replaces the one before.

    `text` follows the committed text as it is, with the space before it where one belongs;
    its first `stable_chars` characters (code points) are likely to stay. `revision` counts
    from 0 within a segment.
    """

    segment: int
    revision: int
    text: str
    stable_chars: int


@dataclass(frozen=True, slots=True)
class Commit:
    """Text appended to a dictation, for ever. All commits joined, without spaces, are its text.

    Attributes:
        segment: the segment it belongs to, counted from 0.
        offset: how many characters (code points) the text had before.
        text: what is appended, with the space before it where one belongs.
        start_s: where it begins, in seconds of the dictation.
        end_s: where it ends.
        words: its words with times of the dictation; empty where the engine gives none.
    """

    segment: int
    offset: int
    text: str
    start_s: float
    end_s: float
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class SegmentFinal:
    """A segment is complete: its commits, joined, are `text`. Empty where nothing was said.

    `trigger` is what ended it: a pause, the engine's limit of length, a flush, or the end of
    the dictation.
    """

    segment: int
    text: str
    start_s: float
    end_s: float
    trigger: Literal["pause", "length", "flush", "close"]


@dataclass(frozen=True, slots=True)
class Flushed:
    """Every sample of the chunks before chunk `seq` is in a final segment, or was silence."""

    seq: int


@dataclass(frozen=True, slots=True)
class Status:
    """How a dictation is doing.

    Attributes:
        state: "loading" (the engine is not ready; audio is kept), "listening" (silence),
            "speech", "trailing" (a pause that may end the segment), "recovering" (the engine
            is being replaced; the open segment is heard again), "behind" (the engine is too
            slow for live text; audio is kept and decoded later), "draining" (the end).
        lag_s: audio received since the oldest segment ended that has no text yet.
        rtf: seconds of decoding per second of audio, lately.
        interval_s: new audio between two partials at present.
    """

    state: Literal["loading", "listening", "speech", "trailing", "recovering", "behind", "draining"]
    lag_s: float
    rtf: float
    interval_s: float


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something went wrong. If `recoverable` the dictation goes on, otherwise `Final` follows.

    `kind`, `message` and `detail` are those of the error; see `sidecar.errors`.
    """

    kind: str
    message: str
    recoverable: bool
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Final:
    """The end of a dictation; comes exactly once, after everything else.

    Attributes:
        text: all commits joined.
        language: what most segments were in, where the engine tells.
        engine: who recognised it.
        timings: `audio_s` is all that was accepted.
        reason: "close" if it was ended as meant; "abort" if it was thrown away; "error" after
            a `Trouble` that could not be overcome.
        complete: all that was accepted was recognised.
        recording: the journal's name of its audio where that is kept, else None.
        notices: plain sentences a person should read.
    """

    text: str
    language: str | None
    engine: str
    timings: Timings
    reason: Literal["close", "abort", "error"]
    complete: bool
    recording: str | None = None
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KeptRecording:
    """The audio of a dictation that the journal has.

    Attributes:
        name: 32 hexadecimal digits.
        state: "open" while its dictation runs; "finished" if that came to its end;
            "interrupted" if it did not.
        began_s: when it began, in Unix time.
        audio_s: how much of it is there.
        engine: who was to recognise it, None where that is not known any more.
        language: what it was said to be in.
        hotwords: the words that were likely to be said.
        live: it was heard live, not in batch mode.
    """

    name: str
    state: Literal["open", "interrupted", "finished"]
    began_s: float
    audio_s: float
    engine: str | None
    language: str | None = None
    hotwords: tuple[str, ...] = ()
    live: bool = True


LiveEvent: TypeAlias = (
    Level | SpeechEdge | Partial | Commit | SegmentFinal | Flushed | Status | Trouble | Final
)
"""What a dictation tells while it runs."""
