"""How a dictation is to be heard, and what every dictation works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from sidecar.clock import Clock, SystemClock
from sidecar.domain import SAMPLE_RATE_HZ
from sidecar.engine.base import SegmentOptions
from sidecar.session.engines import Engines
from sidecar.session.manifest import RecordingInfo
from sidecar.session.recording import Recording
from sidecar.vad.base import Vad


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """How a dictation is to be heard. `engine` None means the default engine.

    `mode` "batch" makes no partials and hears segments as a recording's. `recording` is the
    name of its recording, None a random one; `recorded` False keeps none.
    """

    rate_hz: int = SAMPLE_RATE_HZ
    engine: str | None = None
    language: str | None = None
    hotwords: tuple[str, ...] = ()
    mode: Literal["live", "batch"] = "live"
    recording: str | None = None
    recorded: bool = True

    @property
    def live(self) -> bool:
        """Whether somebody waits for every word."""
        return self.mode == "live"

    def for_segment(self) -> SegmentOptions:
        """What an engine is told of them."""
        return SegmentOptions(self.language, self.hotwords, live=self.live)


@dataclass(frozen=True, slots=True)
class LiveParts:
    """What every dictation works with.

    Attributes:
        pool: the engines.
        default_engine: gives the one for who asks for none.
        make_vad: called in the audio thread.
        begin_recording: keeps the audio under a name, called in the audio thread; None keeps
            none.
        clock: times passes and the whole.
    """

    pool: Engines
    default_engine: Callable[[], str]
    make_vad: Callable[[], Vad]
    begin_recording: Callable[[RecordingInfo, str | None], Recording] | None = None
    clock: Clock = field(default_factory=SystemClock)
