"""Dictations over real sockets: in order, within credit, and whole whatever the connection does."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import pytest

from sidecar.domain import Hypothesis, Samples
from sidecar.engine.base import Ask
from sidecar.engine.turns import Urgency
from sidecar.protocol.messages import Limits
from sidecar.session.engines import EngineSegment
from sidecar.session.live import LiveOptions, LiveParts, LiveSession
from sidecar.testing.scripted import ScriptedEngine
from sidecar.vad.base import Vad
from tests.conftest import PATIENCE_S
from tests.process.dictations import (
    Dictated,
    LocalEngines,
    LoudVad,
    chunks_of,
    hush,
    talk,
)
from tests.process.wire import ServerThread, Wire, outcome, until

RATE_HZ = 16_000
OPEN = {"format": "pcm_s16le", "rate_hz": RATE_HZ}
WORDS = np.concatenate([talk(1.5, 1), hush(1), talk(2, 2), hush(1), talk(1, 3)])


def text_of(audio: Samples) -> str:
    """What a dictation makes of it that no wire is in between of."""

    async def dictate() -> str:
        told = Dictated()
        parts = LiveParts(LocalEngines(ScriptedEngine()), lambda: "scripted", LoudVad)
        told.session = LiveSession(parts, LiveOptions(), "client", told.tell, told.acks.append)
        told.push(audio)
        return (await told.close()).text

    return asyncio.run(dictate())


def serving(folder: Path, limits: Limits | None = None, **options: Any) -> ServerThread:
    """A server whose dictations echo what they hear."""
    own: dict[str, Any] = {"engines": LocalEngines(ScriptedEngine()), "make_vad": LoudVad}
    return ServerThread(folder / "s", limits or Limits(), engine="scripted", **own | options)


@contextmanager
def greeted(server: ServerThread) -> Iterator[Wire]:
    with Wire(server.info()) as wire:
        wire.hello()
        yield wire


@dataclass
class Speaker:
    """A dictation over the raw wire."""

    wire: Wire
    opened: dict[str, Any] = field(default_factory=dict)
    n_pushed: int = 0

    def __post_init__(self) -> None:
        self.opened = self.wire.call("asr.stream.open", OPEN)

    @property
    def stream(self) -> int:
        return int(self.opened["stream"])

    def push(self, chunk: bytes, seq: int | None = None) -> None:
        """Push a chunk, by default the one that comes next, whatever the credit."""
        push(self.wire, self.stream, self.n_pushed if seq is None else seq, chunk)
        self.n_pushed += 1

    def say(self, audio: Samples) -> None:
        for chunk in chunks_of(audio):
            self.push(chunk)

    def request(self, method: str, *, tmo: int = 10_000, **params: Any) -> int:
        named = {"stream": self.stream, **params}
        return self.wire.request(f"asr.stream.{method}", named, tmo=tmo)

    def call(self, method: str, **params: Any) -> Any:
        return outcome(self.wire.answer(self.request(method, **params)))

    def close(self) -> Any:
        return self.call("close", seq=self.n_pushed)

    def told(self, method: str = "$/event") -> list[dict[str, Any]]:
        """What was told of it so far."""
        notices = [each["params"] for each in self.wire.notices if each["method"] == method]
        return [params for params in notices if params.get("stream") == self.stream]

    def events(self, *types: str) -> list[dict[str, Any]]:
        told = [params["event"] for params in self.told()]
        return [event for event in told if not types or event["t"] in types]

    def until_safe(self) -> None:
        """Wait until all that was pushed is acknowledged."""
        while not any(credit["ack"] == self.n_pushed for credit in self.told("$/credit")):
            assert self.wire.receive(PATIENCE_S), "nothing more is acknowledged"

    def until_told(self, event_type: str) -> dict[str, Any]:
        while not self.events(event_type):
            assert self.wire.receive(PATIENCE_S), f"nobody tells of {event_type}"
        return self.events(event_type)[-1]


def push(wire: Wire, stream: int, seq: int, chunk: bytes) -> None:
    params = {"stream": stream, "seq": seq, "data": {"$bin": 0}}
    header = {"jsonrpc": "2.0", "method": "asr.stream.push", "params": params}
    wire.send(msgpack.packb(header), chunk)


class Gate:
    """Keeps the engine or the voice detector of a server from going on until it is opened."""

    def __init__(self) -> None:
        self._opened = threading.Event()
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    def open(self) -> None:
        self._opened.set()
        for loop, event in self._waiting:
            loop.call_soon_threadsafe(event.set)

    def vad(self) -> Vad:
        self._opened.wait(10)
        return LoudVad()

    async def wait(self) -> None:
        event = asyncio.Event()
        self._waiting.append((asyncio.get_running_loop(), event))
        if not self._opened.is_set():
            await event.wait()


class GatedEngines(LocalEngines):
    """An engine whose passes take until a gate is opened."""

    def __init__(self, gate: Gate) -> None:
        super().__init__(ScriptedEngine())
        self._gate = gate

    async def open(self, *args: Any, **options: Any) -> Any:
        return GatedSegment(await super().open(*args, **options), self._gate)


@dataclass
class GatedSegment:
    segment: EngineSegment
    gate: Gate

    def feed(self, samples: Samples) -> None:
        self.segment.feed(samples)

    async def decode(self, ask: Ask, urgency: Urgency = Urgency.FILE) -> Hypothesis:
        await self.gate.wait()
        return await self.segment.decode(ask, urgency)

    async def close(self) -> None:
        await self.segment.close()


def test_a_dictation_is_told_in_order_once_and_answered_last(tmp_path: Path) -> None:
    with serving(tmp_path) as server, greeted(server) as wire:
        speaker = Speaker(wire)

        speaker.say(WORDS)
        answer = speaker.close()

        events = speaker.events()
        commits = speaker.events("commit")
        seqs = [told["seq"] for told in speaker.told()]
        final = events[-1]
        assert seqs == list(range(len(seqs)))
        assert final == {"t": "final", **answer}
        assert [event["t"] for event in events].count("final") == 1
        assert answer["text"] == text_of(WORDS) == "".join(event["text"] for event in commits)
        assert (answer["reason"], answer["complete"]) == ("close", True)
        assert answer["timings"]["audio_ms"] == 6500
        assert speaker.told("$/credit")[-1]["ack"] == speaker.n_pushed
        assert {"level", "speech", "commit", "segment_final", "status"} <= {
            event["t"] for event in events
        }
        assert wire.extra_answers() == 0


def test_open_tells_what_may_be_sent(tmp_path: Path) -> None:
    with serving(tmp_path, Limits(stream_credit=7, resume_ms=1234)) as server:
        with greeted(server) as wire:
            opened = wire.call("asr.stream.open", OPEN | {"rate_hz": 48_000})

        assert opened["limit"] == 7
        assert opened["max_chunk_bytes"] == 48_000
        assert opened["resume_ms"] == 1234
        assert len(opened["token"]) == 32


@pytest.mark.parametrize(
    ("params", "kind"),
    [
        ({"format": "opus"}, "INVALID_PARAMS"),
        ({"rate_hz": 7999}, "INVALID_PARAMS"),
        ({"mode": "later"}, "INVALID_PARAMS"),
        ({"engine": "not-installed"}, "MODEL_MISSING"),
    ],
)
def test_what_cannot_be_dictated_is_refused_at_once(
    tmp_path: Path, params: dict[str, Any], kind: str
) -> None:
    with serving(tmp_path, engines=None) as server, greeted(server) as wire:
        assert wire.call("asr.stream.open", OPEN | params) == kind
        assert wire.call("sys.diag")["streams"] == 0


@pytest.mark.parametrize(
    ("seq", "chunk", "kind"),
    [
        (5, b"\0\0", "GAP"),
        (0, b"\0\0", "GAP"),
        (2, b"\0\0\0", "BAD_AUDIO"),
        (2, b"", "BAD_AUDIO"),
        (2, bytes(16_002), "TOO_LARGE"),
    ],
)
def test_a_chunk_that_may_not_come_ends_the_dictation_with_the_text_before_it(
    tmp_path: Path, seq: int, chunk: bytes, kind: str
) -> None:
    with serving(tmp_path) as server, greeted(server) as wire:
        speaker = Speaker(wire)
        said = talk(1)
        speaker.push(next(chunks_of(said, 500)))
        speaker.push(list(chunks_of(said, 500))[1])

        speaker.push(chunk, seq=seq)
        speaker.push(b"\0\0")
        answer = speaker.call("close", seq=99)

        (error,) = speaker.events("error")
        assert (error["kind"], error["recoverable"]) == (kind, False)
        assert (answer["reason"], answer["text"]) == ("error", text_of(said))
        assert speaker.events()[-1] == {"t": "final", **answer}
        assert wire.call("sys.diag")["ignored_pushes"] == 1


def test_more_than_the_credit_is_an_overrun_and_what_was_within_it_is_text(
    tmp_path: Path,
) -> None:
    gate = Gate()  # nothing is acknowledged before it is heard
    server = serving(tmp_path, Limits(stream_credit=10), make_vad=gate.vad)
    with server, greeted(server) as wire:
        speaker = Speaker(wire)
        said = talk(1)
        speaker.say(said)

        speaker.push(b"\0\0")
        error = speaker.until_told("error")
        gate.open()
        answer = speaker.call("close", seq=10)

        assert error["kind"] == "OVERRUN"
        assert answer["text"] == text_of(said)


@pytest.mark.parametrize("method", ["flush", "close"])
def test_a_count_that_does_not_agree_is_answered_with_the_one_that_does(
    tmp_path: Path, method: str
) -> None:
    with serving(tmp_path) as server, greeted(server) as wire:
        speaker = Speaker(wire)
        speaker.say(talk(1))

        error = wire.answer(speaker.request(method, seq=11))["error"]["data"]
        answer = speaker.close()

        assert (error["kind"], error["detail"]) == ("GAP", "10")
        assert (answer["reason"], answer["text"]) == ("error", text_of(talk(1)))


def test_a_flush_makes_text_final_and_the_dictation_goes_on(tmp_path: Path) -> None:
    with serving(tmp_path) as server, greeted(server) as wire:
        speaker = Speaker(wire)
        speaker.say(talk(1))

        flushed = speaker.call("flush", seq=10)
        before = speaker.events()
        speaker.say(talk(1, 2))
        answer = speaker.close()

        assert flushed == {}
        committed = "".join(event["text"] for event in before if event["t"] == "commit")
        (segment,) = (event for event in before if event["t"] == "segment_final")
        (told,) = (event for event in before if event["t"] == "flushed")
        assert (segment["text"], segment["trigger"]) == (committed, "flush")
        assert before.index(segment) < before.index(told)
        assert (committed, told["seq"]) == (text_of(talk(1)), 10)
        assert answer["text"] == f"{committed} {text_of(talk(1, 2))}"


def test_a_flush_that_is_late_or_cancelled_does_the_dictation_no_harm(tmp_path: Path) -> None:
    gate = Gate()
    with serving(tmp_path, engines=GatedEngines(gate)) as server, greeted(server) as wire:
        speaker = Speaker(wire)
        speaker.say(talk(1))

        late = outcome(wire.answer(speaker.request("flush", seq=10, tmo=100)))
        cancelled = speaker.request("flush", seq=10)
        wire.cancel(cancelled)
        gate.open()
        answer = speaker.close()

        assert late == "DEADLINE"
        assert outcome(wire.answer(cancelled)) == "CANCELLED"
        assert answer["text"] == text_of(talk(1))
        assert wire.extra_answers() == 0


def test_a_close_that_is_late_or_cancelled_goes_on_and_can_be_asked_again(
    tmp_path: Path,
) -> None:
    gate = Gate()
    with serving(tmp_path, engines=GatedEngines(gate)) as server, greeted(server) as wire:
        speaker = Speaker(wire)
        speaker.say(talk(1))

        late = outcome(wire.answer(speaker.request("close", seq=10, tmo=100)))
        cancelled = speaker.request("close", seq=10)
        wire.cancel(cancelled)
        flush = speaker.call("flush", seq=10)
        gate.open()
        answer = speaker.close()
        again = speaker.close()

        assert late == "DEADLINE"
        assert outcome(wire.answer(cancelled)) == "CANCELLED"
        assert flush == "NO_SESSION"
        assert answer == again
        assert (answer["reason"], answer["text"]) == ("close", text_of(talk(1)))
        assert [event["t"] for event in speaker.events()].count("final") == 1


def test_an_open_that_is_cancelled_leaves_no_dictation_behind(tmp_path: Path) -> None:
    with serving(tmp_path) as server, greeted(server) as wire:
        requests = [wire.request("asr.stream.open", OPEN) for _ in range(20)]
        for request in requests:
            wire.cancel(request)

        outcomes = [outcome(wire.answer(request)) for request in requests]
        opened = [one for one in outcomes if isinstance(one, dict)]

        assert len(opened) <= 2
        assert wire.call("sys.diag")["streams"] == len(opened)


@pytest.mark.parametrize("keep", [True, False])
def test_an_abort_ends_at_once_and_keeps_the_recording_if_asked_to(
    tmp_path: Path, keep: bool
) -> None:
    with serving(tmp_path, engines=GatedEngines(Gate())) as server, greeted(server) as wire:
        speaker = Speaker(wire)
        speaker.say(talk(1))
        speaker.until_safe()

        answer = speaker.call("abort", keep=keep)
        again = speaker.call("abort", keep=not keep)

        kept = [each["recording"] for each in wire.call("journal.list")["recordings"]]
        (final,) = speaker.events("final")
        assert answer == again == ({"recording": kept[0]} if keep else {})
        assert len(kept) == keep
        assert final["reason"] == "abort"


def test_pushes_for_nobodys_dictation_are_ignored_and_counted(tmp_path: Path) -> None:
    with serving(tmp_path) as server, greeted(server) as wire, greeted(server) as stranger:
        speaker = Speaker(wire)
        for seq in range(100):
            push(stranger, speaker.stream, seq, b"\0\0")
            push(wire, 12345, seq, b"\0\0")
        speaker.say(talk(1))

        answer = speaker.close()

        assert answer["text"] == text_of(talk(1))
        assert stranger.call("sys.diag")["ignored_pushes"] == 200
        assert stranger.call("sys.diag")["dropped_clients"] == 0


def test_a_client_has_as_many_dictations_as_it_may_and_room_when_one_ends(
    tmp_path: Path,
) -> None:
    with serving(tmp_path, Limits(max_streams=2)) as server, greeted(server) as wire:
        first = Speaker(wire)
        Speaker(wire)

        refused = wire.answer(wire.request("asr.stream.open", OPEN))["error"]["data"]
        first.close()
        third = wire.call("asr.stream.open", OPEN)

        assert (refused["kind"], refused["retry_after_ms"] > 0) == ("BUSY", True)
        assert "stream" in third


def test_a_dictation_that_was_cut_off_is_resumed_by_its_token_alone(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        with greeted(server) as wire:
            cut_off = Speaker(wire)
            cut_off.say(WORDS)
            cut_off.until_told("commit")
            seen = cut_off.told()
        with greeted(server) as wire:
            token = {"token": cut_off.opened["token"], "next_event": seen[-1]["seq"] + 1}
            wrong = wire.call("asr.stream.resume", token | {"token": "0" * 32})
            before = wire.call("asr.stream.close", {"stream": cut_off.stream, "seq": 0})
            resumed = wire.call("asr.stream.resume", token)
            for seq, chunk in list(enumerate(chunks_of(WORDS)))[resumed["next_push"] :]:
                push(wire, cut_off.stream, seq, chunk)
            answer = wire.call("asr.stream.close", {"stream": cut_off.stream, "seq": 65})

        told = seen + [n["params"] for n in wire.notices if n["method"] == "$/event"]
        commits = [each["event"] for each in told if each["event"]["t"] == "commit"]
        assert (wrong, before) == ("NO_SESSION", "NO_SESSION")
        assert resumed["stream"] == cut_off.stream
        assert 0 < resumed["next_push"] <= cut_off.n_pushed
        assert answer["text"].startswith(resumed["text"])
        assert answer["text"] == "".join(event["text"] for event in commits) == text_of(WORDS)
        assert [each["seq"] for each in told] == sorted({each["seq"] for each in told})


def test_a_guest_cannot_resume_what_the_owner_began(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        with greeted(server) as wire:
            opened = Speaker(wire).opened
        with Wire(server.info("guest")) as guest:
            guest.hello()
            refused = guest.call("asr.stream.resume", {"token": opened["token"], "next_event": 0})

        assert refused == "NO_SESSION"


def test_a_dictation_that_nobody_resumes_ends_and_its_recording_is_kept(tmp_path: Path) -> None:
    with serving(tmp_path, Limits(resume_ms=300)) as server, greeted(server) as watcher:
        with greeted(server) as wire:
            speaker = Speaker(wire)
            speaker.say(talk(1))
            speaker.until_safe()

        until(lambda: watcher.call("sys.diag")["streams"] == 0)

        (kept,) = watcher.call("journal.list")["recordings"]
        assert kept["state"] == "interrupted"
        assert kept["audio_ms"] == 1000


def test_a_slow_client_is_lost_but_not_its_dictation(tmp_path: Path) -> None:
    limits = Limits(outbox_messages=20, max_rate_per_s=10**6, max_burst=10**6)
    with serving(tmp_path, limits) as server:
        with greeted(server) as deaf:
            speaker = Speaker(deaf)
            speaker.say(WORDS)
            while server.server.counts().dropped_clients == 0:
                for _ in range(100):
                    deaf.request("sys.diag")
            n_pushed = speaker.n_pushed
        with greeted(server) as wire:
            wire.call("asr.stream.resume", {"token": speaker.opened["token"], "next_event": 0})
            answer = wire.call("asr.stream.close", {"stream": speaker.stream, "seq": n_pushed})

        assert answer["text"] == text_of(WORDS)
        assert '"why":"overflow"' in (tmp_path / "s" / "log").read_text()


def test_shutting_down_tells_every_dictation_and_keeps_its_recording(tmp_path: Path) -> None:
    server = serving(tmp_path, engines=GatedEngines(Gate()))
    with server, greeted(server) as wire, greeted(server) as closing:
        speaker, late = Speaker(wire), Speaker(closing)
        for one in (speaker, late):
            one.say(talk(1))
            one.until_told("level")
        closed = late.request("close", seq=10)
        assert "uptime_ms" in closing.call("sys.ping")

        wire.request("sys.shutdown", {"drain_ms": 200})
        final = speaker.until_told("final")

        (error,) = speaker.events("error")
        kept = {path.parent.name for path in (tmp_path / "s" / "journal").glob("*/audio.wav")}
        assert (error["kind"], error["recoverable"]) == ("CANCELLED", False)
        assert final["recording"] in kept
        assert outcome(closing.answer(closed)) == "CANCELLED"
        assert len(kept) == 2


def test_random_pushes_harm_nobody_elses_dictation(tmp_path: Path) -> None:
    chance = random.Random(3)
    with serving(tmp_path) as server, greeted(server) as good:
        speaker = Speaker(good)
        chunks = chunks_of(WORDS)
        for chunk in chunks:
            speaker.push(chunk)
            with greeted(server) as bad:
                own = bad.call("asr.stream.open", OPEN)["stream"]
                for _ in range(30):
                    stream = chance.choice((own, own, speaker.stream, 0, 2**32 - 1))
                    seq = chance.choice((0, 1, 2, chance.randrange(2**32)))
                    push(bad, stream, seq, chance.randbytes(chance.choice((0, 1, 2, 99, 20_000))))
                bad.send(msgpack.packb({"jsonrpc": "2.0", "method": "asr.stream.push"}))
                assert "uptime_ms" in bad.call("sys.ping")

        answer = speaker.close()

        assert answer["text"] == text_of(WORDS)
        assert "request-failed" not in (tmp_path / "s" / "log").read_text()
