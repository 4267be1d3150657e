"""Telling a client what happens: each event as its class in the schema says."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Literal, TypeAlias

from sidecar.protocol.messages import EVENTS, Event
from sidecar.rpc.joining import join_events
from sidecar.rpc.peers import Peer

Post: TypeAlias = Callable[[Peer, bytes], None]
"""Sends a client what it must get, now or later; if that cannot be, the client is dropped."""


def name_of(event: Event) -> str:
    """The name of an event in the schema."""
    return str(event.__struct_config__.tag)


def delivery_of(event: Event) -> Literal["must", "latest", "append"]:
    """The class of an event."""
    return EVENTS[name_of(event)].delivery


def tell(
    peer: Peer, owner: Hashable, event: Event, number: Callable[[Event], bytes], post: Post
) -> None:
    """Tell a client of an event.

    Args:
        peer: who is told.
        owner: whose events they are: only those of one owner replace or join one another.
        event: what happened.
        number: gives the event its number, and the header that tells it.
        post: sends what must arrive.
    """
    match delivery_of(event):
        case "append":
            peer.outbox.put_append((owner, name_of(event)), event, join_events, number)
        case "latest":
            peer.outbox.put_latest((owner, name_of(event)), number(event))
        case "must":
            post(peer, number(event))
