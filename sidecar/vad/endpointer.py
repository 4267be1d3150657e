"""Probabilities per frame to spans of speech: onset, confirmation, end by adaptive silence.

The longer a span already is, the shorter the pause that ends it, so that a slow speaker
is not cut early and a fast one is still cut at pauses before the engine's limit. Lengths
are for dictation (the design page `streaming.md`, 1.4); the adaptive silence follows
FunASR's streaming VAD.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final, Literal

from sidecar.vad.base import FRAME_MS

ONSET_WINDOW: Final = 3  # frames, of which two must be speech


@dataclass(frozen=True, slots=True)
class EndpointerOptions:
    """When a span begins and ends.

    Attributes:
        onset: probability that two of three frames must reach to begin a span.
        sure_onset: probability with which one frame is enough.
        exit: below this a frame is silence.
        confirm_ms: a span with less voice in it is dropped: a click, not speech.
        pre_roll_ms: audio kept before the onset, since voices fade in.
        tail_ms: audio kept after the last voice.
        pauses: (age in seconds, silence in ms that ends a span that was younger than that
            when its last voice ended).
        cut_window_s: past the last of those ages a span is cut where, in this last
            stretch of it, speech is least likely: at once if that is a silence, or at
            `longest_s` whatever it is.
        longest_s: no span is longer. Ages and window are for 28 s and scale with it.
    """

    onset: float = 0.5
    sure_onset: float = 0.8
    exit: float = 0.35
    confirm_ms: int = 250
    pre_roll_ms: int = 500
    tail_ms: int = 200
    pauses: tuple[tuple[float, int], ...] = ((3, 900), (8, 700), (15, 500), (20, 300), (25, 150))
    cut_window_s: float = 5.0
    longest_s: float = 28.0

    def __post_init__(self) -> None:
        if self.longest_s < 2:
            raise ValueError(f"spans of at most {self.longest_s} s leave no room for a word")

    def scaled(self, age_s: float) -> int:
        """An age in frames, scaled to `longest_s`."""
        return frames_of(age_s * self.longest_s / 28 * 1_000)


@dataclass(frozen=True, slots=True)
class FrameSpan:
    """Speech from frame `start` to before frame `end`, counted from the stream's first."""

    start: int
    end: int
    ended: Literal["pause", "length", "flush"] = "pause"


@dataclass(frozen=True, slots=True)
class OpenFrames:
    """A span that has not ended. It would end before frame `end` if it did so now.

    Attributes:
        start: its first frame.
        end: grows with the voice; falls only when the span is cut for its length.
        n_voiced: frames of voice in it.
        n_silent: frames since the last of them.
    """

    start: int
    end: int
    n_voiced: int
    n_silent: int


class Endpointer:
    """A pure state machine: one probability in, at most one finished span out.

    Spans are ordered and disjoint. Every run of speech long enough to be confirmed is
    inside one span, or several that touch.

    Attributes:
        n_frames: how many probabilities were pushed.
        no_cut_before: a span that is cut for its length is cut at this frame or later.
    """

    def __init__(self, options: EndpointerOptions = EndpointerOptions()) -> None:
        self._options = options
        self._pauses = [(options.scaled(age_s), frames_of(ms)) for age_s, ms in options.pauses]
        self._longest = frames_of(options.longest_s * 1_000, up=False)
        self._recent: deque[float] = deque(maxlen=options.scaled(options.cut_window_s))
        self._start: int | None = None
        self._voiced = 0  # frames of voice in the open span
        self._voice_end = 0  # the frame after the last of them
        self._continues = False  # the open span is the rest of one that was cut
        self._last_end = 0
        self.n_frames = 0
        self.no_cut_before = 0

    @property
    def open(self) -> OpenFrames | None:
        """The span that has not ended, once it has enough voice to count as speech."""
        if self._start is None or not self._is_confirmed():
            return None
        return OpenFrames(
            self._start, self._end_now(), self._voiced, self.n_frames - self._voice_end
        )

    @property
    def keep_from(self) -> int:
        """The first frame that may still become part of a span."""
        if self._start is not None:
            return self._start
        return self._preceding(self.n_frames - ONSET_WINDOW + 1)

    def push(self, probability: float) -> FrameSpan | None:
        """Hear one more frame; return the span that has just ended, if one has."""
        self._recent.append(probability)
        self.n_frames += 1
        if self._start is None:
            self._begin()
            return None
        if probability >= self._options.exit:
            self._voiced += 1
            self._voice_end = self.n_frames
        return self._end()

    def flush(self) -> FrameSpan | None:
        """End the open span here and return it, if there was one. The stream may go on."""
        return None if self._start is None else self._close(self._start, "flush")

    def _preceding(self, frame: int) -> int:
        """Where a span with its onset at `frame` starts."""
        return max(self._last_end, frame - frames_of(self._options.pre_roll_ms), 0)

    def _begin(self) -> None:
        window = list(self._recent)[-ONSET_WINDOW:]
        likely = [i for i, p in enumerate(window) if p >= self._options.onset]
        if len(likely) < 2 and window[-1] < self._options.sure_onset:
            return
        onset = self.n_frames - len(window) + likely[0]
        self._start = self._preceding(onset)
        self._count_voice(onset)

    def _count_voice(self, start: int) -> None:
        """Take stock of the recent frames from `start` on."""
        recent = list(self._recent)[start - self.n_frames :]
        voiced = [i for i, p in enumerate(recent) if p >= self._options.exit]
        self._voiced = len(voiced)
        self._voice_end = start + voiced[-1] + 1 if voiced else start

    def _end(self) -> FrameSpan | None:
        assert self._start is not None
        if self.n_frames - self._voice_end >= self._pause(self._voice_end - self._start):
            return self._close(self._start, "pause")
        age = self.n_frames - self._start
        if age < self._pauses[-1][0]:
            return None
        newest_first = self._where_to_cut()
        if min(newest_first) < self._options.exit or age >= self._longest:
            return self._cut(self._start, newest_first)
        return None

    def _where_to_cut(self) -> list[float]:
        """The probabilities of the frames at which the span may be cut, newest first."""
        n_allowed = max(1, self.n_frames - self.no_cut_before)
        return list(reversed(self._recent))[:n_allowed]

    def _pause(self, age: int) -> int:
        younger = (pause for limit, pause in self._pauses if age < limit)
        return next(younger, self._pauses[-1][1])

    def _close(self, start: int, why: Literal["pause", "flush"]) -> FrameSpan | None:
        span = self._confirmed(start, self._end_now(), why)
        self._start, self._continues = None, False
        return span

    def _end_now(self) -> int:
        return min(self._voice_end + frames_of(self._options.tail_ms), self.n_frames)

    def _cut(self, start: int, newest_first: list[float]) -> FrameSpan | None:
        """End the span where speech is least likely and go on with the rest."""
        at = self.n_frames - 1 - newest_first.index(min(newest_first))
        span = self._confirmed(start, at, "length")
        self._start, self._continues = at, span is not None
        self._count_voice(at)
        return span

    def _confirmed(
        self, start: int, end: int, why: Literal["pause", "length", "flush"]
    ) -> FrameSpan | None:
        """The span, if it has enough voice in it."""
        if not self._is_confirmed():
            return None
        self._last_end = end
        return FrameSpan(start, end, why)

    def _is_confirmed(self) -> bool:
        # The rest of confirmed speech is speech, however short.
        enough = 1 if self._continues else frames_of(self._options.confirm_ms)
        return self._voiced >= enough


def frames_of(ms: float, *, up: bool = True) -> int:
    """A duration in whole frames, at least one.

    >>> frames_of(250), frames_of(28_000, up=False)
    (8, 875)
    """
    return max(1, -int(-ms // FRAME_MS) if up else int(ms // FRAME_MS))
