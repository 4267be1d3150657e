"""How long recordings stay, and which of them go to make room."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sidecar.domain import KeptRecording

DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Retention:
    """How long recordings stay.

    Attributes:
        finished_s: those whose dictation came to its end; 0 deletes them there and then.
        interrupted_s: those whose dictation did not.
        max_bytes: all together. What is over goes, the oldest first: finished ones, then
            interrupted ones, but none of those of the last day.
    """

    finished_s: float = 0.0
    interrupted_s: float = 30 * DAY_S
    max_bytes: int = 4 << 30


@dataclass(frozen=True, slots=True)
class Stored:
    """A recording with what its retention depends on; `written_s` is of the last write."""

    recording: KeptRecording
    n_bytes: int
    written_s: float


def doomed(stored: Sequence[Stored], retention: Retention, now_s: float) -> tuple[str, ...]:
    """The names of the recordings that are to be deleted at `now_s`, in Unix time."""
    outdated = [each for each in stored if _is_outdated(each, retention, now_s)]
    left = [each for each in stored if each not in outdated]
    excess = sum(each.n_bytes for each in left) - retention.max_bytes
    going = [*outdated, *_first(excess, _expendable(left, now_s))]
    return tuple(each.recording.name for each in going)


def _is_outdated(stored: Stored, retention: Retention, now_s: float) -> bool:
    age_s = now_s - stored.written_s
    match stored.recording.state:
        case "finished":
            return age_s >= retention.finished_s
        case "interrupted":
            return age_s >= retention.interrupted_s or not stored.recording.audio_s
        case _:
            return False


def _expendable(stored: Iterable[Stored], now_s: float) -> list[Stored]:
    """What may go to make room, in that order."""
    ranks = {"finished": 0, "interrupted": 1}
    candidates = (
        each
        for each in stored
        if each.recording.state == "finished"
        or (each.recording.state == "interrupted" and now_s - each.written_s >= DAY_S)
    )
    return sorted(candidates, key=lambda each: (ranks[each.recording.state], each.written_s))


def _first(excess: int, candidates: Iterable[Stored]) -> Iterator[Stored]:
    """As many as are needed to get rid of that many bytes."""
    for each in candidates:
        if excess <= 0:
            return
        excess -= each.n_bytes
        yield each
