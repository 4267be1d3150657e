"""Malformed messages disturb nobody else, cost no memory, and never end the sidecar."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import msgpack
import pytest

from sidecar.host.connection import ConnectionInfo
from sidecar.protocol.messages import METHODS, Limits
from sidecar.testing.scripted import ScriptedEngine
from tests.process.dictations import LocalEngines, LoudVad
from tests.process.wire import ServerThread, Wire, launched

RANDOM_MESSAGES = 10_000
MUTATIONS = 10_000
RSS_GROWTH_BYTES = 20 << 20


def random_frames(chance: random.Random) -> list[bytes]:
    """A message of up to ten random frames, mostly short, some long."""
    sizes = [chance.choice((0, 1, 5, 30, 300, 3000)) for _ in range(chance.randint(1, 10))]
    return [chance.randbytes(size) for size in sizes]


# What any method asks for; they ignore what they do not know.
PARAMS: dict[str, Any] = {
    "upload": 0,
    "data": {"$bin": 0},
    "total_bytes": 5,
    "recording": "0" * 32,
    "format": "pcm_s16le",
    "rate_hz": 16_000,
    "token": "0" * 32,
    "next_event": 0,
}


def mutated(chance: random.Random, id_: int) -> list[bytes]:
    """A valid request or push with a few bytes changed, cut, doubled or inserted."""
    method = chance.choice([name for name in METHODS if name != "sys.shutdown"])
    params = PARAMS | {"stream": chance.randrange(4), "seq": chance.randrange(4)}
    header = {"jsonrpc": "2.0", "id": id_, "method": method, "params": params, "meta": {"tmo": 50}}
    if chance.random() < 0.3:
        header = {"jsonrpc": "2.0", "method": "asr.stream.push", "params": params}
    frame = bytearray(msgpack.packb(header))
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(frame) + 1)
        match chance.randrange(4):
            case 0:
                frame[at:at] = chance.randbytes(chance.randint(1, 8))
            case 1:
                del frame[at : at + chance.randint(1, 8)]
            case 2:
                frame[at : at + 1] = chance.randbytes(1)
            case _:
                frame[at:at] = frame[: chance.randint(0, 40)]
    return [bytes(frame), b"binary"]


def rss_bytes(wire: Wire) -> int:
    return int(wire.call("sys.diag")["rss_bytes"])


def import_all(wire: Wire) -> None:
    """Have the sidecar load what it otherwise would in the middle of the test."""
    audio = {"audio": {"k": "inline", "data": {"$bin": 0}}}
    assert wire.call("asr.transcribe", audio, [b"no audio"]) in ("BAD_AUDIO", "MODEL_MISSING")
    assert wire.call("history.list")["total"] == 0


def ping(wire: Wire) -> None:
    assert "uptime_ms" in wire.call("sys.ping")


@pytest.fixture
def info(tmp_path: Path) -> Any:
    with launched(tmp_path) as (_, info):
        yield info


def test_ten_thousand_random_messages_leave_another_client_served(info: ConnectionInfo) -> None:
    chance = random.Random(1)
    with Wire(info) as good:
        good.hello()
        import_all(good)
        until_warm = rss_bytes(good)

        for _ in range(RANDOM_MESSAGES // 100):
            with Wire(info) as bad:  # a fresh one each time: a known one is ignored after 20
                bad.hello()
                for _ in range(100):
                    bad.send(*random_frames(chance))
                ping(good)

        assert good.call("sys.diag")["bad_frames"] > RANDOM_MESSAGES // 100
        assert rss_bytes(good) - until_warm < RSS_GROWTH_BYTES


def test_ten_thousand_mutated_requests_are_answered_or_refused_without_being_ignored(
    tmp_path: Path,
) -> None:
    chance = random.Random(2)
    lenient = Limits(max_bad_frames=10**9, max_rate_per_s=10**9, max_burst=10**9)
    options: dict[str, Any] = {"engine": "scripted", "make_vad": LoudVad}
    engines = LocalEngines(ScriptedEngine())
    with ServerThread(tmp_path / "s", lenient, engines=engines, **options) as server:
        with Wire(server.info()) as good, Wire(server.info("guest")) as bad:
            good.hello()
            bad.hello()

            for id_ in range(MUTATIONS):
                bad.send(*mutated(chance, id_ + 10))
                if id_ % 200 == 0:
                    ping(good)
                    while bad.receive(0.001):
                        pass

            ping(good)
            bad.request("sys.ping", id=4_000_000_000)
            assert bad.answer(4_000_000_000)
            assert server.server.counts().ignored_pushes > 0
        log = (tmp_path / "s" / "log").read_text()
        assert "request-failed" not in log
