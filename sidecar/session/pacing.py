"""How often a dictation decodes what has not ended yet, and when it must do without.

The design page `streaming.md`, section 6, without its second step down (a shorter window):
engines here hear their segment as a whole or go on where they were, so none has one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from sidecar.domain import SAMPLE_RATE_HZ
from sidecar.vad.spans import OpenSpan

LEAST_VOICED_S: Final = 0.8  # before that most models hear noise
SURE_VOICED_S: Final = 1.5  # text from less is shown only where two passes agree
FAR_S: Final = 1.0  # and so is any text, while the next pass is nearer than this
LEAST_NEW_VOICED_S: Final = 0.25
TRAILING_S: Final = 0.2  # of silence: the end is more likely than another word
AGREEING_WITHIN_S: Final = 0.6  # of audio, where the engine is quick enough
LONGEST_INTERVAL_S: Final = 4.0
DUTY: Final = 0.5  # of the time may go into passes whose text is shown and thrown away
STRETCH: Final = 2.0
HEALTHY_S: Final = 10.0  # after which a step down is taken back
TOO_SLOW_S: Final = 30.0
_WEIGHT: Final = 0.3  # of the newest measurement


class Load(IntEnum):
    """How far from keeping up the engine is. The worse, the less is asked of it."""

    EASY = 0
    STRETCHED = 1  # partials are rarer
    FINALS_ONLY = 2  # there are none
    BEHIND = 3  # and the person should know


_LAGS_S: Final = ((20.0, Load.BEHIND), (8.0, Load.FINALS_ONLY), (1.5, Load.STRETCHED))


@dataclass(frozen=True, slots=True)
class Passed:
    """How much of the open segment the last pass has heard."""

    audio_s: float = 0.0
    voiced_s: float = 0.0


class Pace:
    """Learns how fast the engine is from what passes took. Knows no clock.

    Args:
        agreement: how many passes must agree; the more, the closer they come.

    Attributes:
        load: the step of the ladder it stands on.
        rtf: seconds of decoding per second of audio, in the last segments.
    """

    def __init__(self, agreement: int = 2) -> None:
        self._shortest_s = AGREEING_WITHIN_S / max(agreement, 2)
        self.load = Load.EASY
        self.rtf = 0.0
        self._pass_s = 0.0  # of a partial pass, lately
        self._healthy_since_s: float | None = None
        self._slow_since_s: float | None = None

    @property
    def interval_s(self) -> float:
        """New audio between two partials at present."""
        interval_s = min(max(self._pass_s / DUTY, self._shortest_s), LONGEST_INTERVAL_S)
        return interval_s * (STRETCH if self.load else 1)

    def partial_took(self, took_s: float) -> None:
        """Learn from a partial pass."""
        self._pass_s = _moved(self._pass_s, took_s)

    def segment_took(self, took_s: float, audio_s: float) -> None:
        """Learn from all passes of a segment that has got its final text."""
        if audio_s > 0:
            self.rtf = _moved(self.rtf, took_s / audio_s)

    def is_due(self, open_span: OpenSpan, passed: Passed) -> bool:
        """Whether a partial pass over what has not ended is worth its time now.

        Args:
            open_span: what has not ended.
            passed: what the last pass has heard of it.
        """
        audio_s = len(open_span.samples) / SAMPLE_RATE_HZ
        return (
            self.load < Load.FINALS_ONLY
            and open_span.silence_s < TRAILING_S
            and open_span.voiced_s >= LEAST_VOICED_S
            and open_span.voiced_s - passed.voiced_s >= LEAST_NEW_VOICED_S
            and audio_s - passed.audio_s >= self.interval_s
        )

    def look(self, at_s: float, lag_s: float) -> None:
        """Step down at once where the engine lags, and up after some healthy seconds.

        Args:
            at_s: how much audio has come.
            lag_s: how much of it since the oldest segment ended that has no text yet.
        """
        wanted = self._wanted(at_s, lag_s)
        if wanted >= self.load:
            self.load, self._healthy_since_s = wanted, None
        elif self._healthy_since_s is None:
            self._healthy_since_s = at_s
        elif at_s - self._healthy_since_s >= HEALTHY_S:
            self.load, self._healthy_since_s = Load(self.load - 1), at_s

    def _wanted(self, at_s: float, lag_s: float) -> Load:
        lagging = next((load for limit_s, load in _LAGS_S if lag_s > limit_s), Load.EASY)
        if self._is_too_slow(at_s, lag_s):
            return Load.BEHIND
        if self._pass_s > DUTY * LONGEST_INTERVAL_S:
            return max(lagging, Load.STRETCHED)
        return lagging

    def _is_too_slow(self, at_s: float, lag_s: float) -> bool:
        """Whether it has been slower than speech, and late, for a long time."""
        if self.rtf <= 1 or lag_s <= _LAGS_S[-1][0]:
            self._slow_since_s = None
            return False
        if self._slow_since_s is None:
            self._slow_since_s = at_s
        return at_s - self._slow_since_s >= TOO_SLOW_S


def _moved(average: float, value: float) -> float:
    """An exponential average that begins with its first value."""
    return average + _WEIGHT * (value - average) if average else value
