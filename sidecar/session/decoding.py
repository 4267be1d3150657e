"""The decode task of a dictation: one pass at a time, finals first, partials when worth it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from sidecar.clock import Clock
from sidecar.domain import SAMPLE_RATE_HZ, Hypothesis, LiveEvent, SegmentFinal, Trouble
from sidecar.engine.base import Capabilities
from sidecar.engine.turns import PreemptedError, Urgency
from sidecar.errors import (
    CancelledError,
    EngineMissingError,
    LoadFailedError,
    ModelCorruptError,
    SottoError,
)
from sidecar.session.engines import OpenSegment
from sidecar.session.following import Ended, Follower
from sidecar.session.guards import guarded, worth_decoding
from sidecar.session.outcome import Tally
from sidecar.session.pacing import FAR_S, SURE_VOICED_S, Pace, Passed
from sidecar.session.passes import Pass
from sidecar.session.segment import LiveSegment
from sidecar.session.showing import Showing
from sidecar.stabilizer.base import Update
from sidecar.stabilizer.log import CommitLog
from sidecar.vad.spans import OpenSpan

ESTIMATE_S = 1.0  # by which the time of a word may be wrong where the engine gives none

Call: TypeAlias = Callable[[], None]


@dataclass(slots=True)
class _Current:
    """The segment of which some pass was begun."""

    start: int
    segment: LiveSegment
    showing: Showing
    passed: Passed = field(default_factory=Passed)
    text: str = ""
    decode_s: float = 0.0
    hopeless: bool = False  # a pass failed: only the final one is still tried


class Decoding:
    """Decodes the segments of one dictation in order. Lives on the event loop.

    Attributes:
        pace: how fast the engine is.
        log: the text.
        tally: what else there is to tell in the end.
        recovering: the segment is being heard again, as its worker died.
        idle: set while no pass runs or is due.

    Args:
        open_segment: begins a segment in the engine.
        capabilities: what that engine can do.
        follower: knows what is being said just now.
        emit: told of everything.
        on_step: called after each pass.
        clock: times passes.
        live: also decode what has not ended yet.
    """

    def __init__(
        self,
        *,
        open_segment: OpenSegment,
        capabilities: Capabilities,
        follower: Follower,
        emit: Callable[[LiveEvent], None],
        on_step: Call,
        clock: Clock,
        live: bool,
    ) -> None:
        self.pace = Pace(capabilities.agreement)
        self.log = CommitLog()
        self.tally = Tally()
        self.recovering = False
        self.idle = asyncio.Event()
        self._open_segment = open_segment
        self._capabilities = capabilities
        self._follower = follower
        self._emit = emit
        self._on_step = on_step
        self._clock = clock
        self._live = live
        self._urgency = Urgency.FINAL if live else Urgency.FILE
        self._due: deque[Ended | Call] = deque()
        self._current: _Current | None = None
        self._running: Pass | None = None
        self._n_final = 0
        self._wake = asyncio.Event()
        self._closed = False

    @property
    def lag_s(self) -> float:
        """Audio received since the oldest segment ended that has no text yet."""
        ends = (item.end_s for item in self._due if isinstance(item, Ended))
        return max(0.0, self._follower.received_s - next(ends, self._follower.received_s))

    def add(self, item: Ended | Call) -> None:
        """Decode a segment after those before it, or call something at that place."""
        self._due.append(item)

    def look(self) -> None:
        """Take note that audio has come, or that something was added."""
        if self._live:
            self.pace.look(self._follower.received_s, self.lag_s)
        if self._running is not None and not self._is_wanted(self._running):
            self._running.cancel()
        self._stir()

    def close(self) -> None:
        """Nothing more will come: `run` returns when all is done."""
        self._closed = True
        self._stir()

    async def run(self) -> None:
        """Decode until closed.

        Raises:
            SottoError: there is no engine, and will be none.
        """
        try:
            while self._due or not self._closed:
                if self._due:
                    await self._do(self._due[0])
                    self._due.popleft()
                elif not await self._decode_open():
                    self.idle.set()
                    await self._wake.wait()
                self._wake.clear()
        finally:
            await self._leave_segment()

    def _stir(self) -> None:
        self.idle.clear()
        self._wake.set()

    async def _do(self, item: Ended | Call) -> None:
        if isinstance(item, Ended):
            await self._finish(item)
            self._on_step()
        else:
            item()

    def _is_wanted(self, running: Pass) -> bool:
        """Whether what a pass hears is still all there is, or its text still of use."""
        if self._due:
            first = self._due[0]
            if not running.eager or not isinstance(first, Ended) or first.start != running.start:
                return False
            return first.n_samples == running.n_samples
        found = self._follower.open
        return not running.eager or (found is not None and len(found.samples) == running.n_samples)

    async def _decode_open(self) -> bool:
        """Make a pass over what is being said, if one is worth it; whether one was made."""
        found = self._follower.open
        kind = self._best_pass(found) if self._live and found is not None else None
        if found is None or kind is None:
            return False
        await self._pass(found, eager=kind == "eager")
        return True

    def _best_pass(self, found: OpenSpan) -> Literal["partial", "eager"] | None:
        """What to do about what is being said, if anything is worth it."""
        current = self._current if self._current and self._current.start == found.start else None
        can = self._capabilities
        if current is not None and current.hopeless:
            return None
        if can.resumes and self._follower.pausing:
            known = current is not None and current.segment.has_final(len(found.samples))
            return "eager" if not known and _is_speech(found) else None
        due = can.partials and self.pace.is_due(found, current.passed if current else Passed())
        return "partial" if due and _is_speech(found) else None

    def _current_for(self, start: int) -> _Current:
        if self._current is None or self._current.start != start:
            segment = LiveSegment(self._open_segment, self._capabilities, self._urgency)
            self._current = _Current(start, segment, Showing(self._n_final))
            self.log.begin(self._n_final, start / SAMPLE_RATE_HZ)
        return self._current

    async def _pass(self, found: OpenSpan, *, eager: bool) -> None:
        """Decode what is being said, and tell what that changes, if it is still of use."""
        current = self._current_for(found.start)
        decode = current.segment.final if eager else current.segment.partial
        n_samples = len(found.samples)
        running = self._running = Pass(decode(found.samples), found.start, n_samples, eager=eager)
        began_s = self._clock.now_s()
        try:
            hypothesis = await running.result()
        except PreemptedError:
            return
        except SottoError as error:
            _give_up_if_fatal(error)
            current.hopeless = True
            return
        finally:
            self._running = None
            took_s = self._clock.now_s() - began_s
            current.decode_s += took_s
        # It may have ended, or gone on, in the very moment in which the pass was done.
        if hypothesis is not None and self._is_wanted(running):
            if not eager:
                self.pace.partial_took(took_s)
            self._take(current, found, guarded(hypothesis, found.voiced_s))

    def _take(self, current: _Current, found: OpenSpan, hypothesis: Hypothesis) -> None:
        n_samples = len(found.samples)
        current.passed = Passed(n_samples / SAMPLE_RATE_HZ, found.voiced_s)
        update = current.segment.take(hypothesis, n_samples)
        self._commit(current, update)
        if update.committed:
            last = update.committed[-1]
            margin_s = ESTIMATE_S if last.estimated else 0.0
            self._follower.settled(found, last.end_s + margin_s)
        text = self.log.following(update.tentative)
        partial = current.showing.show(
            current.text, text, self._clock.now_s(), sure=self._is_sure(hypothesis, found)
        )
        if partial is not None:
            self._emit(partial)
        self.recovering = False
        self._on_step()

    def _is_sure(self, hypothesis: Hypothesis, found: OpenSpan) -> bool:
        """Whether one pass is enough to show what it says, as the next is far away."""
        alone = self.pace.interval_s >= FAR_S and found.voiced_s >= SURE_VOICED_S
        return hypothesis.final or alone

    def _commit(self, current: _Current, update: Update) -> None:
        commit = self.log.append(update.committed)
        if commit is not None:
            current.text += commit.text
            self._emit(commit)

    async def _finish(self, ended: Ended) -> None:
        """Give a segment its final text."""
        current = self._current_for(ended.start)
        began_s = self._clock.now_s()
        hypothesis = await self._final(current, ended)
        current.decode_s += self._clock.now_s() - began_s
        if hypothesis is not None:
            self._commit(current, current.segment.finish(hypothesis, ended.n_samples))
        self._count(current, ended, hypothesis)
        text, trigger = current.text, ended.trigger
        self._emit(SegmentFinal(self._n_final, text, ended.start_s, ended.end_s, trigger))
        self._n_final += 1
        self.recovering = False
        await self._leave_segment()

    async def _final(self, current: _Current, ended: Ended) -> Hypothesis | None:
        """The final hypothesis; None if there will be none, which is told."""
        samples = ended.take()
        if not worth_decoding(samples, ended.voiced_s, continues=ended.continues):
            return Hypothesis("", final=True)
        try:
            hypothesis = await current.segment.final(samples)
            return guarded(hypothesis, ended.voiced_s)
        except SottoError as error:
            _give_up_if_fatal(error)
            self._emit(Trouble(error.kind, error.message, recoverable=True, detail=error.detail))
            return None

    def _count(self, current: _Current, ended: Ended, hypothesis: Hypothesis | None) -> None:
        audio_s = ended.n_samples / SAMPLE_RATE_HZ
        self.tally.speech_s += audio_s
        self.tally.decode_s += current.decode_s
        self.pace.segment_took(current.decode_s, audio_s)
        if hypothesis is None:
            self.tally.complete = False
        elif hypothesis.language:
            self.tally.languages[hypothesis.language] += 1

    async def _leave_segment(self) -> None:
        if self._current is not None:
            await self._current.segment.close()
        self._current = None


def _is_speech(found: OpenSpan) -> bool:
    return worth_decoding(found.samples, found.voiced_s, continues=True)


def _give_up_if_fatal(error: SottoError) -> None:
    """Some errors no other segment would do without."""
    if isinstance(error, LoadFailedError | ModelCorruptError | EngineMissingError | CancelledError):
        raise error
