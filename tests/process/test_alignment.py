"""Word times for an engine that gives none: real sidecar, real workers, a scripted aligner."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import soundfile

from sidecar.cli.clip import CLIP
from sidecar.domain import Segment
from sidecar.host.connection import ConnectionInfo
from sidecar.host.paths import private_dir
from sidecar.rpc.client import Client, run
from sidecar.session.journal import Journal, RecordingInfo
from sidecar.text.formats import Format, render
from tests.conftest import ALIGNERS, ENGINES
from tests.process.commands import sotto
from tests.process.wire import Wire, launched, until

SAID = "One is here. Another, longer one, comes after it at once."
ENGINE = "scripted-untimed"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("aligned")


@pytest.fixture(scope="module")
def info(folder: Path) -> Iterator[ConnectionInfo]:
    environment = {
        "PYTHONPATH": os.pathsep.join((str(ENGINES), str(ALIGNERS))),
        "SOTTO_FUSES": str(folder),
    }
    with launched(folder, engine=ENGINE, extra_env=environment, publish=True) as (_, info):
        yield info


@pytest.fixture
def joined(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands of this test find that sidecar."""
    monkeypatch.setenv("SOTTO_RUNTIME_DIR", str(folder / "run"))
    monkeypatch.setenv("SOTTO_DATA_DIR", str(folder / "data"))


def transcribe(info: ConnectionInfo, **options: Any) -> Any:
    async def scenario() -> Any:
        async with await Client.connect(info) as client:
            return await client.transcribe(
                CLIP, language="en", hotwords=(f"say:{SAID}",), **options
            )

    return run(scenario())


def worker(wire: Wire) -> Any:
    """What sys.diag tells of the aligner."""
    workers = wire.call("sys.diag")["workers"]
    return next(each for each in workers if each["engine"] == "scripted-aligner")


def test_every_word_gets_a_time_within_its_segment_and_none_is_lost(info: ConnectionInfo) -> None:
    told: list[Any] = []

    transcript = transcribe(info, on_event=told.append)

    assert len(transcript.segments) > 1
    assert tuple(event for event in told if isinstance(event, Segment)) == transcript.segments
    for segment in transcript.segments:
        words = segment.words
        times = [t for word in words for t in (word.start_s, word.end_s)]
        assert " ".join(word.text for word in words) == segment.text == SAID
        assert times == sorted(times)
        assert times[0] == pytest.approx(segment.start_s, abs=0.002)
        assert times[-1] == pytest.approx(segment.end_s, abs=0.002)
    assert not any("word times" in notice for notice in transcript.notices)


def test_subtitles_begin_when_their_words_do(info: ConnectionInfo) -> None:
    transcript = transcribe(info)

    srt = render(Format.SRT, "demo.flac", transcript)

    starts_ms = {round(w.start_s * 1000) for s in transcript.segments for w in s.words}
    cues = re.findall(r"(\d+):(\d+):(\d+),(\d+) --> .*\n(.*)", srt)
    assert len(cues) > 2
    for hours, minutes, seconds, ms, _ in cues:
        total_s = int(hours) * 3600 + int(minutes) * 60 + int(seconds)
        assert total_s * 1000 + int(ms) in starts_ms


def test_the_aligner_is_a_worker_and_not_an_engine_to_choose(info: ConnectionInfo) -> None:
    transcribe(info)

    with Wire(info) as wire:
        wire.hello()
        workers = {worker["engine"]: worker for worker in wire.call("sys.diag")["workers"]}
        engines = [engine["id"] for engine in wire.call("sys.info")["engines"]]

    assert workers["scripted-aligner"]["state"] == "ready"
    assert workers["scripted-aligner"]["pid"] != workers[ENGINE]["pid"]
    assert "scripted-aligner" not in engines


@pytest.mark.skipif(sys.platform == "win32", reason="Unix signals")
def test_an_aligner_that_is_killed_is_replaced_and_not_missed(info: ConnectionInfo) -> None:
    before = transcribe(info)
    with Wire(info) as wire:
        wire.hello()
        victim = worker(wire)["pid"]
        os.kill(victim, signal.SIGKILL)
        until(lambda: worker(wire).get("pid") != victim)

        after = transcribe(info)

        assert worker(wire)["pid"] != victim
    assert after.segments == before.segments


def test_whoever_needs_no_times_has_none_found(info: ConnectionInfo) -> None:
    transcript = transcribe(info, align=False)

    assert transcript.text.startswith(SAID)
    assert not any(segment.words for segment in transcript.segments)


@pytest.mark.parametrize("wanted", [True, False])
def test_words_of_a_kept_recording_are_aligned_too_unless_nobody_needs_that(
    info: ConnectionInfo, folder: Path, short: Path, wanted: bool
) -> None:
    journal = Journal(private_dir(private_dir(folder / "data") / "journal"))
    recording = journal.begin(RecordingInfo(16_000, ENGINE, "en", ("say:one two",), 1_700_000_000))
    recording.append(soundfile.read(short, dtype="int16")[0].tobytes())
    recording.keep()

    async def scenario() -> Any:
        async with await Client.connect(info) as client:
            transcript = await client.recover(recording.name, align=wanted)
            await client.discard(recording.name)
            return transcript

    transcript = run(scenario())

    assert transcript.text == "one two"
    assert bool(transcript.segments[0].words) == wanted


@pytest.mark.parametrize(
    ("options", "aligned"),
    [
        (["--format=json"], True),
        (["--format=json", "--no-align"], False),
        ([], False),
        (["--align"], True),
    ],
)
def test_the_command_has_words_aligned_where_they_are_shown_or_that_is_wished(
    info: ConnectionInfo, joined: None, short: Path, options: list[str], aligned: bool
) -> None:
    with Wire(info) as wire:
        wire.hello()
        before = worker(wire)["requests"]

        done = sotto(
            *("transcribe", short, "--language", "en", "--hotword", "say:one two"), *options
        )

        assert done.returncode == 0
        assert "one two" in done.stdout
        assert (worker(wire)["requests"] > before) == aligned


def test_a_language_that_the_aligner_does_not_know_is_told(info: ConnectionInfo) -> None:
    async def scenario() -> Any:
        async with await Client.connect(info) as client:
            return await client.transcribe(CLIP, language="fi", hotwords=("say:yksi kaksi",))

    transcript = run(scenario())

    assert {segment.text for segment in transcript.segments} == {"yksi kaksi"}
    assert not any(segment.words for segment in transcript.segments)
    assert any("knows en, zh, not fi" in notice for notice in transcript.notices)
