from __future__ import annotations

import asyncio

import pytest

from sidecar.errors import BusyError, NoSessionError
from sidecar.protocol.messages import Limits
from tests.unit.rpc.hand_led import Room, settle

TOKEN = "0" * 32


async def test_a_client_has_as_many_dictations_as_it_may_and_others_have_theirs() -> None:
    room = Room(Limits(max_streams=2))
    peer, other = room.join(), room.join()
    first = room.open(peer)
    room.open(peer)

    with pytest.raises(BusyError) as caught:
        room.open(peer)
    room.open(other)
    await first.stream.close(0)
    room.open(peer)

    assert (caught.value.retry_after_ms or 0) > 0
    assert len(room.streams) == 3


async def test_dictations_that_nobody_holds_count_for_all() -> None:
    room = Room(Limits(max_streams=1, max_clients=2))
    for _ in range(2):
        peer = room.join()
        room.open(peer)
        room.peers.drop(peer)

    with pytest.raises(BusyError):
        room.open(room.join())


async def test_a_client_that_never_closes_what_has_failed_is_not_locked_out() -> None:
    room = Room(Limits(max_streams=2))
    peer = room.join()
    for _ in range(20):
        room.open(peer).push(peer, b"odd")
        await settle()

    assert len(room.streams) == 0
    assert len(list(room.streams)) <= 3


async def test_a_dictation_is_its_own_clients_alone() -> None:
    room = Room()
    peer, other = room.join(), room.join()
    opened = room.open(peer)

    opened.push(other)

    assert opened.session.chunks == []
    assert room.streams.ignored_pushes == 1
    with pytest.raises(NoSessionError):
        room.streams.find(other, opened.number)
    with pytest.raises(NoSessionError):
        room.streams.find(peer, opened.number + 1)


async def test_a_dictation_goes_on_without_its_connection_and_is_taken_up_again() -> None:
    room = Room()
    old = room.join()
    opened = room.open(old)
    opened.push(old)
    room.peers.drop(old)
    opened.session.commit("meanwhile")
    opened.session.on_ack(1)

    new = room.join()
    resumed = room.streams.resume(new, opened.stream.token)
    resumed.attach(new, 0)
    opened.push(new)

    assert (resumed.number, resumed.received, resumed.text) == (opened.number, 2, "meanwhile")
    assert [told["event"]["text"] for told in room.told(new)] == ["meanwhile"]
    assert room.told(new, "$/credit") == [{"stream": 0, "ack": 1, "limit": 101}]


async def test_who_resumes_takes_the_dictation_from_a_connection_that_hangs() -> None:
    room = Room()
    old, new = room.join(), room.join()
    opened = room.open(old)

    room.streams.resume(new, opened.stream.token).attach(new, 0)
    opened.push(old)
    room.peers.drop(old)
    opened.session.commit("text")

    assert opened.session.chunks == []
    assert [told["event"]["text"] for told in room.told(new)] == ["text"]
    assert room.told(old) == []


async def test_a_wrong_token_and_a_client_of_another_role_get_nothing() -> None:
    room = Room()
    owner, guest = room.join("owner"), room.join("guest")
    opened = room.open(owner)
    room.peers.drop(owner)

    with pytest.raises(NoSessionError):
        room.streams.resume(room.join("owner"), TOKEN)
    with pytest.raises(NoSessionError):
        room.streams.resume(guest, opened.stream.token)


async def test_a_client_cannot_resume_more_dictations_than_it_may_have() -> None:
    room = Room(Limits(max_streams=1))
    peer, gone = room.join(), room.join()
    room.open(peer)
    left = room.open(gone)
    room.peers.drop(gone)

    with pytest.raises(BusyError):
        room.streams.resume(peer, left.stream.token)
    room.streams.resume(room.join(), left.stream.token)


async def test_a_dictation_waits_for_its_client_and_then_ends_with_its_recording_kept() -> None:
    room = Room(Limits(resume_ms=10_000))
    peer = room.join()
    opened = room.open(peer)
    token = opened.stream.token
    opened.session.commit("so far")
    room.clock.advance(60)
    room.streams.expire()
    room.peers.drop(peer)

    room.clock.advance(10)
    room.streams.expire()
    await settle()
    still_there = opened.session.kept
    room.clock.advance(0.1)
    room.streams.expire()
    await settle()

    assert still_there is None
    assert opened.session.kept is True
    assert len(room.streams) == 0
    late = room.join()
    room.streams.resume(late, token).attach(late, 1)
    assert room.told(late)[0]["event"]["reason"] == "abort"


async def test_how_a_dictation_ended_is_remembered_for_a_while_and_then_forgotten() -> None:
    room = Room(Limits(resume_ms=10_000))
    peer = room.join()
    opened = room.open(peer)
    token = opened.stream.token
    await opened.stream.close(0)
    room.clock.advance(60)
    room.peers.drop(peer)

    room.clock.advance(9)
    room.streams.expire()
    late = room.join()
    room.streams.resume(late, token).attach(late, 0)
    room.peers.drop(late)
    room.clock.advance(11)
    room.streams.expire()

    assert [told["event"]["t"] for told in room.told(late)] == ["final"]
    with pytest.raises(NoSessionError):
        room.streams.resume(room.join(), token)


async def test_a_dictation_that_is_closing_is_let_finish_though_its_client_is_gone() -> None:
    room = Room(Limits(resume_ms=10_000))
    peer = room.join()
    opened = room.open(peer)
    token = opened.stream.token
    opened.session.may_end.clear()
    closing = asyncio.create_task(opened.stream.close(0))
    await settle()
    room.peers.drop(peer)
    closing.cancel()

    room.clock.advance(100)
    room.streams.expire()
    opened.session.may_end.set()
    await settle()
    room.streams.expire()
    late = room.join()
    room.streams.resume(late, token).attach(late, 0)

    assert opened.session.kept is None
    assert room.told(late)[0]["event"]["reason"] == "close"


async def test_a_sidecar_that_leaves_ends_all_dictations_and_keeps_their_recordings() -> None:
    room = Room()
    peer, gone = room.join(), room.join()
    one, other = room.open(peer), room.open(gone)
    room.peers.drop(gone)
    one.session.commit("so far")

    await room.streams.break_off(1.0)

    assert (one.session.kept, other.session.kept) == (True, True)
    assert len(room.streams) == 0
    commit, error, final = (told["event"] for told in room.told(peer))
    assert (commit["t"], error["kind"], final["t"]) == ("commit", "CANCELLED", "final")
    assert not error["recoverable"]


async def test_a_sidecar_that_leaves_waits_for_a_close_but_not_for_ever() -> None:
    room = Room()
    peer = room.join()
    opened = room.open(peer)
    opened.session.may_end.clear()
    closing = asyncio.create_task(opened.stream.close(0))
    await settle()

    await room.streams.break_off(0.01)
    unended = opened.stream.final
    opened.session.may_end.set()

    assert unended is None
    assert (await closing).reason == "close"
