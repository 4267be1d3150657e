"""A stream of samples to the spans of speech in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sidecar.domain import SpeechSpan
from sidecar.vad.base import FRAME_MS, FRAME_SAMPLES, Vad
from sidecar.vad.endpointer import Endpointer, EndpointerOptions, FrameSpan

if TYPE_CHECKING:
    import numpy.typing as npt

    from sidecar.domain import Samples


NOTHING: Samples = np.empty(0, np.float32)


@dataclass(frozen=True, slots=True)
class OpenSpan:
    """Speech that has not ended yet.

    Attributes:
        start: sample position in the stream.
        samples: float32, shape (n,): what would be the span if it ended now. They only ever
            grow, until the span ends; one that is cut for its length ends before them.
        voiced_s: seconds of voice in it.
        silence_s: seconds since the last of it.
    """

    start: int
    samples: Samples
    voiced_s: float
    silence_s: float


class SpanFinder:
    """Cuts spans out of frames whose speech probabilities are known.

    Pure and quick: no model runs here. Holds the open span and the pre-roll of the next,
    nothing else. How frames are grouped in calls changes nothing in the result.
    """

    def __init__(self, options: EndpointerOptions = EndpointerOptions()) -> None:  # noqa: B008
        self._endpointer = Endpointer(options)
        self._exit = options.exit
        self._held = NOTHING
        self._voiced: npt.NDArray[np.bool_] = np.empty(0, np.bool_)  # for each frame of it
        self._held_from = 0  # its first frame
        self._last = FrameSpan(0, 0)

    @property
    def open(self) -> OpenSpan | None:
        """The span that has not ended, once it is sure to be speech."""
        found = self._endpointer.open
        if found is None:
            return None
        return OpenSpan(
            found.start * FRAME_SAMPLES,
            self._between(found.start, found.end),
            found.n_voiced * FRAME_MS / 1_000,
            found.n_silent * FRAME_MS / 1_000,
        )

    def push(self, samples: Samples, speech: npt.NDArray[np.float32]) -> tuple[SpeechSpan, ...]:
        """Take the next frames; gives the spans that ended in them, in order.

        Args:
            samples: mono 16 kHz float32, shape (n * 512,).
            speech: float32, shape (n,): the probability of each frame.
        """
        self._held = np.concatenate((self._held, samples))
        self._voiced = np.concatenate((self._voiced, speech >= self._exit))
        ended = [self._endpointer.push(probability) for probability in speech.tolist()]
        spans = tuple(self._cut_out(span) for span in ended if span is not None)
        self._forget(self._endpointer.keep_from)
        return spans

    def end_span(self, tail: Samples = NOTHING) -> SpeechSpan | None:
        """End the open span here and give it, if there is one. The stream may go on.

        Args:
            tail: the samples after the last frame, fewer than 512. They are the span's too
                if it reaches up to them.
        """
        last = self._endpointer.flush()
        if last is None:
            return None
        span = self._cut_out(last)
        if last.end < self._endpointer.n_frames:
            return span
        samples = np.concatenate((span.samples, tail))
        return replace(span, end=span.end + len(tail), samples=samples)

    def no_cut_before(self, position: int) -> None:
        """Cut no span for its length before that sample: what was said there is settled."""
        self._endpointer.no_cut_before = -(-position // FRAME_SAMPLES)

    def _between(self, start: int, end: int) -> Samples:
        """The samples of frames `start` to `end`."""
        first, last = (frame - self._held_from for frame in (start, end))
        return self._held[first * FRAME_SAMPLES : last * FRAME_SAMPLES]

    def _cut_out(self, span: FrameSpan) -> SpeechSpan:
        voiced = self._voiced[span.start - self._held_from : span.end - self._held_from]
        continues = span.start == self._last.end and self._last.ended != "pause"
        self._last = span
        return SpeechSpan(
            start=span.start * FRAME_SAMPLES,
            end=span.end * FRAME_SAMPLES,
            samples=self._between(span.start, span.end).copy(),
            voiced_s=int(voiced.sum()) * FRAME_MS / 1_000,
            continues=continues,
            ended=span.ended,
        )

    def _forget(self, before: int) -> None:
        """Forget the frames before that one."""
        n_frames = before - self._held_from
        self._held = self._held[n_frames * FRAME_SAMPLES :].copy()
        self._voiced = self._voiced[n_frames:].copy()
        self._held_from = before


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
    """Finds speech with a `Vad`, and cuts its samples out with a `SpanFinder`.

    How the audio is cut into pieces changes nothing in the result. Used up after `flush`.
    """

    def __init__(self, vad: Vad, options: EndpointerOptions = EndpointerOptions()) -> None:  # noqa: B008
        vad.reset()
        self._vad = vad
        self._finder = SpanFinder(options)
        self._rest = NOTHING

    def push(self, samples: Samples) -> Heard:
        """Hear the next samples, shape (n,), mono 16 kHz float32."""
        samples = np.concatenate((self._rest, samples))
        whole = len(samples) - len(samples) % FRAME_SAMPLES
        self._rest = samples[whole:].copy()
        speech = self._vad.probabilities(samples[:whole].reshape(-1, FRAME_SAMPLES))
        return Heard(self._finder.push(samples[:whole], speech), speech)

    def flush(self) -> Heard:
        """Hear that the stream is over: the last part of a frame, and the open span.

        That part is speech if the frame before it was, whatever the detector makes of half
        a frame: its probability is for the eye alone.
        """
        missing = -len(self._rest) % FRAME_SAMPLES
        padded = np.concatenate((self._rest, np.zeros(missing, np.float32)))
        speech = self._vad.probabilities(padded.reshape(-1, FRAME_SAMPLES))
        last = self._finder.end_span(self._rest)
        return Heard(() if last is None else (last,), speech)
