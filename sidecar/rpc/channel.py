"""A dictation's way to its client, over whichever connection that has at the time."""

from __future__ import annotations

from collections import deque

from sidecar.protocol.codec import encode_notification
from sidecar.protocol.messages import CreditParams, Event, EventParams, Limits
from sidecar.rpc.peers import Peer
from sidecar.rpc.telling import Post, delivery_of, tell


class Channel:
    """Numbers the events of a dictation, tells them, and keeps those that must arrive.

    Without a connection only the latter are numbered; they are told when there is one again.

    Attributes:
        peer: the connection, or None while there is none.

    Args:
        number: the dictation's.
        post: sends what must arrive.
    """

    def __init__(self, number: int, limits: Limits, post: Post) -> None:
        self.peer: Peer | None = None
        self._number = number
        self._post = post
        self._next_event = 0
        self._kept: deque[tuple[int, bytes]] = deque(maxlen=limits.event_ring)

    def tell(self, event: Event) -> None:
        """Tell of an event, or keep it for later if it must arrive."""
        if delivery_of(event) != "must":
            if self.peer is not None:
                tell(self.peer, self._key, event, self._numbered, self._post)
            return
        seq, header = self._next_event, self._numbered(event)
        self._kept.append((seq, header))
        if self.peer is not None:
            self._post(self.peer, header)

    def tell_credit(self, ack: int, limit: int) -> None:
        """Tell how many chunks are safe, and the first that may not be pushed yet."""
        if self.peer is not None:
            credit = CreditParams(stream=self._number, ack=ack, limit=limit)
            header = encode_notification("$/credit", credit)
            self.peer.outbox.put_latest((self._key, "credit"), header)

    def attach(self, peer: Peer, next_event: int) -> None:
        """Tell that client from now on, beginning with what is kept from `next_event` on."""
        self.peer = peer
        for seq, header in list(self._kept):
            if seq >= next_event and self.peer is peer:  # it is lost when it reads too slowly
                self._post(peer, header)

    @property
    def _key(self) -> tuple[str, int]:
        return ("stream", self._number)

    def _numbered(self, event: Event) -> bytes:
        seq, self._next_event = self._next_event, self._next_event + 1
        params = EventParams(stream=self._number, seq=seq, event=event)
        return encode_notification("$/event", params)
