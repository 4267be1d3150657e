from __future__ import annotations

from typing import Any

from sidecar.protocol.messages import (
    FlushedEvent,
    LevelEvent,
    Limits,
    PartialEvent,
    StatusEvent,
)
from sidecar.rpc.channel import Channel
from sidecar.rpc.peers import Peer
from tests.unit.rpc.hand_led import Room

STATUS = StatusEvent(state="speech", lag_ms=0, rtf_permille=0, interval_ms=0)


def partial(revision: int) -> PartialEvent:
    return PartialEvent(segment=0, revision=revision, text="", stable_chars=0)


def level(start_ms: int) -> LevelEvent:
    return LevelEvent(
        start_ms=start_ms,
        bin_ms=32,
        peak_permille=(1,),
        rms_permille=(1,),
        speech_permille=(1,),
    )


def seqs(room: Room, peer: Peer) -> list[Any]:
    return [told["seq"] for told in room.told(peer)]


def types(room: Room, peer: Peer) -> list[Any]:
    return [told["event"]["t"] for told in room.told(peer)]


def channel(room: Room) -> Channel:
    return Channel(7, room.limits, room._post)


async def test_what_must_arrive_is_told_when_there_is_a_connection_again() -> None:
    room = Room()
    peer = room.join()
    events = channel(room)

    events.tell(FlushedEvent(seq=1))
    events.tell(partial(0))
    events.tell(STATUS)
    events.tell(level(0))
    events.tell(FlushedEvent(seq=2))
    events.attach(peer, 0)

    assert types(room, peer) == ["flushed", "flushed"]
    assert seqs(room, peer) == [0, 1]


async def test_only_what_the_client_has_not_seen_is_told_again() -> None:
    room = Room()
    old, new = room.join(), room.join()
    events = channel(room)
    events.attach(old, 0)
    for seq in range(5):
        events.tell(FlushedEvent(seq=seq))
        events.tell(partial(seq))

    events.attach(new, 5)
    events.tell(FlushedEvent(seq=5))

    assert seqs(room, old) == list(range(10))
    assert seqs(room, new) == [6, 8, 10]


async def test_as_many_events_are_kept_as_announced_the_newest_ones() -> None:
    room = Room(Limits(event_ring=3))
    peer = room.join()
    events = channel(room)
    for seq in range(10):
        events.tell(FlushedEvent(seq=seq))

    events.attach(peer, 0)

    assert seqs(room, peer) == [7, 8, 9]


async def test_a_slow_client_gets_joined_levels_and_the_latest_of_the_rest() -> None:
    room = Room()
    peer = room.join()
    events = channel(room)
    events.attach(peer, 0)
    room.deaf.add(peer.key)
    for number in range(4):
        events.tell(level(32 * number))
        events.tell(partial(number))
        events.tell(STATUS)
        events.tell_credit(number, number + 100)
        events.tell(FlushedEvent(seq=number))

    room.deaf.clear()
    peer.outbox.flush()

    told = [each["event"] for each in room.told(peer)]
    assert [event["seq"] for event in told if event["t"] == "flushed"] == [0, 1, 2, 3]
    assert [event["revision"] for event in told if event["t"] == "partial"] == [3]
    assert [event["peak_permille"] for event in told if event["t"] == "level"] == [[1] * 4]
    assert [event["t"] for event in told].count("status") == 1
    assert seqs(room, peer) == sorted(seqs(room, peer))
    assert room.told(peer, "$/credit") == [{"stream": 7, "ack": 3, "limit": 103}]


async def test_two_dictations_of_one_slow_client_do_not_replace_each_others_events() -> None:
    room = Room()
    peer = room.join()
    one, other = channel(room), Channel(8, room.limits, room._post)
    one.attach(peer, 0)
    other.attach(peer, 0)
    room.deaf.add(peer.key)

    for events in (one, other):
        events.tell(partial(1))
        events.tell_credit(1, 2)
    room.deaf.clear()
    peer.outbox.flush()

    assert [told["stream"] for told in room.told(peer)] == [7, 8]
    assert [told["stream"] for told in room.told(peer, "$/credit")] == [7, 8]


async def test_a_client_that_cannot_take_what_it_missed_is_lost_without_losing_the_rest() -> None:
    room = Room(Limits(outbox_messages=2))
    deaf, patient = room.join(), room.join()
    opened = room.open(deaf)
    opened.stream.detach()
    for word in "abcdef":
        opened.session.commit(word)
    room.deaf.add(deaf.key)

    opened.stream.attach(deaf, 0)
    left = opened.stream.peer
    opened.stream.attach(patient, 0)

    assert (left, deaf.gone) == (None, True)
    assert [told["event"]["text"] for told in room.told(patient)] == list("abcdef")
