"""A recording in, spans of speech out: the part of a transcription that runs in a thread."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sidecar.audio.files import AudioFile, open_audio
from sidecar.audio.level import BIN_SAMPLES, LevelMeter
from sidecar.domain import SAMPLE_RATE_HZ, Level, SpeechSpan
from sidecar.vad.base import Vad
from sidecar.vad.endpointer import EndpointerOptions
from sidecar.vad.spans import Heard, SpanCutter

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

BIN_S = BIN_SAMPLES / SAMPLE_RATE_HZ


@dataclass(frozen=True, slots=True)
class Cut:
    """What about a second of a recording has given.

    Attributes:
        spans: the speech that ended in it, ready for the engine.
        level: its loudness and speech probability, or None where it completes no bin.
        heard_s: how much of the recording has been read.
        total_s: how long the recording is, or None where its header does not say.
        damaged: a part of the recording so far could not be decoded and is left out.
    """

    spans: tuple[SpeechSpan, ...]
    level: Level | None
    heard_s: float
    total_s: float | None
    damaged: bool


def cut_recording(
    source: bytes | Path, vad: Vad, options: EndpointerOptions
) -> Generator[Cut, None, None]:
    """Decode a recording block by block and cut it at pauses.

    Raises:
        BadAudioError: on the first step, or later where the damage comes later.
    """
    cutter, meter, gauge = SpanCutter(vad, options), LevelMeter(), _Gauge()
    heard_s = 0.0
    with open_audio(source) as audio:
        for block in audio.blocks():
            heard_s += len(block) / SAMPLE_RATE_HZ
            heard = cutter.push(block)
            level = gauge.read(meter.push(block), heard)
            yield Cut(heard.spans, level, heard_s, _total_s(audio, heard_s), audio.damaged)
        last = cutter.flush()
        level = gauge.read(meter.flush(), last)
        yield Cut(last.spans, level, heard_s, heard_s, audio.damaged)


def _total_s(audio: AudioFile, heard_s: float) -> float | None:
    """A header may claim less than there is."""
    return None if audio.duration_s is None else max(audio.duration_s, heard_s)


class _Gauge:
    """Puts loudness and speech beside each other; both have one value per `BIN_S`."""

    def __init__(self) -> None:
        self._n_bins = 0

    def read(
        self,
        levels: tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]],
        heard: Heard,
    ) -> Level | None:
        peak, rms = levels
        if not len(peak):
            return None
        start_s = self._n_bins * BIN_S
        self._n_bins += len(peak)
        return Level(
            start_s,
            BIN_S,
            tuple(peak.tolist()),
            tuple(rms.tolist()),
            tuple(heard.speech.tolist()),
        )
