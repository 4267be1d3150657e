"""What waits for a client to read it: bounded, and newest first where only that counts."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from itertools import count

from sidecar.clock import Clock
from sidecar.protocol.messages import Limits


class Outbox:
    """One client's messages, in the order in which they were put.

    Two classes: what *must* arrive, and what only matters while it is the *latest* of its
    key. A newer one takes an older one's place at the end of the queue, so that numbers
    within messages keep rising.

    Args:
        send: tries to send one header; False if the client has no room for it.
    """

    def __init__(self, limits: Limits, clock: Clock, send: Callable[[bytes], bool]) -> None:
        self._limits = limits
        self._clock = clock
        self._send = send
        self._waiting: OrderedDict[int, tuple[bytes, Hashable]] = OrderedDict()
        self._latest: dict[Hashable, int] = {}
        self._numbers = count()
        self._bytes = 0
        self._stuck_since_s: float | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, header: bytes) -> bool:
        """Send now or later what must arrive. False if it can do neither: the client is lost."""
        if not self._waiting and self._send(header):
            return True
        if not self._has_room_for(header):
            return False
        self._append(header, None)
        return True

    def put_latest(self, key: Hashable, header: bytes) -> None:
        """Send now or later, unless a newer message of the same key comes before it left."""
        if not self._waiting and self._send(header):
            return
        older = self._latest.get(key)
        if older is not None:
            self._remove(older)
        if self._has_room_for(header):
            self._append(header, key)

    def flush(self) -> None:
        """Send what there is room for."""
        while self._waiting:
            number, (header, _) = next(iter(self._waiting.items()))
            if not self._send(header):
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

    def _has_room_for(self, header: bytes) -> bool:
        fits = self._bytes + len(header) <= self._limits.outbox_bytes
        return fits and len(self._waiting) < self._limits.outbox_messages

    def _append(self, header: bytes, key: Hashable) -> None:
        if not self._waiting:
            self._stuck_since_s = self._clock.now_s()
        number = next(self._numbers)
        self._waiting[number] = (header, key)
        self._bytes += len(header)
        if key is not None:
            self._latest[key] = number

    def _remove(self, number: int) -> None:
        header, key = self._waiting.pop(number)
        self._bytes -= len(header)
        if key is not None:
            del self._latest[key]
