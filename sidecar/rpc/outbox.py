"""What waits for a client to read it: bounded, and newest first where only that counts."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from itertools import count
from typing import TypeVar, cast

from sidecar.clock import Clock
from sidecar.protocol.messages import Limits

T = TypeVar("T")


class Outbox:
    """One client's messages, in the order in which they were put.

    Three classes: what *must* arrive; what only matters while it is the *latest* of its
    key; and what is *appended* to an older one of its key. A newer one takes the place of
    the older at the end of the queue, so that numbers within messages keep rising.

    Args:
        send: tries to send the frames of one message; False if the client has no room for it.
    """

    def __init__(
        self, limits: Limits, clock: Clock, send: Callable[[Sequence[bytes]], bool]
    ) -> None:
        self._limits = limits
        self._clock = clock
        self._send = send
        self._waiting: OrderedDict[int, tuple[Sequence[bytes], Hashable, object]] = OrderedDict()
        self._latest: dict[Hashable, int] = {}
        self._numbers = count()
        self._bytes = 0
        self._stuck_since_s: float | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, header: bytes, binaries: Sequence[bytes] = ()) -> bool:
        """Send now or later what must arrive. False if it can do neither: the client is lost."""
        frames = (header, *binaries)
        if not self._waiting and self._send(frames):
            return True
        if not self._has_room_for(frames):
            return False
        self._append(frames, None, None)
        return True

    def put_latest(self, key: Hashable, header: bytes, content: object = None) -> None:
        """Send now or later, unless a newer message of the same key comes before it left."""
        if not self._waiting and self._send((header,)):
            return
        older = self._latest.get(key)
        if older is not None:
            self._remove(older)
        if self._has_room_for((header,)):
            self._append((header,), key, content)

    def put_append(
        self,
        key: Hashable,
        content: T,
        join: Callable[[T, T], T | None],
        encode: Callable[[T], bytes],
    ) -> None:
        """Send now or later, joined with the newest of the same key that has not left.

        Where `join` gives None, the two do not fit into one message and both are sent.
        """
        older = self._latest.get(key)
        if older is not None:
            joined = join(cast("T", self._waiting[older][2]), content)
            if joined is None:
                del self._latest[key]
            else:
                content = joined
        self.put_latest(key, encode(content), content)

    def flush(self) -> None:
        """Send what there is room for."""
        while self._waiting:
            number, (frames, _, _) = next(iter(self._waiting.items()))
            if not self._send(frames):
                return
            self._remove(number)
            self._stuck_since_s = self._clock.now_s()

    def is_stalled(self) -> bool:
        """Whether messages wait and the client has taken none of them for too long."""
        if not self._waiting or self._stuck_since_s is None:
            return False
        return self._clock.now_s() - self._stuck_since_s > self._limits.outbox_stall_ms / 1000

    def clear(self) -> None:
        """Forget everything."""
        self._waiting.clear()
        self._latest.clear()
        self._bytes = 0

    def _has_room_for(self, frames: Sequence[bytes]) -> bool:
        fits = self._bytes + _size(frames) <= self._limits.outbox_bytes
        return fits and len(self._waiting) < self._limits.outbox_messages

    def _append(self, frames: Sequence[bytes], key: Hashable, content: object) -> None:
        if not self._waiting:
            self._stuck_since_s = self._clock.now_s()
        number = next(self._numbers)
        self._waiting[number] = (frames, key, content)
        self._bytes += _size(frames)
        if key is not None:
            self._latest[key] = number

    def _remove(self, number: int) -> None:
        frames, key, _ = self._waiting.pop(number)
        self._bytes -= _size(frames)
        if key is not None and self._latest.get(key) == number:
            del self._latest[key]


def _size(frames: Sequence[bytes]) -> int:
    return sum(map(len, frames))
