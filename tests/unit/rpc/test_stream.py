from __future__ import annotations

import asyncio

import pytest

from sidecar.domain import Commit, Final, SegmentFinal, SpeechEdge
from sidecar.errors import GapError, NoSessionError
from sidecar.protocol.messages import Limits
from tests.unit.rpc.hand_led import Room, settle


async def test_chunks_reach_the_dictation_in_their_order() -> None:
    room = Room()
    peer = room.join()
    opened = room.open(peer)

    for chunk in (b"aa", b"bbbb", b"cc"):
        opened.push(peer, chunk)

    assert opened.session.chunks == [b"aa", b"bbbb", b"cc"]
    assert room.streams.ignored_pushes == 0


async def test_a_chunk_is_copied_out_of_the_memory_it_came_in() -> None:
    room = Room()
    peer = room.join()
    opened = room.open(peer)
    frame = bytearray(b"ab")

    room.streams.push(peer, opened.number, 0, memoryview(frame))
    frame[:] = b"xx"

    assert opened.session.chunks == [b"ab"]


@pytest.mark.parametrize(
    ("seq", "chunk", "kind", "detail"),
    [
        (2, b"\0\0", "GAP", "1"),
        (0, b"\0\0", "GAP", "1"),
        (1, b"\0", "BAD_AUDIO", None),
        (1, b"", "BAD_AUDIO", None),
        (1, bytes(16_002), "TOO_LARGE", None),
    ],
)
async def test_a_chunk_that_may_not_come_ends_the_dictation_with_what_came_before(
    seq: int, chunk: bytes, kind: str, detail: str | None
) -> None:
    room = Room()
    peer = room.join()
    opened = room.open(peer)
    opened.push(peer, b"ok")
    opened.session.commit("so far")

    opened.push(peer, chunk, seq=seq)
    await settle()

    commit, error, final = (told["event"] for told in room.told(peer))
    assert commit["text"] == "so far"
    assert (error["t"], error["kind"], error.get("detail")) == ("error", kind, detail)
    assert not error["recoverable"]
    assert (final["t"], final["text"], final["reason"]) == ("final", "so far", "error")
    assert opened.session.chunks == [b"ok"]


async def test_a_chunk_of_the_greatest_length_at_its_rate_is_taken() -> None:
    room = Room()
    peer = room.join()
    opened = room.open(peer, rate_hz=44_100)

    opened.push(peer, bytes(44_100))

    assert opened.stream.max_chunk_bytes == 44_100
    assert len(opened.session.chunks) == 1


async def test_more_chunks_than_there_is_credit_for_are_an_overrun() -> None:
    room = Room(Limits(stream_credit=3))
    peer = room.join()
    opened = room.open(peer)
    for _ in range(3):
        opened.push(peer)
    opened.session.on_ack(1)

    opened.push(peer)
    opened.push(peer)
    await settle()

    assert len(opened.session.chunks) == 4
    assert room.told(peer)[0]["event"]["kind"] == "OVERRUN"


async def test_credit_follows_what_is_safe_and_never_goes_back() -> None:
    room = Room(Limits(stream_credit=10))
    peer = room.join()
    opened = room.open(peer)

    for n_chunks in (1, 3, 3, 2, 7):
        opened.session.on_ack(n_chunks)

    told = [(credit["ack"], credit["limit"]) for credit in room.told(peer, "$/credit")]
    assert told == [(0, 10), (1, 11), (3, 13), (7, 17)]


async def test_what_is_pushed_after_the_end_is_ignored_and_counted() -> None:
    room = Room()
    peer = room.join()
    opened = room.open(peer)
    await opened.stream.close(0)

    opened.push(peer)
    opened.push(peer)

    assert opened.session.chunks == []
    assert room.streams.ignored_pushes == 2


@pytest.mark.parametrize("seq", [1, 3])
async def test_a_flush_after_another_number_of_chunks_than_came_is_a_gap(seq: int) -> None:
    room = Room()
    peer = room.join()
    opened = room.open(peer)
    opened.push(peer)
    opened.push(peer)

    with pytest.raises(GapError) as caught:
        await opened.stream.flush(seq)
    await settle()

    assert caught.value.detail == "2"
    assert [told["event"]["t"] for told in room.told(peer)] == ["error", "final"]


async def test_a_close_after_a_gap_still_tells_how_it_ended() -> None:
    room = Room()
    peer = room.join()
    opened = room.open(peer)
    opened.session.commit("text")
    with pytest.raises(GapError):
        await opened.stream.close(5)

    final = await opened.stream.close(5)

    assert (final.text, final.reason) == ("text", "error")
    assert [told["event"]["t"] for told in room.told(peer)].count("final") == 1


async def test_a_cancelled_close_goes_on_and_can_be_called_again() -> None:
    room = Room()
    peer = room.join()
    opened = room.open(peer)
    opened.session.may_end.clear()
    first = asyncio.create_task(opened.stream.close(0))
    await settle()

    first.cancel()
    await settle()
    opened.session.may_end.set()
    final = await opened.stream.close(0)

    assert first.cancelled()
    assert final.reason == "close"
    assert [told["event"]["t"] for told in room.told(peer)] == ["final"]


async def test_a_cancelled_flush_does_no_harm() -> None:
    room = Room()
    peer = room.join()
    opened = room.open(peer)
    opened.push(peer)
    flush = asyncio.create_task(opened.stream.flush(1))
    await settle()

    flush.cancel()
    await settle()
    opened.push(peer)
    opened.session.flushes[1].set_result(None)
    await settle()

    assert [told["event"]["t"] for told in room.told(peer)] == ["flushed"]
    assert len(opened.session.chunks) == 2


async def test_a_flush_after_the_end_says_where_the_text_is() -> None:
    room = Room()
    peer = room.join()
    opened = room.open(peer)
    await opened.stream.abort(keep=False)

    with pytest.raises(NoSessionError, match=r"asr\.stream\.close"):
        await opened.stream.flush(0)


@pytest.mark.parametrize("keep", [True, False])
async def test_whichever_ends_a_dictation_first_decides_and_the_others_are_told(
    keep: bool,
) -> None:
    room = Room()
    peer = room.join()
    opened = room.open(peer)

    aborted, closed = await asyncio.gather(opened.stream.abort(keep=keep), opened.stream.close(0))

    assert aborted == closed
    assert (aborted.reason, opened.session.kept) == ("abort", keep)
    assert [told["event"]["t"] for told in room.told(peer)] == ["final"]


async def test_nothing_is_told_after_the_end() -> None:
    room = Room()
    peer = room.join()
    opened = room.open(peer)
    final: Final = await opened.stream.close(0)

    opened.session.emit(SpeechEdge("start", 1.0))
    opened.session.emit(final)

    assert [told["event"]["t"] for told in room.told(peer)] == ["final"]


async def test_a_commit_that_no_message_can_carry_comes_in_pieces() -> None:
    room = Room()
    peer = room.join()
    opened = room.open(peer)

    opened.session.commit("a" * 100_000)
    opened.session.commit("b")

    told = [told["event"] for told in room.told(peer)]
    assert [(event["offset"], len(event["text"])) for event in told] == [
        (0, 65_536),
        (65_536, 34_464),
        (100_000, 1),
    ]


async def test_a_segment_that_no_message_can_carry_ends_the_dictation_typed() -> None:
    room = Room()
    peer = room.join()
    opened = room.open(peer)
    text = "a" * 65_537
    opened.session.commit(text)

    opened.session.emit(SegmentFinal(0, text, 0.0, 1.0, "pause"))
    await settle()

    kinds = [told["event"]["t"] for told in room.told(peer)]
    assert kinds == ["commit", "commit", "error", "final"]
    assert room.told(peer)[2]["event"]["kind"] == "TOO_LARGE"


async def test_events_are_numbered_without_a_gap_where_the_client_reads() -> None:
    room = Room()
    peer = room.join()
    opened = room.open(peer)

    for _ in range(3):
        opened.session.emit(Commit(0, 0, "x", 0.0, 0.1))
        opened.session.emit(SpeechEdge("end", 0.1))

    assert [told["seq"] for told in room.told(peer)] == list(range(6))
    assert {told["stream"] for told in room.told(peer)} == {opened.number}
