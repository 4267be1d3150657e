"""The history over the wire: dictated, kept, found, heard again, exported."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import soundfile as sf

from sidecar.host.connection import ConnectionInfo
from tests.process.talker import CHUNK_BYTES, Talker, hello, recordings, scripted
from tests.process.wire import Wire, outcome, until


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConnectionInfo]:
    with scripted(tmp_path_factory.mktemp("history")) as (_, info):
        yield info


@pytest.fixture
def wire(running: ConnectionInfo) -> Iterator[Wire]:
    with Wire(running) as wire:
        hello(wire)
        yield wire


def dictated(wire: Wire, info: ConnectionInfo, pcm: bytes) -> dict[str, Any]:
    """The end of a dictation whose recording stays."""
    with Wire(info) as other:
        talker = Talker(other)
        talker.say(pcm)
        params = {"stream": talker.stream, "seq": talker.pushed, "keep": True}
        final = outcome(other.answer(other.request("asr.stream.close", params, tmo=60_000)))
    assert isinstance(final, dict), final
    return final


def add(wire: Wire, text: str, *parts: dict[str, Any], **more: Any) -> Any:
    params = {"text": text, "engine": "scripted", "duration_ms": 1000, **more}
    return wire.call("history.add", params | ({"parts": list(parts)} if parts else {}))


def audio_of(wire: Wire, entry: int, piece: int = 1 << 20) -> bytes:
    """The sound file of an entry, fetched piece by piece."""
    got = b""
    while True:
        params = {"entry": entry, "offset": len(got), "max_bytes": piece}
        result = wire.call("history.audio", params)
        assert result["data"] == {"$bin": 0}
        got += wire.binaries[0]
        if len(got) >= result["total_bytes"]:
            return got


def pcm_of(wav: bytes) -> bytes:
    samples, rate_hz = sf.read(io.BytesIO(wav), dtype="int16")
    assert rate_hz == 16_000
    return bytes(samples.tobytes())


def test_a_dictation_is_kept_heard_again_and_exported(
    wire: Wire, running: ConnectionInfo, speech_pcm: bytes
) -> None:
    final = dictated(wire, running, speech_pcm)
    duration_ms = final["timings"]["audio_ms"]

    entry = add(
        wire,
        final["text"],
        {"recording": final["recording"]},
        duration_ms=duration_ms,
        engine=final["engine"],
    )
    listed = wire.call("history.list")
    wav = audio_of(wire, entry["entry"], 100_000)
    request = wire.request("history.retranscribe", {"entry": entry["entry"]}, tmo=60_000)
    again = outcome(wire.answer(request))
    events = [n["params"]["event"]["t"] for n in wire.notices if n["params"].get("id") == request]
    srt = wire.call("history.export", {"entries": [entry["entry"]], "format": "srt"})["content"]

    assert recordings(wire) == []
    assert (listed["total"], listed["entries"]) == (1, [entry])
    assert entry["has_audio"]
    assert pcm_of(wav) == speech_pcm
    assert set(events) == {"progress", "segment"}
    assert again["entry"] == entry["entry"]
    assert again["text"]
    assert srt.count("-->") >= 4


def test_parts_are_cut_and_joined(wire: Wire, running: ConnectionInfo, speech_pcm: bytes) -> None:
    first = dictated(wire, running, speech_pcm[: 20 * CHUNK_BYTES])["recording"]
    second = dictated(wire, running, speech_pcm[20 * CHUNK_BYTES : 40 * CHUNK_BYTES])["recording"]

    entry = add(wire, "joined", {"recording": first, "end_ms": 1000}, {"recording": second})

    wanted = speech_pcm[:32_000] + speech_pcm[20 * CHUNK_BYTES : 40 * CHUNK_BYTES]
    assert pcm_of(audio_of(wire, entry["entry"])) == wanted
    assert recordings(wire) == []


def test_whoever_had_no_answer_may_add_again(
    wire: Wire, running: ConnectionInfo, speech_pcm: bytes
) -> None:
    recording = dictated(wire, running, speech_pcm[: 20 * CHUNK_BYTES])["recording"]

    first = add(wire, "once", {"recording": recording})
    second = add(wire, "once", {"recording": recording})

    assert second == first


def test_a_recording_that_is_not_there_changes_nothing(wire: Wire) -> None:
    before = wire.call("history.list")["total"]

    assert add(wire, "text", {"recording": "0" * 32}) == "NO_SESSION"

    assert wire.call("history.list")["total"] == before


def test_a_recording_whose_dictation_runs_is_busy(
    wire: Wire, running: ConnectionInfo, speech_pcm: bytes
) -> None:
    with Wire(running) as other:
        talker = Talker(other)
        talker.say(speech_pcm[: 20 * CHUNK_BYTES])
        talker.until_acked(20)
        [kept] = recordings(wire)

        assert add(wire, "text", {"recording": kept["recording"]}) == "BUSY"

        other.call("asr.stream.abort", {"stream": talker.stream})


def test_entries_are_found_by_parts_of_words(wire: Wire) -> None:
    entry = add(wire, "今天我们测试语音识别 with Photographs")["entry"]

    for query in ("语音", "识", "GRAPH", "测试 photo", '语" OR'[:1]):
        found = wire.call("history.list", {"query": query})["entries"]
        assert [each["entry"] for each in found] == [entry], query
        assert "语音" in found[0]["match"]
    for query in ("音语", '"', "NOT 语音", "photo*", "语音 video"):
        assert wire.call("history.list", {"query": query}) == {"entries": [], "total": 0}, query


def test_texts_that_an_entry_had_stay(wire: Wire) -> None:
    added = add(wire, "Polished.", raw_text="um polished")
    edited = wire.call("history.update", {"entry": added["entry"], "text": "Edited."})

    told = wire.call("history.get", {"entry": added["entry"]})

    assert (added["text"], added["raw_text"]) == ("Polished.", "um polished")
    assert told["entry"] == edited
    assert [(v["text"], v["source"]) for v in told["versions"]] == [
        ("um polished", "recognised"),
        ("Polished.", "polished"),
    ]


def test_what_is_deleted_can_be_restored_until_it_is_deleted_for_good(wire: Wire) -> None:
    entry = add(wire, "to be deleted")["entry"]

    deleted = wire.call("history.delete", {"entries": [entry, 10**9]})
    trash = wire.call("history.list", {"trashed": True, "query": "deleted"})["entries"]
    restored = wire.call("history.update", {"entry": entry, "trashed": False})
    wire.call("history.delete", {"entries": [entry], "for_good": True})

    assert deleted == {"deleted": 1}
    assert [each["trashed"] for each in trash] == [True]
    assert not restored["trashed"]
    assert wire.call("history.get", {"entry": entry}) == "NO_SESSION"


def test_an_entry_without_audio_says_so(wire: Wire) -> None:
    entry = add(wire, "no audio")["entry"]

    assert wire.call("history.audio", {"entry": entry, "offset": 0, "max_bytes": 1}) == "NO_SESSION"
    assert wire.call("history.retranscribe", {"entry": entry}) == "NO_SESSION"


def test_an_entry_changes_only_if_all_of_it_was_heard(
    wire: Wire, running: ConnectionInfo, speech_pcm: bytes
) -> None:
    final = dictated(wire, running, speech_pcm)
    entry = add(wire, "untouched", {"recording": final["recording"]})

    wanted = {"entry": entry["entry"], "hotwords": ["raise"]}
    failed = outcome(wire.answer(wire.request("history.retranscribe", wanted, tmo=60_000)))
    request = wire.request("history.retranscribe", {"entry": entry["entry"]}, tmo=60_000)
    wire.cancel(request)
    cancelled = outcome(wire.answer(request))

    assert isinstance(failed, str)
    assert cancelled == "CANCELLED"
    assert wire.call("history.get", {"entry": entry["entry"]})["entry"] == entry


def test_every_client_is_told_of_every_change(wire: Wire, running: ConnectionInfo) -> None:
    with Wire(running) as other:
        hello(other)

        def told() -> bool:
            other.call("sys.ping")
            return bool(other.notices)

        add(wire, "a change")
        until(told)

    assert other.notices[0]["method"] == "$/changed"
    assert other.notices[0]["params"] == {"what": "history"}


def test_json_has_all_that_is_known(wire: Wire) -> None:
    segment = {"start_ms": 0, "end_ms": 900, "text": "all of it", "words": []}
    entry = add(wire, "all of it", segments=[segment], language="en")["entry"]

    told = wire.call("history.export", {"entries": [entry], "format": "json"})["content"]

    [fields] = json.loads(told)
    assert fields["entry"] == entry
    assert fields["segments"] == [{**segment, "language": None}]


def test_audio_outlives_the_sidecar(tmp_path: Path, speech_pcm: bytes) -> None:
    said = speech_pcm[: 20 * CHUNK_BYTES]
    with scripted(tmp_path) as (sidecar, info), Wire(info) as wire:
        hello(wire)
        entry = add(wire, "kept", {"recording": dictated(wire, info, said)["recording"]})
        sidecar.process.kill()
        sidecar.process.wait()

    with scripted(tmp_path) as (_, info), Wire(info) as wire:
        hello(wire)
        assert wire.call("history.list")["entries"] == [entry]
        assert pcm_of(audio_of(wire, entry["entry"])) == said


def test_what_is_too_much_for_one_file_is_told_before_all_of_it_is_read(wire: Wire) -> None:
    entry = add(wire, "word " * 40_000)["entry"]

    assert wire.call("history.export", {"entries": [entry], "format": "txt"})["content"]
    for form in ("txt", "json", "srt"):
        asked = {"entries": [entry] * 1000, "format": form}
        assert wire.call("history.export", asked) == "TOO_LARGE"
