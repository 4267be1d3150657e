"""The limits that sys.hello announces are kept, and keeping them with one client spares others."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sidecar.errors import EngineError, SottoError
from sidecar.host.paths import private_dir
from sidecar.protocol.messages import InfoResult, Limits, PingParams
from sidecar.rpc.dispatch import Call
from sidecar.session.journal import Journal, RecordingInfo
from sidecar.session.retention import DAY_S, Retention
from tests.conftest import PATIENCE_S
from tests.process.wire import NO_ENGINE, ServerThread, Wire, outcome, until

ANSWER = InfoResult(version="1", python="3", platform="x", default_engine=NO_ENGINE, engines=())


class Work:
    """A handler that works until it is let go, and remembers how it ended."""

    def __init__(self, server: ServerThread, method: str = "sys.info") -> None:
        self._loop = server.loop
        self._let_go = asyncio.Event()
        self.running = 0
        self.cancelled = 0
        server.server.handlers[method] = self._handle

    async def _handle(self, call: Call, params: Any) -> InfoResult:
        self.running += 1
        try:
            await self._let_go.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.running -= 1
        return ANSWER

    def let_go(self) -> None:
        self._loop.call_soon_threadsafe(self._let_go.set)


@contextmanager
def greeted(server: ServerThread) -> Iterator[Wire]:
    with Wire(server.info()) as wire:
        wire.hello()
        yield wire


def test_a_deadline_is_answered_and_ends_the_work(tmp_path: Path) -> None:
    with ServerThread(tmp_path / "s") as server, greeted(server) as wire:
        work = Work(server)

        started_s = time.monotonic()
        kind = outcome(wire.answer(wire.request("sys.info", tmo=100)))

        assert kind == "DEADLINE"
        assert time.monotonic() - started_s > 0.09
        until(lambda: work.cancelled == 1)
        assert wire.extra_answers() == 0


def test_a_cancelled_request_is_answered_once_and_its_work_ends(tmp_path: Path) -> None:
    with ServerThread(tmp_path / "s") as server, greeted(server) as wire:
        work = Work(server)
        id_ = wire.request("sys.info")
        until(lambda: work.running == 1)

        wire.cancel(id_)
        wire.cancel(id_)

        assert outcome(wire.answer(id_)) == "CANCELLED"
        until(lambda: work.cancelled == 1)
        assert wire.extra_answers() == 0


def test_requests_that_are_cancelled_before_their_work_begins_leave_nothing_behind(
    tmp_path: Path,
) -> None:
    with ServerThread(tmp_path / "s") as server, greeted(server) as wire:
        work = Work(server)
        server.loop.call_soon_threadsafe(time.sleep, 0.3)  # meanwhile all of it arrives
        ids = [wire.request("sys.info") for _ in range(10)]
        for id_ in ids:
            wire.cancel(id_)

        assert {outcome(wire.answer(id_)) for id_ in ids} == {"CANCELLED"}
        until(lambda: server.server.counts().pending == 0)
        assert work.running == 0
        assert wire.extra_answers() == 0


def test_a_result_that_came_first_wins_over_a_cancel(tmp_path: Path) -> None:
    with ServerThread(tmp_path / "s") as server, greeted(server) as wire:
        work = Work(server)
        id_ = wire.request("sys.info")
        until(lambda: work.running == 1)
        work.let_go()
        answer = wire.answer(id_)

        wire.cancel(id_)

        assert outcome(answer)["version"] == "1"
        assert wire.extra_answers() == 0


def test_too_many_pending_requests_are_refused_and_later_ones_are_not(tmp_path: Path) -> None:
    with ServerThread(tmp_path / "s", Limits(max_pending=3)) as server, greeted(server) as wire:
        work = Work(server)
        accepted = [wire.request("sys.info") for _ in range(3)]

        refused = wire.answer(wire.request("sys.info"))
        work.let_go()

        assert refused["error"]["data"]["kind"] == "BUSY"
        assert refused["error"]["data"]["retry_after_ms"] > 0
        assert all(outcome(wire.answer(id_))["version"] == "1" for id_ in accepted)
        assert wire.call("sys.info")["version"] == "1"


def test_too_many_bytes_under_way_are_refused(tmp_path: Path) -> None:
    limits = Limits(max_in_flight_bytes=1000)
    with ServerThread(tmp_path / "s", limits) as server, greeted(server) as wire:
        work = Work(server, "audio.put")
        part = {"upload": 0, "seq": 0, "data": {"$bin": 0}}
        first = wire.request("audio.put", part, [bytes(600)])

        second = wire.call("audio.put", part, [bytes(600)])
        work.let_go()

        assert second == "BUSY"
        assert outcome(wire.answer(first))["version"] == "1"


def kept_sound(folder: Path, wire: Wire, n_bytes: int) -> int:
    """The number of an entry with so many bytes of samples."""
    journal = Journal(private_dir(folder / "journal"), Retention(finished_s=DAY_S))
    recording = journal.begin(RecordingInfo(16_000, "builtin", None, (), 1.0))
    recording.append(bytes(n_bytes))
    recording.keep()
    parts = [{"recording": recording.name}]
    told = {"text": "long", "engine": "builtin", "duration_ms": 1000, "parts": parts}
    return int(wire.call("history.add", told)["entry"])


def test_audio_that_nobody_reads_is_bounded(tmp_path: Path) -> None:
    limits = Limits(max_in_flight_bytes=16 << 20)
    with ServerThread(tmp_path / "s", limits) as server, greeted(server) as good:
        entry = kept_sound(tmp_path / "s", good, n_bytes=4 << 20)
        piece = {"entry": entry, "offset": 0, "max_bytes": 4 << 20}
        with Wire(server.info(), ahead=1) as deaf:
            deaf.hello()
            asked = [deaf.request("history.audio", piece) for _ in range(32)]
            until(lambda: server.server.counts().requests > len(asked))
            until(lambda: server.server.counts().pending == 0)
            asked += [deaf.request("history.audio", piece) for _ in range(32)]
            until(lambda: good.call("sys.ping") and server.server.counts().pending == 0)

            kinds = [outcome(deaf.answer(id_)) for id_ in asked]

            assert kinds[0] != "BUSY"
            assert len(kinds) - kinds.count("BUSY") <= 8  # two are on the way, and two here
            assert isinstance(deaf.call("history.audio", piece), dict)


def test_who_sends_too_fast_is_told_when_to_come_back(tmp_path: Path) -> None:
    limits = Limits(max_rate_per_s=10, max_burst=20)
    with ServerThread(tmp_path / "s", limits) as server, greeted(server) as wire:
        ids = [wire.request("sys.ping") for _ in range(40)]
        answers = [wire.answer(id_) for id_ in ids]

        refused = [answer["error"]["data"] for answer in answers if "error" in answer]

        assert 15 <= len(refused) <= 21
        assert {data["kind"] for data in refused} == {"BUSY"}
        assert all(0 < data["retry_after_ms"] <= 101 for data in refused)


def test_one_client_too_many_is_told_so_until_another_leaves(tmp_path: Path) -> None:
    with ServerThread(tmp_path / "s", Limits(max_clients=2)) as server:
        with greeted(server), Wire(server.info()) as second:
            second.hello()
            with Wire(server.info()) as third:
                assert third.hello() == "BUSY"
        with Wire(server.info()) as fourth:
            until(lambda: isinstance(fourth.hello(), dict))


def test_a_silent_client_is_forgotten_and_its_work_ends(tmp_path: Path) -> None:
    limits = Limits(silence_ms=300)
    with ServerThread(tmp_path / "s", limits) as server, greeted(server) as wire:
        work = Work(server)
        wire.request("sys.info")
        until(lambda: work.running == 1)

        until(lambda: work.cancelled == 1)

        assert wire.call("sys.ping") == "NOT_READY"


def test_a_client_that_never_says_hello_gives_its_place_back(tmp_path: Path) -> None:
    limits = Limits(hello_ms=200, max_clients=1)
    with ServerThread(tmp_path / "s", limits) as server, Wire(server.info()) as rude:
        rude.call("sys.ping")

        with Wire(server.info()) as polite:
            until(lambda: isinstance(polite.hello(), dict))


def test_a_client_that_leaves_takes_its_work_and_uploads_with_it(tmp_path: Path) -> None:
    with ServerThread(tmp_path / "s") as server:
        work = Work(server)
        with greeted(server) as wire:
            upload = wire.call("audio.open")["upload"]
            wire.call("audio.put", {"upload": upload, "seq": 0, "data": {"$bin": 0}}, [b"a" * 99])
            wire.request("sys.info")
            until(lambda: work.running == 1)
            files = [path for path in (tmp_path / "s").iterdir() if path.stat().st_size == 99]
            assert len(files) == 1

        until(lambda: work.cancelled == 1)
        until(lambda: not files[0].exists())
        assert server.server.counts().clients == 0


def fill(deaf: Wire, full: Callable[[], bool], good: Wire) -> None:
    """Ask for answers that nobody reads until `full`, while another client gets its own."""
    for _ in range(200):
        if full():
            return
        for _ in range(100):
            deaf.request("sys.info")
        assert "uptime_ms" in good.call("sys.ping")
    raise AssertionError("it is never full")


def answers_of_4_kb(server: ServerThread) -> None:
    answer = msgspec.structs.replace(ANSWER, platform="x" * 4000)
    server.server.handlers["sys.info"] = lambda call, params: answer


def test_a_client_that_reads_nothing_is_dropped_and_another_does_not_notice(
    tmp_path: Path,
) -> None:
    limits = Limits(max_rate_per_s=10**6, max_burst=10**6)
    with ServerThread(tmp_path / "s", limits) as server, greeted(server) as good:
        answers_of_4_kb(server)
        with greeted(server) as deaf:
            fill(deaf, lambda: server.server.counts().dropped_clients == 1, good)

            until(lambda: server.server.counts().clients == 1)


def test_a_client_that_takes_nothing_for_too_long_is_dropped(tmp_path: Path) -> None:
    limits = Limits(outbox_stall_ms=300, max_rate_per_s=10**6, max_burst=10**6)
    with ServerThread(tmp_path / "s", limits) as server, greeted(server) as good:
        answers_of_4_kb(server)
        with greeted(server) as deaf:

            def dropped() -> bool:
                """Keep a little waiting, until the server has had enough."""
                if not any(len(peer.outbox) for peer in server.server._peers):
                    for _ in range(50):
                        deaf.request("sys.info")
                    good.call("sys.ping")
                return server.server.counts().dropped_clients == 1

            until(dropped)

        assert '"why":"stalled"' in (tmp_path / "s" / "log").read_text()
        assert "uptime_ms" in good.call("sys.ping")


def test_a_client_that_leaves_while_its_messages_wait_harms_nobody(tmp_path: Path) -> None:
    held, let_go = threading.Event(), threading.Event()

    def hold_everybody_up(call: Call, params: PingParams) -> InfoResult:
        held.set()
        let_go.wait(PATIENCE_S)
        return ANSWER

    with ServerThread(tmp_path / "s") as server, greeted(server) as good:
        server.server.handlers["sys.info"] = hold_everybody_up
        with greeted(server) as hasty:
            for _ in range(500):  # more than ZeroMQ takes ahead of the server
                hasty.request("sys.info")
            assert held.wait(PATIENCE_S)

        time.sleep(1.5)  # a deadline for what must not happen: ZeroMQ ending the process
        let_go.set()

        assert "uptime_ms" in good.call("sys.ping")
        until(lambda: server.server.counts().clients == 1)


def test_a_handler_that_fails_is_answered_with_a_log_id_and_no_content(tmp_path: Path) -> None:
    def fail(call: Call, params: PingParams) -> InfoResult:
        raise RuntimeError("secret words")

    with ServerThread(tmp_path / "s") as server, greeted(server) as wire:
        server.server.handlers["sys.info"] = fail

        error = wire.answer(wire.request("sys.info"))["error"]

        log = (tmp_path / "s" / "log").read_text()
        assert error["data"]["kind"] == "INTERNAL"
        assert error["data"]["detail"] in error["message"]
        assert error["data"]["detail"] in log
        assert "RuntimeError" in log
        assert "secret" not in log + str(error)


@pytest.mark.parametrize("error", [SottoError("bare"), EngineError("bare"), TypeError("odd")])
@pytest.mark.parametrize("at_once", [True, False])
def test_an_error_that_no_client_knows_is_answered_as_a_fault_of_ours(
    tmp_path: Path, error: Exception, at_once: bool
) -> None:
    def fail(call: Call, params: object) -> InfoResult:
        raise error

    async def fail_later(call: Call, params: object) -> InfoResult:
        raise error

    with ServerThread(tmp_path / "s") as server, greeted(server) as wire:
        server.server.handlers["sys.info"] = fail if at_once else fail_later

        assert wire.call("sys.info") == "INTERNAL"
        assert "uptime_ms" in wire.call("sys.ping")


@pytest.mark.parametrize("at_once", [True, False])
def test_a_result_that_cannot_be_written_is_answered_as_a_fault_of_ours(
    tmp_path: Path, at_once: bool
) -> None:
    broken = msgspec.structs.replace(ANSWER, platform=object())

    async def answer_later(call: Call, params: object) -> InfoResult:
        return broken

    with ServerThread(tmp_path / "s") as server, greeted(server) as wire:
        server.server.handlers["sys.info"] = (lambda *_: broken) if at_once else answer_later

        assert wire.call("sys.info") == "INTERNAL"
        assert "uptime_ms" in wire.call("sys.ping")


def test_shutting_down_lets_work_finish_and_answers_what_does_not(tmp_path: Path) -> None:
    with ServerThread(tmp_path / "s") as server, greeted(server) as wire, greeted(server) as late:
        quick, slow = Work(server), Work(server, "audio.open")
        finishing, hanging = wire.request("sys.info"), wire.request("audio.open")
        until(lambda: quick.running == slow.running == 1)

        shutdown = wire.request("sys.shutdown", {"drain_ms": 5000})
        until(lambda: late.call("sys.ping") == "BUSY")
        quick.let_go()

        assert outcome(wire.answer(finishing))["version"] == "1"
        assert outcome(wire.answer(hanging)) == "CANCELLED"
        assert outcome(wire.answer(shutdown)) == {}
