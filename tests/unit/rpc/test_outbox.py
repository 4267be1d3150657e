from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sidecar.protocol.messages import Limits
from sidecar.rpc.outbox import Outbox
from sidecar.testing.clock import ManualClock

LIMITS = Limits(outbox_messages=4, outbox_bytes=40, outbox_stall_ms=10_000)


class Reader:
    """A client that takes messages while it has room."""

    def __init__(self, room: int = 0) -> None:
        self.room = room
        self.got: list[bytes] = []

    def send(self, frames: Sequence[bytes]) -> bool:
        if not self.room:
            return False
        self.room -= 1
        self.got += frames
        return True


def outbox(send: Callable[[Sequence[bytes]], bool], clock: ManualClock | None = None) -> Outbox:
    return Outbox(LIMITS, clock or ManualClock(), send)


def test_a_reader_with_room_gets_everything_at_once() -> None:
    reader = Reader(room=3)
    box = outbox(reader.send)

    box.put(b"a")
    box.put_latest("k", b"b")
    box.put(b"c")

    assert reader.got == [b"a", b"b", b"c"]
    assert len(box) == 0


def test_only_the_latest_of_a_key_is_sent_and_in_its_own_place() -> None:
    reader = Reader()
    box = outbox(reader.send)
    box.put_latest("progress", b"old")
    box.put(b"segment")
    box.put_latest("progress", b"new")

    reader.room = 9
    box.flush()

    assert reader.got == [b"segment", b"new"]


def test_binary_frames_go_with_their_header_and_count_for_the_room() -> None:
    reader = Reader()
    box = outbox(reader.send)
    too_much = LIMITS.outbox_bytes - len(b"header") - len(b"audio")

    assert box.put(b"header", (b"audio",))
    assert not box.put(b"", (bytes(too_much + 1),))
    assert box.put(b"", (bytes(too_much),))
    reader.room = 1
    box.flush()

    assert reader.got == [b"header", b"audio"]


def add(box: Outbox, text: str) -> None:
    """Append letters; at most three fit into one message."""
    box.put_append(
        "letters", text, lambda a, b: a + b if len(a + b) <= 3 else None, lambda t: t.encode()
    )


def test_what_is_appended_is_joined_while_it_waits_and_loses_nothing() -> None:
    reader = Reader()
    box = outbox(reader.send)
    for letter in "abcdefg":
        add(box, letter)

    reader.room = 9
    box.flush()

    assert reader.got == [b"abc", b"def", b"g"]


def test_what_is_appended_to_nothing_that_waits_is_sent_at_once() -> None:
    reader = Reader(room=1)
    box = outbox(reader.send)
    add(box, "a")
    add(box, "b")
    box.put(b"segment")
    add(box, "c")

    reader.room = 9
    box.flush()

    assert reader.got == [b"a", b"segment", b"bc"]


def test_nothing_overtakes_what_waits() -> None:
    reader = Reader()
    box = outbox(reader.send)
    box.put(b"first")

    reader.room = 9
    box.put(b"second")
    box.flush()

    assert reader.got == [b"first", b"second"]


def test_too_many_messages_lose_the_client() -> None:
    box = outbox(Reader().send)

    kept = [box.put(b"x") for _ in range(5)]

    assert kept == [True, True, True, True, False]


def test_too_many_bytes_lose_the_client() -> None:
    box = outbox(Reader().send)

    kept = [box.put(bytes(25)), box.put(bytes(25))]

    assert kept == [True, False]


def test_what_only_matters_while_new_never_loses_the_client() -> None:
    box = outbox(Reader().send)

    for key in range(20):
        box.put_latest(key, b"x")

    assert len(box) == 4


def test_a_client_that_takes_nothing_stalls_and_one_that_takes_a_little_does_not() -> None:
    clock = ManualClock()
    reader = Reader()
    box = outbox(reader.send, clock)
    box.put(b"a")
    box.put(b"b")
    clock.advance(9)
    reader.room = 1
    box.flush()

    clock.advance(9)
    after_18_s = box.is_stalled()
    clock.advance(2)

    assert not after_18_s
    assert box.is_stalled()


def test_an_empty_outbox_is_never_stalled() -> None:
    clock = ManualClock()
    reader = Reader()
    box = outbox(reader.send, clock)
    box.put(b"a")
    reader.room = 1
    box.flush()

    clock.advance(1000)

    assert not box.is_stalled()


class OutboxAgainstAList(RuleBasedStateMachine):
    """The outbox delivers what a plain list with the same rules would, in the same order."""

    def __init__(self) -> None:
        super().__init__()
        self.reader = Reader()
        self.box = outbox(self.reader.send)
        self.waiting: list[tuple[int, str | None]] = []
        self.expected: list[int] = []
        self.number = 0

    def _next(self) -> int:
        self.number += 1
        return self.number

    def _goes_out(self, number: int) -> bool:
        if self.waiting or not self.reader.room:
            return False
        self.expected.append(number)
        return True

    @rule()
    def put(self) -> None:
        number = self._next()
        out = self._goes_out(number)
        room = len(self.waiting) < LIMITS.outbox_messages

        assert self.box.put(number.to_bytes(4, "big")) == (out or room)
        if not out and room:
            self.waiting.append((number, None))

    @rule(key=st.sampled_from("ab"))
    def put_latest(self, key: str) -> None:
        number = self._next()
        out = self._goes_out(number)
        self.box.put_latest(key, number.to_bytes(4, "big"))
        if not out:
            self.waiting = [(n, k) for n, k in self.waiting if k != key]
            if len(self.waiting) < LIMITS.outbox_messages:
                self.waiting.append((number, key))

    @rule(room=st.integers(1, 3))
    def read(self, room: int) -> None:
        self.reader.room += room
        taken = self.reader.room
        self.expected += [number for number, _ in self.waiting[:taken]]
        self.waiting = self.waiting[taken:]
        self.box.flush()

    @precondition(lambda self: self.waiting)
    @rule()
    def clear(self) -> None:
        self.box.clear()
        self.waiting = []

    @invariant()
    def delivers_in_order(self) -> None:
        assert [int.from_bytes(header, "big") for header in self.reader.got] == self.expected
        assert len(self.box) == len(self.waiting)
        assert self.expected == sorted(self.expected)


TestOutboxAgainstAList = OutboxAgainstAList.TestCase
