"""Following speech: from frames to spans, edges, and true places in the audio."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from sidecar.domain import SAMPLE_RATE_HZ, SpeechEdge, SpeechSpan
from sidecar.session.hearing import Mark, Sound
from sidecar.session.shelf import Shelf, Take
from sidecar.vad.endpointer import EndpointerOptions
from sidecar.vad.spans import OpenSpan, SpanFinder


@dataclass(frozen=True, slots=True)
class Ended:
    """A segment that has ended; it is to be decoded once, and told.

    Attributes:
        key: tells it from the others: where its span began.
        n_samples: how long it is.
        take: gives its samples, float32, shape (n_samples,), once.
        start_s: where it begins, in seconds of the dictation.
        end_s: where it ends.
        trigger: what ended it.
    """

    key: int
    n_samples: int
    take: Take
    start_s: float
    end_s: float
    trigger: Literal["pause", "length", "flush", "close"]


Followed: TypeAlias = SpeechEdge | Ended


class Follower:
    """Finds the segments of a dictation. Pure and quick; no model runs here.

    The stream of frames is a little longer than the audio: before a mark the last frame is
    filled with zeros. Those belong to no segment, and all times leave them out.

    Attributes:
        received_s: how much audio has come.

    Args:
        options: when a segment ends.
        shelf: where the samples of those that have ended wait.
    """

    def __init__(self, options: EndpointerOptions, shelf: Shelf) -> None:
        self._shelf = shelf
        self._finder = SpanFinder(options)
        self._n_samples = 0
        self._n_padded = 0  # before the last mark
        self._last_end = 0  # of a segment, in samples of the dictation
        self._speaking = False
        self.received_s = 0.0

    @property
    def open(self) -> OpenSpan | None:
        """What is being said."""
        return self._finder.open

    def hear(self, sound: Sound) -> list[Followed]:
        """Take the next frames; tells what they begin and end, in order."""
        spans = [*self._finder.push(sound.samples, sound.speech)]
        self._n_samples += len(sound.samples)
        if sound.mark and (last := self._finder.end_span()):
            spans.append(last)
        told: list[Followed] = []
        for span in spans:
            told += self._ended(span, sound)
        self._n_padded += sound.n_padded
        self.received_s = (self._n_samples - self._n_padded) / SAMPLE_RATE_HZ
        return [*told, *self._edge()]

    def start_s(self, open_span: OpenSpan) -> float:
        """Where what is being said began, in seconds of the dictation."""
        return self._true_start(open_span.start) / SAMPLE_RATE_HZ

    def settled(self, open_span: OpenSpan, until_s: float) -> None:
        """The text of the open span is committed up to there: it is not cut before."""
        self._finder.no_cut_before(open_span.start + round(until_s * SAMPLE_RATE_HZ))

    def _ended(self, span: SpeechSpan, sound: Sound) -> list[Followed]:
        ended = self._placed(span, sound)
        told: list[Followed] = []
        if not self._speaking:
            told.append(SpeechEdge("start", ended.start_s))
        self._speaking = span.ended == "length"
        if not self._speaking:
            told.append(SpeechEdge("end", ended.end_s))
        return [*told, ended]

    def _placed(self, span: SpeechSpan, sound: Sound) -> Ended:
        """The span at its true place, without the zeros before a mark."""
        samples = span.samples[: self._n_samples - sound.n_padded - span.start]
        start = self._true_start(span.start)
        self._last_end = start + len(samples)
        return Ended(
            key=span.start,
            n_samples=len(samples),
            take=self._shelf.put(samples),
            start_s=start / SAMPLE_RATE_HZ,
            end_s=self._last_end / SAMPLE_RATE_HZ,
            trigger="close" if span.ended == "flush" and sound.mark is Mark.CLOSE else span.ended,
        )

    def _edge(self) -> list[Followed]:
        """Speech that has begun, or did not go on after a cut."""
        found = self._finder.open
        if self._speaking == (found is not None):
            return []
        self._speaking = found is not None
        at_s = self._last_end / SAMPLE_RATE_HZ if found is None else self.start_s(found)
        return [SpeechEdge("end" if found is None else "start", at_s)]

    def _true_start(self, start: int) -> int:
        # A span may begin with what is before a mark: never with what is another's, though.
        return max(start - self._n_padded, self._last_end)
