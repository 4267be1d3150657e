"""A dictation for tests, in this process, with a real pool of workers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Hashable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from sidecar.domain import (
    SAMPLE_RATE_HZ,
    Commit,
    Final,
    Hypothesis,
    LiveEvent,
    Samples,
    SegmentFinal,
)
from sidecar.engine.base import Ask, Capabilities, SegmentOptions, SpeechEngine, SpeechSegment
from sidecar.engine.turns import Urgency
from sidecar.session.engines import Engines
from sidecar.session.live import LiveOptions, LiveParts, LiveSession
from sidecar.vad.base import Vad
from tests.conftest import PATIENCE_S

E = TypeVar("E")


class LoudVad:
    """Takes whatever is not silent for speech; needs no warming and forgets nothing."""

    def probabilities(self, frames: Samples) -> npt.NDArray[np.float32]:
        """Hear frames of shape (n, 512); see `Vad`."""
        loud = np.square(frames).mean(axis=1) > 1e-4
        return np.where(loud, 0.95, 0.02).astype(np.float32)

    def reset(self) -> None:
        """There is nothing to forget."""


def talk(seconds: float, seed: int = 0) -> Samples:
    """Noise that `LoudVad` takes for speech, on the grid of 16-bit samples."""
    noise = np.random.default_rng(seed).integers(-8000, 8000, int(seconds * SAMPLE_RATE_HZ))
    return (noise / 32768).astype(np.float32)


def hush(seconds: float) -> Samples:
    """Silence."""
    return np.zeros(int(seconds * SAMPLE_RATE_HZ), np.float32)


def pcm_of(samples: Samples) -> bytes:
    """The samples as they are pushed."""
    return np.round(samples * 32768).astype("<i2").tobytes()


def chunks_of(samples: Samples, chunk_ms: int = 100) -> Iterator[bytes]:
    """The samples in chunks as they are pushed."""
    pcm, size = pcm_of(samples), SAMPLE_RATE_HZ * chunk_ms // 1000 * 2
    return (pcm[at : at + size] for at in range(0, len(pcm), size))


@dataclass
class Dictated:
    """A dictation, and what it has told."""

    events: list[LiveEvent] = field(default_factory=list)
    acks: list[int] = field(default_factory=list)
    session: LiveSession = field(init=False)

    def tell(self, event: LiveEvent) -> None:
        """Take an event."""
        self.events.append(event)

    def of(self, kind: type[E]) -> list[E]:
        """All events of a kind so far."""
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def text(self) -> str:
        """All commits joined."""
        return "".join(commit.text for commit in self.of(Commit))

    async def speak(self, samples: Samples, chunk_ms: int = 100) -> None:
        """Push samples, and wait until they are heard and all that is due is decoded."""
        for chunk in chunks_of(samples, chunk_ms):
            self.session.accept(chunk)
            await asyncio.wait_for(self.session.settled(), PATIENCE_S)

    def push(self, samples: Samples, chunk_ms: int = 100) -> None:
        """Push samples at once."""
        for chunk in chunks_of(samples, chunk_ms):
            self.session.accept(chunk)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition holds."""
        deadline_s = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline_s, "it never came true"
            await asyncio.sleep(0.005)

    async def close(self) -> Final:
        """End the dictation."""
        return await asyncio.wait_for(self.session.close(), PATIENCE_S)


@asynccontextmanager
async def dictation(
    pool: Engines,
    *script: str,
    engine: str = "scripted",
    client: Hashable = "client",
    make_vad: Callable[[], Vad] = LoudVad,
    options: LiveOptions = LiveOptions(),  # noqa: B008
    **parts: Any,
) -> AsyncIterator[Dictated]:
    """A dictation that is thrown away in the end, if it is not closed before."""
    told = Dictated()
    told.session = LiveSession(
        LiveParts(pool, lambda: engine, make_vad, **parts),
        replace(options, hotwords=script),
        client,
        told.tell,
        told.acks.append,
    )
    try:
        yield told
    finally:
        await told.session.abort()


def assert_sound(events: Sequence[LiveEvent]) -> None:
    """What holds for every dictation that was closed, whatever happened to it."""
    commits = [event for event in events if isinstance(event, Commit)]
    segments = [event for event in events if isinstance(event, SegmentFinal)]
    (final,) = (event for event in events if isinstance(event, Final))
    length = 0
    for commit in commits:
        assert commit.offset == length
        length += len(commit.text)
    assert final is events[-1]
    assert "".join(commit.text for commit in commits) == final.text
    assert [segment.segment for segment in segments] == list(range(len(segments)))
    for segment in segments:
        own = [commit.text for commit in commits if commit.segment == segment.segment]
        assert segment.text == "".join(own)
    for before, after in pairwise(segments):
        assert before.end_s <= after.start_s


class LocalEngines:
    """One engine in this process, without a worker: as quick as a test of many cases needs.

    Args:
        engine: the engine; it must not sleep.
        n_yields: how often the loop runs, at least, while a pass is made.
        longest_s: that a segment may be.
    """

    def __init__(self, engine: SpeechEngine, n_yields: int = 1, longest_s: float = 30.0) -> None:
        self.engine = engine
        self.capabilities = replace(engine.capabilities, max_segment_s=longest_s)
        self.n_yields = n_yields
        self.n_open = 0

    def check(self, name: str, language: str | None) -> None:
        """There is nothing to refuse."""

    async def start(self, name: str) -> Capabilities:
        """It is ready."""
        return self.capabilities

    async def open(
        self,
        name: str,
        options: SegmentOptions,
        *,
        client: Hashable = None,
        on_restart: Callable[[], None] = lambda: None,
    ) -> LocalSegment:
        """Begin a segment."""
        self.n_open += 1
        return LocalSegment(self, self.engine.open(options))

    async def decode(self, segment: SpeechSegment, ask: Ask) -> Hypothesis:
        """Make a pass."""
        for _ in range(self.n_yields):
            await asyncio.sleep(0)
        return segment.decode(ask, lambda: False)


@dataclass
class LocalSegment:
    """A segment of an engine in this process."""

    engines: LocalEngines
    segment: SpeechSegment

    def feed(self, samples: Samples) -> None:
        """Append samples."""
        self.segment.feed(samples)

    async def decode(self, ask: Ask, urgency: Urgency = Urgency.FILE) -> Hypothesis:
        """Recognise everything fed so far."""
        return await self.engines.decode(self.segment, ask)

    async def close(self) -> None:
        """Drop the audio."""
        self.engines.n_open -= 1
        self.segment.close()
