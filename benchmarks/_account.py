"""What a dictation has told, and when: everything that is measured is read off this.

Times are seconds on one clock, on which the first sample is spoken at 0; how a replayer
keeps that clock decides what a time means. Positions are samples at 16 kHz.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import TypeVar

from sidecar.cli.dictated import Dictated
from sidecar.domain import SAMPLE_RATE_HZ, Commit, Final, Level, LiveEvent, Partial, SegmentFinal

SCREEN_S = 1 / 60  # what changes faster than a screen is not seen
FRAME_SAMPLES = 512  # levels come in whole frames

T = TypeVar("T")


@dataclass(slots=True)
class Account:
    """One dictation.

    Attributes:
        pushed: for each chunk, the position of its end and when it was pushed.
        told: when, and what.
        stopped_s: when its end was asked for.
    """

    pushed: list[tuple[int, float]] = field(default_factory=list)
    told: list[tuple[float, LiveEvent]] = field(default_factory=list)
    stopped_s: float = 0.0

    @property
    def n_samples(self) -> int:
        """How much audio was pushed."""
        return self.pushed[-1][0] if self.pushed else 0

    @property
    def audio_s(self) -> float:
        """The same in seconds."""
        return self.n_samples / SAMPLE_RATE_HZ

    @property
    def final(self) -> Final:
        """Its end.

        Raises:
            ValueError: it did not come exactly once, after everything else.
        """
        finals = [final for _, final in self.of(Final)]
        if len(finals) != 1 or self.told[-1][1] is not finals[0]:
            raise ValueError(f"a dictation ends once, after everything else, not {len(finals)}x")
        return finals[0]

    @property
    def stop_to_final_s(self) -> float:
        """How long its speaker waited for the text."""
        return self.of(Final)[-1][0] - self.stopped_s

    def of(self, kind: type[T]) -> list[tuple[float, T]]:
        """The events of one kind."""
        return [(at_s, event) for at_s, event in self.told if isinstance(event, kind)]


def retractions(account: Account) -> int:
    """How often something said otherwise than what was committed: 0, or it is a fault.

    A commit that does not begin where the text so far ends, a final segment that is not its
    commits joined, and a final text that is not all commits joined.
    """
    text, segments = "", dict[int, str]()
    count = 0
    for _, event in account.told:
        if isinstance(event, Commit):
            count += event.offset != len(text)
            text += event.text
            segments[event.segment] = segments.get(event.segment, "") + event.text
        elif isinstance(event, SegmentFinal):
            count += event.text != segments.get(event.segment, "")
        elif isinstance(event, Final):
            count += event.text != text
    return count


def shown(account: Account) -> list[str]:
    """Each text that could be seen, committed and tentative; the last is the final one."""
    dictated, before = Dictated(), ""
    texts: list[tuple[float, str]] = []
    for at_s, event in account.told:
        if isinstance(event, Commit | Partial | SegmentFinal):
            dictated.take(event)
            before += event.text if isinstance(event, Commit) else ""
            texts.append((at_s, before + dictated.tentative))
    return [last for _, last in _per_screen(texts)]


def _per_screen(texts: list[tuple[float, str]]) -> Iterator[tuple[float, str]]:
    for _, group in groupby(texts, key=lambda each: int(each[0] / SCREEN_S)):
        yield [*group][-1]


def committed_words(account: Account) -> list[tuple[float, float]]:
    """For each word, when it ends in the audio and when it was committed."""
    return [(word.end_s, at_s) for at_s, commit in account.of(Commit) for word in commit.words]


def first_text_s(account: Account) -> float | None:
    """When the first text was on display."""
    said = (
        at_s
        for at_s, event in account.told
        if isinstance(event, Partial | Commit) and event.text.strip()
    )
    return next(said, None)


def level_delays_s(account: Account) -> list[float]:
    """From the push of each chunk to the level of the last frame that it completes."""
    levels = [
        (at_s, round((level.start_s + level.bin_s * len(level.peak)) * SAMPLE_RATE_HZ))
        for at_s, level in account.of(Level)
    ]
    starts = [(0, 0.0), *account.pushed]
    delays_s, at = [], 0
    for (before, _), (end, pushed_s) in pairwise(starts):
        wanted = end // FRAME_SAMPLES * FRAME_SAMPLES
        if wanted == before // FRAME_SAMPLES * FRAME_SAMPLES:
            continue  # it completes no frame
        while at < len(levels) and levels[at][1] < wanted:
            at += 1
        if at == len(levels):
            raise ValueError("a level never came")
        delays_s.append(levels[at][0] - pushed_s)
    return delays_s
