from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
import zmq

from sidecar.config import ConfigError
from sidecar.rpc.transport import BATCH, Frames, PeerGoneError, Pump, check_libzmq

Open = Callable[[int], "zmq.Socket[bytes]"]


@pytest.fixture
def opened() -> Iterator[Open]:
    """Opens sockets and sees to it that all are closed."""
    context = zmq.Context()
    sockets: list[zmq.Socket[bytes]] = []

    def open_one(kind: int) -> zmq.Socket[bytes]:
        sockets.append(context.socket(kind))
        return sockets[-1]

    yield open_one
    for socket in sockets:
        socket.close(0)
    context.term()


def pair(opened: Open) -> tuple[zmq.Socket[bytes], zmq.Socket[bytes]]:
    bound, connected = opened(zmq.PAIR), opened(zmq.PAIR)
    bound.bind("inproc://pair")
    connected.connect("inproc://pair")
    return bound, connected


def test_a_burst_is_delivered_whole_and_in_order(opened: Open) -> None:
    async def scenario() -> list[bytes]:
        ours, theirs = pair(opened)
        got: list[bytes] = []
        done = asyncio.Event()

        def deliver(frames: Frames) -> None:
            got.append(frames[0].bytes)
            if len(got) == 10 * BATCH:
                done.set()

        pump = Pump(ours, deliver)
        for i in range(10 * BATCH):
            theirs.send(i.to_bytes(4, "big"))
        async with asyncio.timeout(5):
            await done.wait()
        pump.close()
        return got

    assert asyncio.run(scenario()) == [i.to_bytes(4, "big") for i in range(10 * BATCH)]


def test_other_work_gets_its_turn_between_batches(opened: Open) -> None:
    async def scenario() -> int:
        ours, theirs = pair(opened)
        got = 0

        def deliver(_: Frames) -> None:
            nonlocal got
            got += 1

        for _ in range(4 * BATCH):
            theirs.send(b"")
        pump = Pump(ours, deliver)
        turns = []
        for _ in range(20):
            await asyncio.sleep(0)
            turns.append(got)
        pump.close()
        assert turns[-1] == 4 * BATCH
        return max(taken - before for before, taken in pairwise([0, *turns]))

    assert asyncio.run(scenario()) <= 2 * BATCH


def test_two_ends_that_answer_each_other_never_stop(
    opened: Open,
) -> None:
    """Sending swallows the descriptor's edge; a message that came meanwhile must not wait."""

    async def scenario() -> None:
        ours, theirs = pair(opened)
        done = asyncio.Event()

        def bounce(frames: Frames) -> None:
            count = int.from_bytes(frames[0].bytes, "big")
            if count == 2000:
                done.set()
            else:
                loop.call_soon(one.send, [(count + 1).to_bytes(4, "big")])

        loop = asyncio.get_running_loop()
        one = Pump(ours, bounce)

        def echo(frames: Frames) -> None:
            two.send([frames[0].bytes])

        two = Pump(theirs, echo)
        for start in (0, 0, 0):
            one.send([start.to_bytes(4, "big")])
        async with asyncio.timeout(10):
            await done.wait()
        one.close()
        two.close()

    asyncio.run(scenario())


def test_a_reader_without_room_is_told_and_gets_the_rest_when_woken(
    opened: Open,
) -> None:
    async def scenario() -> int:
        ours, theirs = opened(zmq.PAIR), opened(zmq.PAIR)
        ours.setsockopt(zmq.SNDHWM, 2)
        theirs.setsockopt(zmq.RCVHWM, 2)
        ours.bind("inproc://narrow")
        theirs.connect("inproc://narrow")
        woken = asyncio.Event()
        pump = Pump(ours, lambda _: None, woken.set)
        sent = 0
        while pump.send([b"x"]):
            sent += 1
        await asyncio.sleep(0)
        woken.clear()
        for _ in range(sent):
            theirs.recv()
        async with asyncio.timeout(5):
            await woken.wait()
        assert pump.send([b"x"])
        pump.close()
        return sent

    assert asyncio.run(scenario()) == 4


def test_a_delivery_that_fails_does_not_hold_up_what_came_after_it(opened: Open) -> None:
    async def scenario() -> list[bytes]:
        ours, theirs = pair(opened)
        got: list[bytes] = []
        all_came = asyncio.Event()
        failed: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, what: failed.append(what))

        def deliver(frames: Frames) -> None:
            got.append(frames[0].bytes)
            if got == [b"bad"]:
                raise RuntimeError
            if len(got) == 3:
                all_came.set()

        pump = Pump(ours, deliver)
        for _ in range(3):
            await asyncio.sleep(0)  # its first look is behind it: the rest hangs on one edge
        for body in (b"bad", b"good", b"better"):
            theirs.send(body)
        async with asyncio.timeout(5):
            await all_came.wait()
        pump.close()
        assert len(failed) == 1
        return got

    assert asyncio.run(scenario()) == [b"bad", b"good", b"better"]


def test_draining_now_takes_all_that_has_come(opened: Open) -> None:
    async def scenario() -> int:
        ours, theirs = pair(opened)
        got: list[Frames] = []
        pump = Pump(ours, got.append)
        for _ in range(3 * BATCH):
            theirs.send(b"")
        pump.drain_now()
        pump.close()
        return len(got)

    assert asyncio.run(scenario()) == 3 * BATCH


def test_sending_to_a_client_that_is_not_there_says_so(
    opened: Open,
) -> None:
    async def scenario() -> None:
        router = opened(zmq.ROUTER)
        router.setsockopt(zmq.ROUTER_MANDATORY, 1)
        pump = Pump(router, lambda _: None)
        with pytest.raises(PeerGoneError):
            pump.send([b"nobody", b"x"])
        pump.close()

    asyncio.run(scenario())


def test_closing_from_within_a_delivery_ends_it_quietly(
    opened: Open,
) -> None:
    async def scenario() -> int:
        ours, theirs = pair(opened)
        got = 0

        def deliver(_: Frames) -> None:
            nonlocal got
            got += 1
            pump.close()

        for _ in range(3):
            theirs.send(b"")
        pump = Pump(ours, deliver)
        await asyncio.sleep(0.05)
        return got

    assert asyncio.run(scenario()) == 1


def test_a_libzmq_without_encryption_or_too_old_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    check_libzmq()

    monkeypatch.setattr(zmq, "zmq_version_info", lambda: (4, 3, 4))
    with pytest.raises(ConfigError, match=r"older than 4\.3\.5"):
        check_libzmq()
    monkeypatch.setattr(zmq, "has", lambda _: False)
    with pytest.raises(ConfigError, match="no CURVE"):
        check_libzmq()
