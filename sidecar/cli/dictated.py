"""What a dictation has said so far, as it is shown and as it is kept."""

from __future__ import annotations

from dataclasses import dataclass, field

from sidecar.domain import (
    Commit,
    Final,
    LiveEvent,
    Partial,
    Segment,
    SegmentFinal,
    Transcript,
    Word,
)


@dataclass(slots=True)
class Dictated:
    """The text of a dictation, told by its events.

    Attributes:
        segments: those that are final and not empty, oldest first.
        committed: what is settled of the open segment.
        tentative: what may follow that; it changes.
    """

    segments: list[Segment] = field(default_factory=list)
    committed: str = ""
    tentative: str = ""
    _words: list[Word] = field(default_factory=list)

    def take(self, event: LiveEvent) -> Segment | None:
        """One event, as it comes; gives the segment that it makes final, unless it is empty."""
        if isinstance(event, Partial):
            self.tentative = event.text
        elif isinstance(event, Commit):
            self._commit(event)
        elif isinstance(event, SegmentFinal):
            return self._end(event)
        return None

    def transcript(self, final: Final) -> Transcript:
        """All of it, once it has ended."""
        return Transcript(
            final.text.strip(),
            tuple(self.segments),
            final.language,
            final.engine,
            final.timings,
            final.notices,
        )

    def _commit(self, event: Commit) -> None:
        self.committed += event.text
        self._words += event.words
        # What is settled now must not be shown twice until the next partial comes.
        repeated = self.tentative.startswith(event.text)
        self.tentative = self.tentative[len(event.text) :] if repeated else ""

    def _end(self, event: SegmentFinal) -> Segment | None:
        words, self._words = tuple(self._words), []
        self.committed = self.tentative = ""
        if not event.text.strip():
            return None
        segment = Segment(event.start_s, event.end_s, event.text.strip(), words)
        self.segments.append(segment)
        return segment
