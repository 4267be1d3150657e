"""What a segment has heard, kept in the parent so that any worker can hear it again."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable

from sidecar.domain import SAMPLE_RATE_HZ, Samples
from sidecar.engine.base import SegmentOptions
from sidecar.engine.link import Close, Feed, Open
from sidecar.engine.process import WorkerProcess

FEED_BYTES = 1 << 20  # largest piece of audio in one frame: 16 s


class SegmentAudio:
    """The audio of one segment, and how much of it which worker has heard.

    Args:
        options: of the segment.
        on_restart: told when the worker that had heard it is gone, before another hears it
            again from its beginning.

    Attributes:
        id: the segment's number on the link.
        doomed: what it holds has brought down two workers, and so would more of it.
    """

    _ids = itertools.count(1)

    def __init__(
        self, options: SegmentOptions, on_restart: Callable[[], None] = lambda: None
    ) -> None:
        self.id = next(self._ids)
        self.doomed = False
        self._options = options
        self._on_restart = on_restart
        self._n_samples = 0
        self._pieces: list[bytes] = []
        self._n_sent = 0
        self._listener: WorkerProcess | None = None
        self._hash = hashlib.blake2b(digest_size=16)

    @property
    def duration_s(self) -> float:
        """Seconds of audio so far."""
        return self._n_samples / SAMPLE_RATE_HZ

    @property
    def digest(self) -> bytes:
        """Tells this audio from all other audio."""
        return self._hash.digest()

    def append(self, samples: Samples) -> None:
        """Add mono float32 samples, shape (n,). They wait here for the next `replay`."""
        if samples.dtype != "float32" or samples.ndim != 1:
            raise ValueError(f"a segment takes mono float32, not {samples.dtype} {samples.shape}")
        audio = samples.astype("<f4", copy=False).tobytes()
        self._hash.update(audio)
        self._n_samples += len(samples)
        self._pieces += [audio[at : at + FEED_BYTES] for at in range(0, len(audio), FEED_BYTES)]

    def notice_loss(self) -> None:
        """Tell once, if the worker that has heard this will hear no more of it."""
        if self._listener is not None and not self._listener.usable:
            self._listener = None
            self._on_restart()

    def replay(self, worker: WorkerProcess) -> None:
        """Have the worker hear what it has not heard yet: everything, where it is a new one."""
        if worker is not self._listener:
            own = self._options
            worker.send(Open(self.id, own.language, own.hotwords, own.context, own.live))
            self._listener, self._n_sent = worker, 0
        for piece in self._pieces[self._n_sent :]:
            worker.send(Feed(self.id, piece))
        self._n_sent = len(self._pieces)

    def forget(self) -> None:
        """Drop the audio, here and in the worker that has heard it."""
        if self._listener is not None:
            self._listener.send(Close(self.id))
        self._listener = None
        self._pieces.clear()
