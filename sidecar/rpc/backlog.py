"""Audio that a client has, and its sidecar may not have yet."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice


class Backlog:
    """The chunks of a dictation from the first that is not acknowledged.

    Attributes:
        n_acknowledged: how many chunks are safe, and not here any more.
        next_push: the number of the first chunk that is not sent yet.
    """

    def __init__(self) -> None:
        self.n_acknowledged = 0
        self.next_push = 0
        self._acknowledged_bytes = 0
        self._chunks: deque[bytes] = deque()

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._chunks)

    def __len__(self) -> int:
        return len(self._chunks)

    @property
    def waiting_bytes(self) -> int:
        """The size of what is not sent yet."""
        n_sent = self.next_push - self.n_acknowledged
        return sum(len(chunk) for chunk in islice(self._chunks, n_sent, None))

    def add(self, chunk: bytes) -> None:
        """Keep another chunk."""
        self._chunks.append(chunk)

    def due(self, limit: int) -> bytes | None:
        """The chunk `next_push`, if there is one and its number is below `limit`."""
        n_sent = self.next_push - self.n_acknowledged
        if self.next_push >= limit or n_sent >= len(self._chunks):
            return None
        return self._chunks[n_sent]

    def acknowledge(self, ack: int) -> None:
        """Let go of the chunks before number `ack`: they are safe."""
        while self._chunks and self.n_acknowledged < ack:
            self._acknowledged_bytes += len(self._chunks.popleft())
            self.n_acknowledged += 1

    def after(self, n_bytes: int) -> bytes:
        """What is here of the audio after its first `n_bytes`."""
        return b"".join(self._chunks)[max(0, n_bytes - self._acknowledged_bytes) :]
