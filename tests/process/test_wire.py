"""What every client of a running sidecar can rely on, over real sockets and processes."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path

import msgpack
import pytest

from sidecar.host.connection import ConnectionInfo
from sidecar.protocol.messages import LIMITS, PROTOCOL_VERSION, SCHEMA_HASH
from sidecar.rpc.auth import new_key_pair
from tests.conftest import PATIENCE_S
from tests.process.wire import NO_ENGINE, ServerThread, Wire, launched, outcome, until

HELLO = {"proto": [1, 0], "client": {"name": "wire", "version": "1"}}


@pytest.fixture(scope="module")
def info(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConnectionInfo]:
    """A running sidecar that all tests of this module share."""
    with launched(tmp_path_factory.mktemp("wire")) as (_, info):
        yield info


@pytest.fixture
def wire(info: ConnectionInfo) -> Iterator[Wire]:
    with Wire(info) as wire:
        yield wire


def test_hello_tells_the_version_the_run_and_every_limit(wire: Wire, info: ConnectionInfo) -> None:
    answer = wire.hello()

    limits = {limit["name"]: limit["value"] for limit in answer["limits"]}
    assert answer["proto"] == [1, 0]
    assert answer["epoch"] == info.epoch
    assert answer["pid"] == info.pid
    assert answer["role"] == "owner"
    assert answer["schema_hash"] == SCHEMA_HASH
    assert limits == {name: getattr(LIMITS, name) for name in LIMITS.__struct_fields__}


def test_a_newer_minor_version_of_the_client_is_answered_with_ours(wire: Wire) -> None:
    answer = wire.call("sys.hello", HELLO | {"proto": [1, 7]})

    assert answer["proto"] == list(PROTOCOL_VERSION)


def test_another_major_version_is_refused_by_name(wire: Wire) -> None:
    answer = wire.answer(wire.request("sys.hello", HELLO | {"proto": [2, 0]}))

    assert answer["error"]["data"]["kind"] == "VERSION"
    assert answer["error"]["data"]["detail"] == "{}.{}".format(*PROTOCOL_VERSION)


def test_nothing_is_answered_before_hello(wire: Wire) -> None:
    before = wire.call("sys.ping")
    wire.hello()
    after = wire.call("sys.ping")

    assert before == "NOT_READY"
    assert after["uptime_ms"] >= 0


def test_hello_is_said_once(wire: Wire) -> None:
    wire.hello()

    again = wire.hello()

    assert again == "INVALID_REQUEST"


def test_info_names_the_default_engine_and_the_installed_ones(wire: Wire) -> None:
    wire.hello()

    answer = wire.call("sys.info")

    assert answer["default_engine"] == NO_ENGINE
    assert "builtin" in [engine["id"] for engine in answer["engines"]]


def test_diag_counts_without_content(wire: Wire) -> None:
    wire.hello()
    wire.send(b"\xc1")

    answer = wire.call("sys.diag")

    assert answer["clients"] >= 1
    assert answer["bad_frames"] >= 1
    assert answer["rss_bytes"] > 1_000_000
    assert answer["threads"] >= 2


def test_a_used_id_is_refused_and_so_is_a_smaller_one(wire: Wire) -> None:
    wire.request("sys.hello", HELLO, id=5)
    wire.answer(5)

    same = outcome(wire.answer(wire.request("sys.ping", id=5)))
    smaller = outcome(wire.answer(wire.request("sys.ping", id=4)))
    larger = outcome(wire.answer(wire.request("sys.ping", id=6)))

    assert (same, smaller) == ("INVALID_REQUEST", "INVALID_REQUEST")
    assert "uptime_ms" in larger


def test_an_unknown_method_is_refused_by_name(wire: Wire) -> None:
    wire.hello()

    assert wire.call("sys.dance") == "NO_METHOD"


def test_wrong_parameters_are_answered_with_where_they_are_wrong(wire: Wire) -> None:
    wire.hello()

    answer = wire.answer(wire.request("audio.open", {"total_bytes": -1}))

    assert answer["error"]["data"]["kind"] == "INVALID_PARAMS"
    assert answer["error"]["data"]["detail"] == "/total_bytes"


def test_a_request_without_a_deadline_is_refused_under_its_id(wire: Wire) -> None:
    wire.hello()

    wire.send(msgpack.packb({"jsonrpc": "2.0", "id": 9, "method": "sys.ping", "params": {}}))

    assert outcome(wire.answer(9)) == "INVALID_REQUEST"


def test_a_batch_is_refused(wire: Wire) -> None:
    wire.hello()

    wire.send(msgpack.packb([]))

    assert outcome(wire.answer(None)) == "INVALID_REQUEST"


@pytest.mark.parametrize(
    ("params", "binaries"),
    [
        ({"upload": 0, "seq": 0, "data": {"$bin": 1}}, (b"a",)),
        ({"upload": 0, "seq": 0, "data": {"$bin": 0}}, ()),
        ({"upload": 0, "seq": 0, "data": {"$bin": 0}}, (b"a", b"b")),
        ({"upload": 0, "seq": 0, "data": {"$bin": 0}, "also": {"$bin": 0}}, (b"a",)),
        ({"upload": 0, "seq": 0, "data": {"$bin": 0}}, (b"a",) * 9),
    ],
)
def test_binaries_that_do_not_match_their_references_are_refused(
    wire: Wire, params: dict[str, object], binaries: tuple[bytes, ...]
) -> None:
    wire.hello()

    id_ = wire.request("audio.put", params, binaries)

    assert wire.receive(PATIENCE_S)
    answers = [answer for id_ in (id_, None) for answer in wire._answers.get(id_, [])]
    assert [outcome(answer) for answer in answers] in (
        ["INVALID_REQUEST"],
        ["PARSE"],
        ["TOO_LARGE"],
    )


def test_an_unknown_key_is_not_let_in(info: ConnectionInfo) -> None:
    stranger = new_key_pair()
    forged = dataclasses.replace(info, public_key=stranger.public, secret_key=stranger.secret)

    with Wire(forged) as wire:
        wire.request("sys.hello", HELLO)

        assert not wire.receive(0.5)


def test_a_client_without_encryption_is_not_let_in(info: ConnectionInfo) -> None:
    with Wire(info, mechanism="NULL") as wire:
        wire.request("sys.hello", HELLO)

        assert not wire.receive(0.5)


def test_cancelling_what_is_unknown_is_ignored(wire: Wire) -> None:
    wire.hello()

    wire.cancel(4_000_000)

    assert "uptime_ms" in wire.call("sys.ping")
    assert wire.extra_answers() == 0


def test_a_notification_of_a_later_version_is_ignored(wire: Wire) -> None:
    wire.hello()

    for _ in range(30):
        wire.send(msgpack.packb({"jsonrpc": "2.0", "method": "$/later", "params": {}}))

    assert "uptime_ms" in wire.call("sys.ping")
    assert wire.extra_answers() == 0


def test_a_guest_may_not_shut_the_sidecar_down(tmp_path: Path) -> None:
    with ServerThread(tmp_path / "s") as server, Wire(server.info("guest")) as guest:
        role = guest.hello()["role"]

        refused = guest.call("sys.shutdown", {"drain_ms": 0})

        assert (role, refused) == ("guest", "UNAUTHORIZED")
        assert "uptime_ms" in guest.call("sys.ping")


def test_a_malformed_client_is_dropped_while_another_is_served(info: ConnectionInfo) -> None:
    with Wire(info) as good, Wire(info) as bad:
        good.hello()
        bad.hello()
        before = good.call("sys.diag")["dropped_clients"]

        for _ in range(30):
            bad.send(os.urandom(20))
            assert "uptime_ms" in good.call("sys.ping")
        until(lambda: good.call("sys.diag")["dropped_clients"] == before + 1)
        bad.request("sys.ping")

        ignored = not bad.receive(0.3) or bad.notices == []
        assert ignored
        assert "uptime_ms" in good.call("sys.ping")


def test_parse_failures_are_answered_once_a_second_at_most(wire: Wire) -> None:
    wire.hello()

    for _ in range(10):
        wire.send(b"\xc1")
    wire.call("sys.ping")

    assert wire.extra_answers() == 1


def test_a_frame_over_the_limit_ends_that_connection_alone(info: ConnectionInfo) -> None:
    with Wire(info) as good, Wire(info) as bad:
        good.hello()
        bad.hello()
        clients = good.call("sys.diag")["clients"]

        bad.send(b"\x80", bytes(LIMITS.max_frame_bytes + 1))

        until(lambda: good.call("sys.diag")["clients"] < clients)


def test_a_thousand_calls_at_once_are_all_answered(wire: Wire) -> None:
    wire.hello()

    ids = [wire.request("sys.ping") for _ in range(1000)]

    assert all("uptime_ms" in outcome(wire.answer(id_)) for id_ in ids)
    assert wire.extra_answers() == 0


def test_connections_leave_nothing_behind(info: ConnectionInfo) -> None:
    with Wire(info) as watcher:
        watcher.hello()
        base = watcher.call("sys.diag")

        for _ in range(100):
            with Wire(info) as passing:
                passing.hello()

        until(lambda: watcher.call("sys.diag")["clients"] == base["clients"])
        # The sidecar opens some files and threads meanwhile for the first recording.
        until(lambda: watcher.call("sys.diag").get("fds", 0) <= base.get("fds", 0) + 20)
        assert watcher.call("sys.diag")["threads"] <= base["threads"] + 20


def test_shutdown_is_answered_and_the_sidecar_ends_with_code_0(tmp_path: Path) -> None:
    with launched(tmp_path) as (sidecar, info), Wire(info) as wire:
        wire.hello()

        answer = wire.call("sys.shutdown", {"drain_ms": 100})

        assert answer == {}
        assert sidecar.process.wait(5) == 0
        assert list((tmp_path / "run").glob("run-*")) == []


def test_the_same_wire_works_over_loopback_tcp(tmp_path: Path) -> None:
    with launched(tmp_path, transport="tcp") as (_, info), Wire(info) as wire:
        answer = wire.hello()

        assert info.endpoint.startswith("tcp://127.0.0.1:")
        assert answer["role"] == "owner"
