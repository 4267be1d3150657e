"""The journal's methods over the wire."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sidecar.host.connection import ConnectionInfo
from sidecar.host.paths import private_dir
from sidecar.session.journal import Journal, RecordingInfo
from sidecar.session.manifest import FILE
from tests.conftest import PATIENCE_S
from tests.process.talker import (
    CHUNK_BYTES,
    Talker,
    hello,
    recordings,
    recover,
    scripted,
)
from tests.process.wire import Wire, outcome


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("journal")


@pytest.fixture(scope="module")
def running(home: Path) -> Iterator[ConnectionInfo]:
    with scripted(home) as (_, info):
        yield info


@pytest.fixture
def wire(running: ConnectionInfo) -> Iterator[Wire]:
    with Wire(running) as wire:
        hello(wire)
        yield wire


@pytest.fixture
def journal(home: Path) -> Iterator[Journal]:
    """The running sidecar's journal; empty afterwards."""
    folder = private_dir(private_dir(home / "data") / "journal")
    yield Journal(folder)
    for recording in folder.glob("?" * 32):
        shutil.rmtree(recording)


def interrupted(journal: Journal, pcm: bytes, *script: str) -> str:
    recording = journal.begin(RecordingInfo(16_000, "scripted", "de-CH", script, 1_700_000_000.9))
    recording.append(pcm)
    recording.keep()
    return recording.name


def events_of(wire: Wire, request: int) -> list[dict[str, Any]]:
    return [n["params"]["event"] for n in wire.notices if n["params"].get("id") == request]


def test_an_interrupted_recording_is_listed(wire: Wire, journal: Journal) -> None:
    name = interrupted(journal, bytes(32_000))

    assert recordings(wire) == [
        {
            "recording": name,
            "state": "interrupted",
            "began_s": 1_700_000_000,
            "audio_ms": 1000,
            "engine": "scripted",
            "language": "de-CH",
        }
    ]


def test_recovering_tells_what_transcribing_tells(
    wire: Wire, journal: Journal, speech_pcm: bytes
) -> None:
    name = interrupted(journal, speech_pcm)

    request = wire.request("journal.recover", {"recording": name, "levels": True})
    transcript = outcome(wire.answer(request))

    events = events_of(wire, request)
    assert {event["t"] for event in events} == {"progress", "level", "segment"}
    segments = [event["segment"] for event in events if event["t"] == "segment"]
    assert segments == transcript["segments"]
    assert len(segments) == 4
    assert transcript["timings"]["audio_ms"] == len(speech_pcm) // 32


def test_a_recording_stays_until_it_is_discarded(
    wire: Wire, journal: Journal, speech_pcm: bytes
) -> None:
    name = interrupted(journal, speech_pcm[: 30 * CHUNK_BYTES])

    first, second = recover(wire, name), recover(wire, name)
    discarded = wire.call("journal.discard", {"recording": name})

    assert first["text"] == second["text"] != ""
    assert discarded == {}
    assert recordings(wire) == []
    assert recover(wire, name) == "NO_SESSION"


def test_a_recording_is_heard_as_its_dictation_was_meant_unless_told_otherwise(
    wire: Wire, journal: Journal, speech_pcm: bytes
) -> None:
    name = interrupted(journal, speech_pcm[: 30 * CHUNK_BYTES], "say:meant")

    as_meant = recover(wire, name)
    otherwise = recover(wire, name, hotwords=["say:other"], language="fr")
    without = recover(wire, name, hotwords=[])

    assert (as_meant["text"], as_meant["language"]) == ("meant", "de-CH")
    assert (otherwise["text"], otherwise["language"]) == ("other", "fr")
    assert without["text"] not in ("meant", "other", "")
    assert recover(wire, name, engine="no-such") == "MODEL_MISSING"


def test_a_recording_without_its_manifest_is_heard_by_the_default_engine(
    home: Path, wire: Wire, journal: Journal, speech_pcm: bytes
) -> None:
    name = interrupted(journal, speech_pcm[: 30 * CHUNK_BYTES], "say:meant")
    (home / "data" / "journal" / name / FILE).write_text("{")

    [listed] = recordings(wire)
    transcript = recover(wire, name)

    assert (listed["state"], listed["engine"]) == ("interrupted", "scripted")
    assert "language" not in listed
    assert transcript["engine"] == "scripted"
    assert transcript["text"] not in ("meant", "")


def test_a_dictation_that_runs_is_listed_and_left_alone(
    wire: Wire, running: ConnectionInfo, speech_pcm: bytes
) -> None:
    with Wire(running) as other:
        talker = Talker(other)
        talker.say(speech_pcm[: 20 * CHUNK_BYTES])
        talker.until_acked(20)
        [listed] = recordings(wire)
        name = listed["recording"]
        refusals = [recover(wire, name), wire.call("journal.discard", {"recording": name})]
        final = talker.close()
        after = recordings(wire)

    assert (listed["state"], listed["audio_ms"]) == ("open", 1920)
    assert refusals == ["BUSY", "BUSY"]
    assert final["complete"]
    assert after == []


@pytest.mark.parametrize("method", ["journal.recover", "journal.discard"])
def test_unknown_recordings_are_refused(wire: Wire, journal: Journal, method: str) -> None:
    assert wire.call(method, {"recording": "0" * 32}) == "NO_SESSION"
    assert wire.call(method, {"recording": "../../etc"}) == "INVALID_PARAMS"


def test_recovering_can_be_cancelled(wire: Wire, journal: Journal, speech_pcm: bytes) -> None:
    name = interrupted(journal, speech_pcm[: 30 * CHUNK_BYTES], "sleep:600")

    request = wire.request("journal.recover", {"recording": name}, tmo=60_000)
    while not events_of(wire, request):
        wire.receive(PATIENCE_S)
    wire.cancel(request)

    assert outcome(wire.answer(request)) == "CANCELLED"
    assert recover(wire, name, hotwords=["say:after"])["text"] == "after"


def test_recovering_keeps_its_deadline(wire: Wire, journal: Journal, speech_pcm: bytes) -> None:
    name = interrupted(journal, speech_pcm[: 30 * CHUNK_BYTES], "sleep:600")

    request = wire.request("journal.recover", {"recording": name}, tmo=300)

    assert outcome(wire.answer(request)) == "DEADLINE"


def test_a_client_that_recovers_much_waits_for_its_own_turns(
    wire: Wire, journal: Journal, speech_pcm: bytes
) -> None:
    name = interrupted(journal, speech_pcm[: 20 * CHUNK_BYTES], "sleep:0.2")

    requests = [wire.request("journal.recover", {"recording": name}) for _ in range(3)]
    for request in requests:
        assert isinstance(outcome(wire.answer(request)), dict)

    queued = [
        any(event.get("phase") == "queued" for event in events_of(wire, request))
        for request in requests
    ]
    assert sorted(queued) == [False, False, True]


def test_two_sidecars_share_a_journal_without_harm(tmp_path: Path, speech_pcm: bytes) -> None:
    with (
        scripted(tmp_path) as (_, one),
        scripted(tmp_path) as (_, two),
        Wire(one) as talking,
        Wire(two) as wire,
    ):
        hello(wire)
        talker = Talker(talking)
        talker.say(speech_pcm[: 20 * CHUNK_BYTES])
        talker.until_acked(20)
        [listed] = recordings(wire)
        refused = wire.call("journal.discard", {"recording": listed["recording"]})
        final = talker.close()

    assert listed["state"] == "open"
    assert refused == "BUSY"
    assert final["complete"]


def test_a_client_may_say_what_the_recording_is_called(
    running: ConnectionInfo, journal: Journal, speech_pcm: bytes
) -> None:
    name = "0123456789abcdef" * 2
    with Wire(running) as wire:
        talker = Talker(wire, recording=name)
        talker.say(speech_pcm[: 30 * CHUNK_BYTES])
        talker.until_acked(30)
        while_open = recordings(wire)
        wire.call("asr.stream.abort", {"stream": talker.stream, "keep": True})
        kept = recordings(wire)

    assert [(each["recording"], each["state"]) for each in while_open] == [(name, "open")]
    assert [(each["recording"], each["state"]) for each in kept] == [(name, "interrupted")]


def test_a_name_that_is_taken_costs_the_recording_and_not_the_dictation(
    running: ConnectionInfo, journal: Journal, speech_pcm: bytes
) -> None:
    name = interrupted(journal, bytes(32_000))
    with Wire(running) as wire:
        talker = Talker(wire, recording=name)
        talker.say(speech_pcm[: 30 * CHUNK_BYTES])
        final = talker.close()
        kept = recordings(wire)

    [trouble] = [event for event in talker.events if event["t"] == "error"]
    assert (trouble["kind"], trouble["recoverable"]) == ("DISK_FULL", True)
    assert final["text"]
    assert [(each["recording"], each["audio_ms"]) for each in kept] == [(name, 1000)]


def test_a_dictation_may_leave_nothing_on_disk_not_even_while_it_runs(
    home: Path, running: ConnectionInfo, journal: Journal, speech_pcm: bytes
) -> None:
    with Wire(running) as wire:
        talker = Talker(wire, unrecorded=True)
        talker.say(speech_pcm[: 30 * CHUNK_BYTES])
        talker.until_acked(30)
        while_open = list((home / "data" / "journal").glob("?" * 32))
        params = {"stream": talker.stream, "seq": talker.pushed, "keep": True}
        final = wire.call("asr.stream.close", params)

    assert while_open == []
    assert final["text"]
    assert "recording" not in final
    assert list((home / "data" / "journal").glob("?" * 32)) == []
