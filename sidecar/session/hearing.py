"""The audio thread of a dictation: what was pushed becomes safe, then sound with levels.

    chunk -> Recording -> float32 -> 16 kHz -> frames, levels, speech probabilities

It never waits for an engine, and nothing after it happens here: what comes of a chunk is
told as a frozen value.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from sidecar.audio.level import BIN_SAMPLES, LevelMeter
from sidecar.audio.resample import Resampler
from sidecar.domain import SAMPLE_RATE_HZ, Level, Samples
from sidecar.errors import DiskFullError, InternalError, SottoError
from sidecar.vad.base import FRAME_SAMPLES, Vad

if TYPE_CHECKING:
    import numpy.typing as npt

    from sidecar.session.recording import Recording

BIN_S: Final = BIN_SAMPLES / SAMPLE_RATE_HZ

SILENCE: Final = np.empty(0, np.float32)
"""No samples at all."""

_log = logging.getLogger(__name__)


class Mark(Enum):
    """A place in the audio: all before it is to be heard to its last sample."""

    FLUSH = auto()
    CLOSE = auto()


@dataclass(frozen=True, slots=True)
class Sound:
    """What has been heard since the last one.

    Attributes:
        n_chunks: how many chunks of the dictation are safe and heard.
        samples: mono 16 kHz float32, shape (n * 512,).
        speech: float32, shape (n,): how likely each frame is speech.
        level: the loudness of the same frames; None where there are none.
        mark: the mark that is reached after these samples and the `tail`.
        tail: at a mark, the samples after the last whole frame, fewer than 512. They are the
            beginning of the next frame too, if more is pushed.
    """

    n_chunks: int
    samples: Samples
    speech: npt.NDArray[np.float32]
    level: Level | None
    mark: Mark | None = None
    tail: Samples = field(default_factory=lambda: SILENCE)


@dataclass(frozen=True, slots=True)
class Unsafe:
    """The audio is not kept on disk from here on; the dictation goes on."""

    error: SottoError


@dataclass(frozen=True, slots=True)
class Deaf:
    """Nothing is heard from here on."""

    error: SottoError


Told: TypeAlias = Sound | Unsafe | Deaf


class Hearing:
    """Hears one dictation in a thread of its own, in the order things were put.

    What waits here is bounded by whoever pushes: chunks count as waiting until the `Sound`
    that has them in `n_chunks`.

    Args:
        rate_hz: of the audio that is put.
        begin_recording: begins to keep the audio; called in the thread. None keeps nothing.
        make_vad: called in the thread, as loading a detector takes time.
        tell: told what comes of it, in the thread.
    """

    def __init__(
        self,
        rate_hz: int,
        begin_recording: Callable[[], Recording] | None,
        make_vad: Callable[[], Vad],
        tell: Callable[[Told], None],
    ) -> None:
        self._rate_hz = rate_hz
        self._begin_recording = begin_recording
        self._make_vad = make_vad
        self._tell = tell
        self._queue: queue.SimpleQueue[bytes | Mark | None] = queue.SimpleQueue()
        self._abandoned = False
        self._n_chunks = 0
        self._n_heard = 0
        self._resampler = Resampler(rate_hz)
        self._meter = LevelMeter()
        self._rest: Samples = SILENCE
        self._vad: Vad | None = None
        self.recording: Recording | None = None
        self._thread = threading.Thread(target=self._run, name="hearing", daemon=True)
        self._thread.start()

    def put(self, item: bytes | Mark) -> None:
        """Hear a chunk (PCM, signed 16 bits, little endian), or reach a mark. Never blocks.

        `Mark.CLOSE` is the last.
        """
        self._queue.put(item)

    def abandon(self) -> None:
        """Hear no more: what waits is dropped. Never blocks."""
        self._abandoned = True
        self._queue.put(None)

    def join(self) -> None:
        """Wait for the thread's end, which `Mark.CLOSE` or `abandon` bring about."""
        self._thread.join()

    def _run(self) -> None:
        try:
            self.recording = self._recording()
            self._vad = self._make_vad()
            self._vad.reset()
            item = self._queue.get()
            while item is not None and not self._abandoned:
                self._hear(item)
                item = None if item is Mark.CLOSE else self._queue.get()
        except Exception as error:  # whatever it is, somebody is waiting to be told
            _log.exception("the audio thread failed")
            self._tell(Deaf(_typed(error)))
            self._only_record()

    def _only_record(self) -> None:
        """Keep what is pushed until everybody knows that it is not heard."""
        item = self._queue.get()
        while item is not None and item is not Mark.CLOSE and not self._abandoned:
            if isinstance(item, bytes):
                self._keep(item)
            item = self._queue.get()

    def _recording(self) -> Recording | None:
        if self._begin_recording is None:
            return None
        try:
            return self._begin_recording()
        except DiskFullError as error:
            self._tell(Unsafe(error))
            return None

    def _hear(self, item: bytes | Mark) -> None:
        if isinstance(item, Mark):
            self._reach(item)
        else:
            self._keep(item)
            # 32768, not 32767: keeps -32768 at exactly -1.0
            pcm = np.frombuffer(item, "<i2").astype(np.float32) / np.float32(32768)
            samples = self._resampler.push(pcm)
            self._n_chunks += 1
            self._tell(self._sound(self._whole_frames(samples)))

    def _keep(self, pcm: bytes) -> None:
        if self.recording is None:
            return
        try:
            self.recording.append(pcm)
        except DiskFullError as error:
            self._tell(Unsafe(error))

    def _reach(self, mark: Mark) -> None:
        """Hear what the resampler still holds."""
        samples = self._whole_frames(self._resampler.flush())
        self._resampler = Resampler(self._rate_hz)
        self._tell(replace(self._sound(samples), mark=mark, tail=self._rest))

    def _whole_frames(self, samples: Samples) -> Samples:
        samples = np.concatenate((self._rest, samples))
        whole = len(samples) - len(samples) % FRAME_SAMPLES
        self._rest = samples[whole:].copy()
        return samples[:whole]

    def _sound(self, samples: Samples) -> Sound:
        assert self._vad is not None
        speech = self._vad.probabilities(samples.reshape(-1, FRAME_SAMPLES))
        start_s = self._n_heard / SAMPLE_RATE_HZ
        self._n_heard += len(samples)
        peak, rms = self._meter.push(samples)
        values = (tuple(each.tolist()) for each in (peak, rms, speech))
        level = Level(start_s, BIN_S, *values) if len(speech) else None
        return Sound(self._n_chunks, samples, speech, level)


def _typed(error: Exception) -> SottoError:
    if isinstance(error, SottoError):
        return error
    return InternalError("Sotto failed while listening; the log says where. Dictate again.")
