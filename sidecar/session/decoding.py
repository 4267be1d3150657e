"""The decode task of a dictation: one pass at a time, finals first, partials when worth it."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from sidecar.clock import Clock
from sidecar.domain import (
    SAMPLE_RATE_HZ,
    Hypothesis,
    LiveEvent,
    SegmentFinal,
    Trouble,
)
from sidecar.engine.base import Capabilities
from sidecar.engine.turns import PreemptedError
from sidecar.errors import EngineMissingError, LoadFailedError, SottoError
from sidecar.session.following import Ended, Follower
from sidecar.session.pacing import TRAILING_S, Pace, Passed
from sidecar.session.segment import LiveSegment, OpenSegment
from sidecar.session.showing import Showing
from sidecar.stabilizer.base import Update
from sidecar.stabilizer.log import CommitLog
from sidecar.vad.spans import OpenSpan

T = TypeVar("T")

_log = logging.getLogger(__name__)


@dataclass
class Tally:
    """What the segments of a dictation add up to."""

    speech_s: float = 0.0
    decode_s: float = 0.0
    complete: bool = True
    languages: Counter[str] = field(default_factory=Counter)


@dataclass
class _Current:
    """The segment of which some pass has been made."""

    key: int
    segment: LiveSegment
    showing: Showing
    passed: Passed = field(default_factory=Passed)
    text: str = ""
    decode_s: float = 0.0
    hopeless: bool = False  # a pass failed: only the final one is still tried


@dataclass(frozen=True, slots=True)
class _Running:
    """A pass that is under way, and what it hears of which segment."""

    task: asyncio.Task[Hypothesis]
    key: int
    n_samples: int
    eager: bool


class Decoding:
    """Decodes the segments of one dictation in order. Lives on the event loop.

    Args:
        open_segment: begins a segment in the engine.
        capabilities: what that engine can do.
        follower: knows what is being said just now.
        emit: told of everything.
        clock: times passes.
        live: also decode what has not ended yet.
    """

    def __init__(
        self,
        open_segment: OpenSegment,
        capabilities: Capabilities,
        follower: Follower,
        emit: Callable[[LiveEvent], None],
        clock: Clock,
        *,
        live: bool,
    ) -> None:
        self.pace = Pace()
        self.log = CommitLog()
        self.tally = Tally()
        self._open_segment = open_segment
        self._capabilities = capabilities
        self._follower = follower
        self._emit = emit
        self._clock = clock
        self._live = live
        self._due: deque[Ended | Callable[[], None]] = deque()
        self._current: _Current | None = None
        self._running: _Running | None = None
        self._n_final = 0
        self._wake = asyncio.Event()
        self.idle = asyncio.Event()
        self._closed = False

    @property
    def lag_s(self) -> float:
        """Audio received since the oldest segment ended that has no text yet."""
        ends = (item.end_s for item in self._due if isinstance(item, Ended))
        return max(0.0, self._follower.received_s - next(ends, self._follower.received_s))

    def add(self, item: Ended | Callable[[], None]) -> None:
        """Decode a segment after those before it, or call something at that place."""
        self._due.append(item)

    def look(self) -> None:
        """Take note that audio has come, or that something was added."""
        if self._live:
            self.pace.look(self._follower.received_s, self.lag_s)
        if self._running is not None and not self._is_wanted(self._running):
            self._running.task.cancel()
        self._stir()

    def close(self) -> None:
        """Nothing more will come: `run` returns when all is done."""
        self._closed = True
        self._stir()

    def _stir(self) -> None:
        self.idle.clear()
        self._wake.set()

    async def run(self) -> None:
        """Decode until closed.

        Raises:
            LoadFailedError, EngineMissingError: there is no engine, and will be none.
        """
        try:
            while not (self._closed and not self._due):
                if self._due:
                    await self._do(self._due[0])
                    self._due.popleft()
                elif not await self._decode_open():
                    self.idle.set()
                    await self._wake.wait()
                    self._wake.clear()
        finally:
            await self._leave_segment()

    async def _do(self, item: Ended | Callable[[], None]) -> None:
        if isinstance(item, Ended):
            await self._finish(item)
        else:
            item()

    def _is_wanted(self, running: _Running) -> bool:
        """Whether what is under way is still the best to do."""
        if self._due:
            first = self._due[0]
            if not running.eager or not isinstance(first, Ended) or first.key != running.key:
                return False
            return len(first.samples) == running.n_samples
        found = self._follower.open
        return not running.eager or (found is not None and len(found.samples) == running.n_samples)

    async def _decode_open(self) -> bool:
        """Make a pass over what is being said, if one is worth it; whether one was made."""
        found = self._follower.open
        if not self._live or found is None or self._is_hopeless(found):
            return False
        n_samples = len(found.samples)
        passed = self._passed(found)
        if self._capabilities.resumes and found.silence_s >= TRAILING_S:
            if self._current_open(found).segment.has_final(n_samples):
                return False
            return await self._pass(found, eager=True)
        if not self._capabilities.partials:
            return False
        if not self.pace.is_due(found, n_samples / SAMPLE_RATE_HZ, passed):
            return False
        return await self._pass(found, eager=False)

    def _is_hopeless(self, found: OpenSpan) -> bool:
        current = self._current
        return current is not None and current.key == found.start and current.hopeless

    def _passed(self, found: OpenSpan) -> Passed:
        current = self._current
        return current.passed if current is not None and current.key == found.start else Passed()

    def _current_for(self, key: int, start_s: float) -> _Current:
        if self._current is None or self._current.key != key:
            segment = LiveSegment(self._open_segment, self._capabilities)
            self._current = _Current(key, segment, Showing(self._n_final))
            self.log.begin(self._n_final, start_s)
        return self._current

    def _current_open(self, found: OpenSpan) -> _Current:
        return self._current_for(found.start, self._follower.start_s(found))

    async def _pass(self, found: OpenSpan, *, eager: bool) -> bool:
        current = self._current_open(found)
        decode = current.segment.final if eager else current.segment.partial
        began_s = self._clock.now_s()
        task = asyncio.create_task(decode(found.samples))
        running = self._running = _Running(task, found.start, len(found.samples), eager)
        try:
            hypothesis = await _unless_cancelled(task)
        except PreemptedError:
            return True
        except SottoError as error:
            _give_up_if_fatal(error)
            current.hopeless = True
            return True
        finally:
            self._running = None
            took_s = self._clock.now_s() - began_s
            current.decode_s += took_s
        # It may have ended, or gone on, in the very moment in which the pass was done.
        if hypothesis is not None and self._is_wanted(running):
            if not eager:
                self.pace.partial_took(took_s)
            current.passed = Passed(len(found.samples) / SAMPLE_RATE_HZ, found.voiced_s)
            update = current.segment.take(hypothesis, len(found.samples))
            self._commit(current, update, found)
            self._show(current, update.tentative, found.voiced_s)
        return True

    def _commit(self, current: _Current, update: Update, found: OpenSpan) -> None:
        commit = self.log.append(update.committed)
        if commit is None:
            return
        current.text += commit.text
        last = update.committed[-1]
        margin_s = 1.0 if last.estimated else 0.0
        self._follower.settled(found, last.end_s + margin_s)
        self._emit(commit)

    def _show(self, current: _Current, tentative: str, voiced_s: float) -> None:
        text = self.log.following(tentative)
        partial = current.showing.show(current.text, text, voiced_s, self._clock.now_s())
        if partial is not None:
            self._emit(partial)

    async def _finish(self, ended: Ended) -> None:
        current = self._current_for(ended.key, ended.start_s)
        began_s = self._clock.now_s()
        try:
            hypothesis = await current.segment.final(ended.samples)
            update = current.segment.finish(hypothesis, len(ended.samples))
        except SottoError as error:
            _give_up_if_fatal(error)
            self._emit(Trouble(error.kind, error.message, recoverable=True, detail=error.detail))
            self.tally.complete = False
            hypothesis, update = Hypothesis("", final=True), Update((), "")
        current.decode_s += self._clock.now_s() - began_s
        if (commit := self.log.append(update.committed)) is not None:
            current.text += commit.text
            self._emit(commit)
        self._count(hypothesis, ended, current.decode_s)
        self._emit(
            SegmentFinal(self._n_final, current.text, ended.start_s, ended.end_s, ended.trigger)
        )
        self._n_final += 1
        await self._leave_segment()

    def _count(self, hypothesis: Hypothesis, ended: Ended, decode_s: float) -> None:
        audio_s = ended.end_s - ended.start_s
        self.tally.speech_s += audio_s
        self.tally.decode_s += decode_s
        self.pace.segment_took(decode_s, audio_s)
        if hypothesis.language:
            self.tally.languages[hypothesis.language] += 1

    async def _leave_segment(self) -> None:
        if self._current is not None:
            await self._current.segment.close()
        self._current = None


async def _unless_cancelled(task: asyncio.Task[T]) -> T | None:
    """The result of a task; None if that was cancelled, but not if we are."""
    try:
        await asyncio.wait([task])
    finally:
        task.cancel()
    return None if task.cancelled() else task.result()


def _give_up_if_fatal(error: SottoError) -> None:
    """Some errors no other segment will do without."""
    if isinstance(error, LoadFailedError | EngineMissingError):
        raise error
