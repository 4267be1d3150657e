from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sidecar.rpc.backlog import Backlog


def test_what_is_not_in_a_recording_is_what_comes_after_it() -> None:
    backlog = Backlog()
    for chunk in (b"aa", b"bbbb", b"cc"):
        backlog.add(chunk)
    backlog.acknowledge(1)

    assert backlog.after(0) == b"bbbbcc"
    assert backlog.after(2) == b"bbbbcc"
    assert backlog.after(4) == b"bbcc"
    assert backlog.after(8) == b""
    assert backlog.after(100) == b""


class Pushing(RuleBasedStateMachine):
    """A client that pushes, and a sidecar that grants credit, acknowledges and is resumed."""

    def __init__(self) -> None:
        super().__init__()
        self.backlog = Backlog()
        self.pushed: list[bytes] = []
        self.received: list[bytes] = []
        self.limit = 0
        self.safe = 0

    @rule(chunk=st.binary(min_size=1, max_size=4))
    def push(self, chunk: bytes) -> None:
        self.pushed.append(chunk)
        self.backlog.add(chunk)

    @rule(credit=st.integers(0, 5))
    def send(self, credit: int) -> None:
        self.limit = max(self.limit, self.safe + credit)
        while (chunk := self.backlog.due(self.limit)) is not None:
            assert self.backlog.next_push == len(self.received)
            self.received.append(chunk)
            self.backlog.next_push += 1

    @rule(data=st.data())
    def acknowledge(self, data: st.DataObject) -> None:
        self.safe = data.draw(st.integers(self.safe, len(self.received)))
        self.backlog.acknowledge(self.safe)

    @precondition(lambda self: self.received)
    @rule(data=st.data())
    def lose_what_was_on_its_way_and_resume(self, data: st.DataObject) -> None:
        del self.received[data.draw(st.integers(self.safe, len(self.received))) :]
        self.backlog.next_push = len(self.received)

    @invariant()
    def every_chunk_is_safe_or_here(self) -> None:
        assert list(self.backlog) == self.pushed[self.safe :]
        assert self.received == self.pushed[: len(self.received)]

    @invariant()
    def what_waits_is_what_was_not_sent(self) -> None:
        waiting = self.pushed[len(self.received) :]
        assert self.backlog.waiting_bytes == sum(map(len, waiting))


TestPushing = Pushing.TestCase
