"""Following speech: from frames to segments, and when speech begins and ends."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from sidecar.domain import SAMPLE_RATE_HZ, SpeechEdge, SpeechSpan
from sidecar.session.hearing import Mark, Sound
from sidecar.session.pacing import TRAILING_S
from sidecar.session.shelf import Shelf, Take
from sidecar.vad.base import FRAME_MS
from sidecar.vad.endpointer import EndpointerOptions, frames_of
from sidecar.vad.spans import OpenSpan, SpanFinder


@dataclass(frozen=True, slots=True)
class Ended:
    """A segment that has ended; it is to be decoded once, and told.

    Attributes:
        start: its first sample; no other segment has the same.
        end: the sample after its last.
        take: gives its samples, float32, shape (end - start,), once.
        voiced_s: seconds of voice in it.
        continues: it is the rest of one that was cut for its length, or flushed.
        trigger: what ended it.
    """

    start: int
    end: int
    take: Take
    voiced_s: float
    continues: bool
    trigger: Literal["pause", "length", "flush", "close"]

    @property
    def n_samples(self) -> int:
        """How long it is."""
        return self.end - self.start

    @property
    def start_s(self) -> float:
        """Where it begins, in seconds of the dictation."""
        return self.start / SAMPLE_RATE_HZ

    @property
    def end_s(self) -> float:
        """Where it ends, in seconds of the dictation."""
        return self.end / SAMPLE_RATE_HZ


Followed: TypeAlias = SpeechEdge | Ended


class Follower:
    """Finds the segments of a dictation. Pure and quick; no model runs here.

    Segments begin and end with frames, except that one which is ended by a mark takes the
    samples up to the mark. What comes next then begins after those.

    Args:
        options: when a segment ends.
        shelf: where the samples of those that have ended wait.
    """

    def __init__(self, options: EndpointerOptions, shelf: Shelf) -> None:
        self._finder = SpanFinder(options)
        self._trailing_s = max(TRAILING_S, frames_of(options.tail_ms) * FRAME_MS / 1_000)
        self._shelf = shelf
        self._n_samples = 0
        self._taken = 0  # all samples before are in segments, or silence
        self._speaking = False

    @property
    def received_s(self) -> float:
        """How much audio has come, in whole frames."""
        return self._n_samples / SAMPLE_RATE_HZ

    @property
    def open(self) -> OpenSpan | None:
        """What is being said."""
        found = self._finder.open
        if found is None or found.start >= self._taken:
            return found
        n_taken = self._taken - found.start
        return replace(found, start=self._taken, samples=found.samples[n_taken:])

    @property
    def pausing(self) -> bool:
        """Whether the segment would end where it is now if no word came any more."""
        found = self._finder.open
        return found is not None and found.silence_s >= self._trailing_s

    def hear(self, sound: Sound) -> list[Followed]:
        """Take the next frames; tells what they begin and end, in order."""
        spans = self._finder.push(sound.samples, sound.speech)
        self._n_samples += len(sound.samples)
        told = [event for span in spans for event in self._ended(self._rest_of(span))]
        if sound.mark and (last := self._finder.end_span(sound.tail)):
            told += self._ended(self._rest_of(last), sound.mark)
        return [*told, *self._edge()]

    def settled(self, open_span: OpenSpan, until_s: float) -> None:
        """The text of the open span is committed up to there: it is not cut before."""
        self._finder.no_cut_before(open_span.start + round(until_s * SAMPLE_RATE_HZ))

    def _rest_of(self, span: SpeechSpan) -> SpeechSpan:
        """The span without what the one before has taken of its first frame."""
        n_taken = max(0, self._taken - span.start)
        return replace(span, start=span.start + n_taken, samples=span.samples[n_taken:])

    def _ended(self, span: SpeechSpan, mark: Mark | None = None) -> list[Followed]:
        ended = Ended(
            start=span.start,
            end=span.end,
            take=self._shelf.put(span.samples),
            voiced_s=span.voiced_s,
            continues=span.continues,
            trigger="close" if mark is Mark.CLOSE else span.ended,
        )
        self._taken = span.end
        told: list[Followed] = []
        if not self._speaking:
            told.append(SpeechEdge("start", ended.start_s))
        self._speaking = span.ended == "length"
        if not self._speaking:
            told.append(SpeechEdge("end", ended.end_s))
        return [*told, ended]

    def _edge(self) -> list[Followed]:
        """Speech that has begun, or did not go on after a cut."""
        found = self.open
        if self._speaking == (found is not None):
            return []
        self._speaking = found is not None
        at = self._taken if found is None else found.start
        return [SpeechEdge("end" if found is None else "start", at / SAMPLE_RATE_HZ)]
