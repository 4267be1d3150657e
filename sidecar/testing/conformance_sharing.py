"""What an engine must do that makes several passes together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import numpy as np

from sidecar.domain import Hypothesis, Samples
from sidecar.engine.base import (
    Abort,
    Ask,
    SegmentOptions,
    SegmentPass,
    SharingEngine,
    SpeechEngine,
    SpeechSegment,
)
from sidecar.errors import CancelledError

MOST_PASSES = 3  # that are tried at once, however many an engine allows


def check_sharing(engine: SpeechEngine, speech: Samples) -> None:
    """Assert every promise of `SharingEngine`, where an engine says that it is one.

    Args:
        engine: loaded.
        speech: something it recognises, mono 16 kHz, shape (n,).

    Raises:
        AssertionError: naming the promise that is broken.
    """
    if engine.capabilities.together == 1:
        return
    assert hasattr(engine, "decode_together"), "an engine that shares has decode_together"
    sharing = cast("SharingEngine", engine)
    for live, checks in ((False, CHECKS), (True, CHECKS[:1])):
        group = _Group(sharing, speech, live=live)
        for check in checks:
            check(group)
        group.close()


class _Group:
    """Segments of different audio, and what the engine says of each alone."""

    def __init__(self, engine: SharingEngine, speech: Samples, *, live: bool) -> None:
        n = min(engine.capabilities.together, MOST_PASSES)
        self._engine = engine
        self._options = SegmentOptions(live=live)
        audio = [speech[: len(speech) * (n - place) // n] for place in range(n - 1)]
        audio.append(np.ascontiguousarray(speech[::-1]))
        self.alone = {
            final: [self._alone(samples, final=final) for samples in audio]
            for final in (False, True)
        }
        self.segments = [self._opened(samples) for samples in audio]

    def together(
        self, *, final: bool, aborts: Sequence[Abort] = ()
    ) -> list[Hypothesis | BaseException]:
        """Make a pass over every segment; the first of them have those aborts."""
        calls = [*aborts, *[_never] * (len(self.segments) - len(aborts))]
        passes = [
            SegmentPass(segment, Ask(final=final), abort)
            for segment, abort in zip(self.segments, calls, strict=True)
        ]
        found = list(self._engine.decode_together(passes))
        places = sorted(place for place, _ in found)
        assert places == list(range(len(passes))), "every pass has one outcome"
        return [outcome for _, outcome in sorted(found, key=lambda each: each[0])]

    def turn_round(self) -> None:
        """From now on the last segment is the first."""
        self.segments.reverse()
        for expected in self.alone.values():
            expected.reverse()

    def close(self) -> None:
        for segment in self.segments:
            segment.close()

    def _opened(self, samples: Samples) -> SpeechSegment:
        segment = self._engine.open(self._options)
        segment.feed(samples.copy())
        return segment

    def _alone(self, samples: Samples, *, final: bool) -> Hypothesis:
        segment = self._opened(samples)
        hypothesis = segment.decode(Ask(final=final), _never)
        segment.close()
        return hypothesis


def _check_company_changes_nothing(group: _Group) -> None:
    for final in (False, True):
        assert group.together(final=final) == group.alone[final], "company changes nothing"


def _check_company_may_change(group: _Group) -> None:
    group.together(final=False)
    heard = group.segments[0].decode(Ask(final=True), _never)
    assert heard == group.alone[True][0], "a segment may go on alone"
    group.turn_round()
    assert group.together(final=True) == group.alone[True], "the places of segments mean nothing"


def _check_one_is_aborted(group: _Group) -> None:
    first, *others = group.together(final=True, aborts=[_always])
    assert isinstance(first, CancelledError), "a pass that is aborted gives CancelledError"
    assert others == group.alone[True][1:], "a pass that is aborted leaves the others as they are"
    assert group.together(final=True) == group.alone[True], "after an abort all goes on as before"


def _check_one_is_aborted_halfway(group: _Group) -> None:
    counts = [_Questions() for _ in group.segments]
    group.together(final=True, aborts=counts)
    assert all(count.asked for count in counts), "every pass is asked whether to stop"
    halfway = _Questions(stop_at=(counts[-1].asked + 1) // 2)
    *others, last = group.together(final=True, aborts=[*counts[:-1], halfway])
    assert isinstance(last, CancelledError), "a pass may be aborted at any time"
    assert others == group.alone[True][:-1], "a pass that is aborted leaves the others as they are"
    assert group.together(final=True) == group.alone[True], "after an abort all goes on as before"


class _Questions:
    """Counts how often it is asked whether to stop, and says so from some time on."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.asked = 0
        self._stop_at = stop_at

    def __call__(self) -> bool:
        self.asked += 1
        return self._stop_at is not None and self.asked >= self._stop_at


def _never() -> bool:
    return False


def _always() -> bool:
    return True


CHECKS: tuple[Callable[[_Group], None], ...] = (
    _check_company_changes_nothing,
    _check_company_may_change,
    _check_one_is_aborted,
    _check_one_is_aborted_halfway,
)
