"""From sound to text: what a dictation does with what its audio thread has heard.

    Sound -> Follower (segments) -> Decoding (passes, text) -> LiveEvent

Segments depend on the engine, which may still be loading: sound waits for it here, and is
followed as if it came when the engine is ready.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import replace

from sidecar.clock import Clock
from sidecar.domain import LiveEvent, SpeechEdge, Status
from sidecar.engine.base import Capabilities
from sidecar.session.decoding import Decoding
from sidecar.session.endpoints import live_endpointer, recording_endpointer
from sidecar.session.engines import Engines, EngineSegment
from sidecar.session.following import Follower
from sidecar.session.hearing import SILENCE, Mark, Sound
from sidecar.session.options import LiveOptions
from sidecar.session.outcome import Tally, notices
from sidecar.session.pacing import Load, Pace
from sidecar.session.reporting import Reports, State
from sidecar.session.shelf import Shelf, Take


class Pipeline:
    """Makes text of the sound of one dictation. Lives on the event loop.

    Args:
        pool: the engines.
        engine: which of them.
        options: how the dictation is to be heard.
        client: whose it is.
        emit: told of everything.
        on_flush: called when all before a flush has its final text.
        clock: times passes.
    """

    def __init__(
        self,
        *,
        pool: Engines,
        engine: str,
        options: LiveOptions,
        client: Hashable,
        emit: Callable[[LiveEvent], None],
        on_flush: Callable[[], None],
        clock: Clock,
    ) -> None:
        self._pool = pool
        self._engine = engine
        self._options = options
        self._client = client
        self._emit = emit
        self._on_flush = on_flush
        self._clock = clock
        self._shelf = Shelf()
        self._reports = Reports()
        self._waiting: deque[tuple[Sound, Take]] = deque()  # for the engine to be ready
        self._capabilities: Capabilities | None = None
        self._working: tuple[Follower, Decoding] | None = None
        self._ready = asyncio.Event()
        self._draining = False

    @property
    def text(self) -> str:
        """All that is committed."""
        return self._working[1].log.text if self._working else ""

    @property
    def tally(self) -> Tally:
        """What the segments add up to so far."""
        return self._working[1].tally if self._working else Tally(complete=False)

    def notices(self) -> tuple[str, ...]:
        """Plain sentences that a person should read."""
        if self._capabilities is None:
            return ()
        asked = bool(self._options.hotwords)
        return tuple(notices(self._engine, self._capabilities, hotwords=asked))

    def hear(self, sound: Sound) -> None:
        """Take what comes next; it ends with `Mark.CLOSE`."""
        if sound.level is not None:
            self._emit(sound.level)
        if self._working is None:
            waiting = replace(sound, samples=SILENCE)
            self._waiting.append((waiting, self._shelf.put(sound.samples)))
        else:
            self._follow(*self._working, sound)
        self._report()

    def drain(self) -> None:
        """The end was asked for: no more sound comes than what is on its way."""
        self._draining = True
        self._report()

    async def run(self) -> None:
        """Work until the last sound has its text.

        Raises:
            SottoError: there is no engine, and will be none.
        """
        try:
            capabilities = await self._pool.start(self._engine)
            # Begun for nothing: only so is a language refused before somebody has spoken.
            await (await self._open_segment()).close()
            decoding = self._begin(capabilities)
            await decoding.run()
        finally:
            self._shelf.close()

    async def quiet(self) -> None:
        """Wait until no pass runs or is due."""
        await self._ready.wait()
        assert self._working is not None
        await self._working[1].idle.wait()

    def _begin(self, capabilities: Capabilities) -> Decoding:
        """Hear what has waited, now that it is known for whom."""
        self._capabilities = capabilities
        endpointer = live_endpointer if self._options.live else recording_endpointer
        follower = Follower(endpointer(capabilities), self._shelf)
        decoding = Decoding(
            open_segment=self._open_segment,
            capabilities=capabilities,
            follower=follower,
            emit=self._emit,
            on_step=self._report,
            clock=self._clock,
            live=self._options.live,
        )
        self._working = (follower, decoding)
        while self._waiting:
            sound, take = self._waiting.popleft()
            self._follow(follower, decoding, replace(sound, samples=take()))
        self._ready.set()
        self._report()
        return decoding

    def _follow(self, follower: Follower, decoding: Decoding, sound: Sound) -> None:
        for found in follower.hear(sound):
            if isinstance(found, SpeechEdge):
                self._emit(found)
            else:
                decoding.add(found)
        if sound.mark is Mark.FLUSH:
            decoding.add(self._on_flush)
        if sound.mark is Mark.CLOSE:
            decoding.close()
        decoding.look()

    async def _open_segment(self) -> EngineSegment:
        return await self._pool.open(
            self._engine,
            self._options.for_segment(),
            client=self._client,
            on_restart=self._restarted,
        )

    def _restarted(self) -> None:
        """The worker has died, and another hears the segment again."""
        if self._working:
            self._working[1].recovering = True
            self._report()

    def _report(self) -> None:
        pace = self._working[1].pace if self._working else Pace()
        lag_s = self._working[1].lag_s if self._working else 0.0
        status = Status(self._state(pace.load), lag_s, pace.rtf, pace.interval_s)
        if self._reports.worth(status, pace.load, self._clock.now_s()):
            self._emit(status)

    def _state(self, load: Load) -> State:
        if self._working is None:
            return "loading"
        follower, decoding = self._working
        if decoding.recovering:
            return "recovering"
        if self._draining:
            return "draining"
        if load is Load.BEHIND:
            return "behind"
        if follower.open is None:
            return "listening"
        return "trailing" if follower.pausing else "speech"
