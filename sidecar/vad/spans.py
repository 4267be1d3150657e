"""A stream of samples to the spans of speech in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sidecar.domain import SpeechSpan
from sidecar.vad.base import FRAME_SAMPLES, Vad
from sidecar.vad.endpointer import Endpointer, EndpointerOptions, FrameSpan

if TYPE_CHECKING:
    import numpy.typing as npt

    from sidecar.domain import Samples


@dataclass(frozen=True, slots=True)
class Heard:
    """What a piece of audio has given.

    Attributes:
        spans: the speech that ended in it.
        speech: float32, shape (frames,): probability of each frame that is complete now.
    """

    spans: tuple[SpeechSpan, ...]
    speech: npt.NDArray[np.float32]


class SpanCutter:
    """Finds speech with a `Vad` and an `Endpointer`, and cuts its samples out.

    Holds the open span and the pre-roll of the next, nothing else. How the audio is cut
    into pieces changes nothing in the result. Used up after `flush`.
    """

    def __init__(self, vad: Vad, options: EndpointerOptions = EndpointerOptions()) -> None:  # noqa: B008
        vad.reset()
        self._vad = vad
        self._endpointer = Endpointer(options)
        self._held: Samples = np.empty(0, np.float32)
        self._held_from = 0  # position of its first sample in the stream
        self._total = 0

    def push(self, samples: Samples) -> Heard:
        """Hear the next samples, shape (n,), mono 16 kHz float32."""
        self._total += len(samples)
        self._held = np.concatenate((self._held, samples))
        return self._hear(self._total // FRAME_SAMPLES)

    def flush(self) -> Heard:
        """Hear that the stream is over: the last part of a frame, and the open span."""
        missing = -self._total % FRAME_SAMPLES
        self._held = np.concatenate((self._held, np.zeros(missing, np.float32)))
        heard = self._hear((self._total + missing) // FRAME_SAMPLES)
        last = self._endpointer.flush()
        return heard if last is None else Heard((*heard.spans, self._cut_out(last)), heard.speech)

    def _hear(self, n_frames: int) -> Heard:
        """Take every frame before `n_frames`, then forget what no span can need."""
        start = self._endpointer.n_frames * FRAME_SAMPLES - self._held_from
        end = n_frames * FRAME_SAMPLES - self._held_from
        speech = self._vad.probabilities(self._held[start:end].reshape(-1, FRAME_SAMPLES))
        ended = [self._endpointer.push(probability) for probability in speech.tolist()]
        spans = tuple(self._cut_out(span) for span in ended if span is not None)
        self._forget(self._endpointer.keep_from * FRAME_SAMPLES)
        return Heard(spans, speech)

    def _cut_out(self, span: FrameSpan) -> SpeechSpan:
        start = span.start * FRAME_SAMPLES
        end = min(span.end * FRAME_SAMPLES, self._total)
        samples = self._held[start - self._held_from : end - self._held_from]
        return SpeechSpan(start, end, samples.copy())

    def _forget(self, before: int) -> None:
        self._held = self._held[before - self._held_from :].copy()
        self._held_from = before
