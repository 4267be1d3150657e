"""Dictations that are opened, pushed, flushed, ended, cut off and resumed in any order.

Whatever the order: one answer for each request, one end for each dictation, and text that
only ever grows into the text of that end.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from sidecar.protocol.messages import Limits
from tests.process.dictations import hush, pcm_of, talk
from tests.process.test_streams import OPEN, push, serving
from tests.process.wire import ServerThread, Wire, outcome

# Of nothing there is ever too much: what a test may do must not depend on how quick it is.
LIMITS = Limits(
    max_streams=100, resume_ms=60_000, max_rate_per_s=10**6, max_burst=10**6, outbox_messages=10**6
)
CHUNKS = {
    "half a second": pcm_of(talk(0.5)),
    "a word": pcm_of(talk(0.2, 1)),
    "a click": pcm_of(talk(0.02, 2)),
    "a pause": pcm_of(hush(0.5)),
    "a short pause": pcm_of(hush(0.2)),
}
KINDS = {
    "asr.stream.flush": {"result", "CANCELLED", "GAP", "NO_SESSION"},
    "asr.stream.close": {"result", "CANCELLED", "GAP", "NO_SESSION"},
    "asr.stream.abort": {"result", "CANCELLED", "NO_SESSION"},
}


@dataclass(eq=False)
class Told:
    """A dictation, and all that its clients were told of it."""

    number: int
    token: str
    n_pushed: int = 0
    events: list[dict[str, Any]] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)

    @property
    def next_event(self) -> int:
        return self.events[-1]["seq"] + 1 if self.events else 0

    def of(self, event_type: str) -> list[dict[str, Any]]:
        return [each["event"] for each in self.events if each["event"]["t"] == event_type]

    def assert_sound(self) -> None:
        seqs = [each["seq"] for each in self.events]
        commits = self.of("commit")
        (final,) = self.of("final")
        assert seqs == sorted(set(seqs))
        assert self.events[-1]["event"] is final
        assert final["text"] == "".join(commit["text"] for commit in commits)
        assert [commit["offset"] for commit in commits] == [
            sum(len(before["text"]) for before in commits[:index]) for index in range(len(commits))
        ]
        segments = [segment["segment"] for segment in self.of("segment_final")]
        assert segments == list(range(len(segments)))
        assert all({"t": "final", **answer} == final for answer in self.answers)


@dataclass(eq=False)
class Caller:
    """A client, what it is owed, and the dictations that it has."""

    wire: Wire
    owed: dict[int, str] = field(default_factory=dict)
    closing: dict[int, Told] = field(default_factory=dict)
    has: list[Told] = field(default_factory=list)

    def request(self, method: str, told: Told, **params: Any) -> None:
        id_ = self.wire.request(method, {"stream": told.number, **params})
        self.owed[id_] = method
        if method == "asr.stream.close":
            self.closing[id_] = told

    def listen(self) -> None:
        """Note what was told until now."""
        assert "uptime_ms" in self.wire.call("sys.ping")
        notices = [each["params"] for each in self.wire.notices if each["method"] == "$/event"]
        self.wire.notices.clear()
        for told in self.has:
            told.events += [each for each in notices if each["stream"] == told.number]

    def settle(self) -> None:
        """Take one answer for each request; there must be no other."""
        for id_, method in self.owed.items():
            found = outcome(self.wire.answer(id_))
            assert ("result" if isinstance(found, dict) else found) in KINDS[method]
            if id_ in self.closing and isinstance(found, dict):
                self.closing[id_].answers.append(found)
        self.owed.clear()
        assert self.wire.extra_answers() == 0
        self.listen()


class Disorder(RuleBasedStateMachine):
    """Some clients of one server, which outlives them."""

    server: ServerThread

    def __init__(self) -> None:
        super().__init__()
        self.callers: list[Caller] = []
        self.cut_off: list[Told] = []
        self.all: list[Told] = []

    def teardown(self) -> None:
        for caller in self.callers:
            self.end_all_of(caller)
        for told in self.cut_off:
            caller = self.connect()
            self.take_up(caller, told)
            self.end_all_of(caller)
        for told in self.all:
            told.assert_sound()
        assert self.server.server.counts().streams == 0

    def end_all_of(self, caller: Caller) -> None:
        for told in caller.has:
            caller.request("asr.stream.close", told, seq=told.n_pushed)
        caller.settle()
        caller.wire.close()

    def connect(self) -> Caller:
        caller = Caller(Wire(self.server.info()))
        caller.wire.hello()
        return caller

    def take_up(self, caller: Caller, told: Told) -> None:
        params = {"token": told.token, "next_event": told.next_event}
        resumed = caller.wire.call("asr.stream.resume", params)
        assert resumed["stream"] == told.number
        assert resumed["next_push"] <= told.n_pushed
        told.n_pushed = resumed["next_push"]
        caller.has.append(told)

    @precondition(lambda self: len(self.callers) < 3)
    @rule()
    def join(self) -> None:
        self.callers.append(self.connect())

    @precondition(lambda self: self.callers)
    @rule(data=st.data())
    def open(self, data: st.DataObject) -> None:
        caller = data.draw(st.sampled_from(self.callers))
        opened = caller.wire.call("asr.stream.open", OPEN)
        told = Told(opened["stream"], opened["token"])
        caller.has.append(told)
        self.all.append(told)
        caller.listen()

    def one(self, data: st.DataObject) -> tuple[Caller, Told]:
        pairs = [(caller, told) for caller in self.callers for told in caller.has]
        return data.draw(st.sampled_from(pairs))

    @precondition(lambda self: any(caller.has for caller in self.callers))
    @rule(data=st.data(), names=st.lists(st.sampled_from(sorted(CHUNKS)), min_size=1, max_size=6))
    def push(self, data: st.DataObject, names: list[str]) -> None:
        caller, told = self.one(data)
        for name in names:
            push(caller.wire, told.number, told.n_pushed, CHUNKS[name])
            told.n_pushed += 1

    @precondition(lambda self: any(caller.has for caller in self.callers))
    @rule(data=st.data(), seq=st.sampled_from([0, 1, 7, 99]), chunk=st.sampled_from([b"", b"odd"]))
    def push_wrongly(self, data: st.DataObject, seq: int, chunk: bytes) -> None:
        caller, told = self.one(data)
        push(caller.wire, told.number, told.n_pushed + seq, chunk)

    @precondition(lambda self: any(caller.has for caller in self.callers))
    @rule(data=st.data(), off=st.sampled_from([0, 0, 0, 1]))
    def flush(self, data: st.DataObject, off: int) -> None:
        caller, told = self.one(data)
        caller.request("asr.stream.flush", told, seq=told.n_pushed + off)

    @precondition(lambda self: any(caller.has for caller in self.callers))
    @rule(data=st.data(), off=st.sampled_from([0, 0, 0, 1]))
    def close(self, data: st.DataObject, off: int) -> None:
        caller, told = self.one(data)
        caller.request("asr.stream.close", told, seq=told.n_pushed + off)

    @precondition(lambda self: any(caller.has for caller in self.callers))
    @rule(data=st.data(), keep=st.booleans())
    def abort(self, data: st.DataObject, keep: bool) -> None:
        caller, told = self.one(data)
        caller.request("asr.stream.abort", told, keep=keep)

    @precondition(lambda self: any(caller.owed for caller in self.callers))
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        caller = data.draw(st.sampled_from([each for each in self.callers if each.owed]))
        caller.wire.cancel(data.draw(st.sampled_from(sorted(caller.owed))))

    @precondition(lambda self: self.callers)
    @rule(data=st.data(), politely=st.booleans())
    def cut(self, data: st.DataObject, politely: bool) -> None:
        """End a connection, with or without having read what came."""
        caller = self.callers.pop(data.draw(st.integers(0, len(self.callers) - 1)))
        if politely:
            caller.listen()
        caller.wire.close()
        self.cut_off += caller.has

    @precondition(lambda self: self.callers and self.cut_off)
    @rule(data=st.data())
    def resume(self, data: st.DataObject) -> None:
        caller = data.draw(st.sampled_from(self.callers))
        told = data.draw(st.sampled_from(self.cut_off))
        self.take_up(caller, told)
        self.cut_off.remove(told)

    @precondition(lambda self: self.callers)
    @rule(data=st.data())
    def listen(self, data: st.DataObject) -> None:
        data.draw(st.sampled_from(self.callers)).listen()


@pytest.fixture(scope="module")
def server() -> Iterator[ServerThread]:
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), LIMITS) as server:
        yield server


@pytest.mark.slow
def test_whatever_the_order_each_request_has_one_answer_and_each_dictation_one_end(
    server: ServerThread,
) -> None:
    class OnServer(Disorder):
        """On the server of this test."""

    OnServer.server = server
    run_state_machine_as_test(
        OnServer,
        settings=settings(
            max_examples=60,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
