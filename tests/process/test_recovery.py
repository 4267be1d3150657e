"""Nothing that was said is lost, whoever is killed and whatever is full."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import soundfile as sf

from sidecar.host.connection import ConnectionInfo
from sidecar.host.paths import private_dir
from sidecar.session.journal import Journal, RecordingInfo
from sidecar.session.recording import AUDIO
from sidecar.session.retention import DAY_S
from sidecar.session.wav import HEADER_BYTES
from sidecar.vad.base import FRAME_SAMPLES
from tests.process.commands import mortal
from tests.process.pools import is_alive
from tests.process.talker import (
    CHUNK_BYTES,
    Talker,
    hello,
    recordings,
    recover,
    scripted,
)
from tests.process.wire import Wire, until

N_KILLS = int(os.environ.get("SOTTO_KILLS", "5"))  # a second each

unix_only = pytest.mark.skipif(sys.platform == "win32", reason="Unix signals and limits")
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits another process")


def pcm_of(folder: Path, name: str) -> bytes:
    return (folder / "data" / "journal" / name / AUDIO).read_bytes()[HEADER_BYTES:]


def dictated(wire: Wire, pcm: bytes) -> str:
    """The text of a dictation that nothing happens to."""
    talker = Talker(wire)
    talker.say(pcm)
    return str(talker.close()["text"])


def assert_recovered(folder: Path, info: ConnectionInfo, said: bytes, acked: int) -> None:
    """The only recording has all that was acknowledged, and gives the text of it."""
    with Wire(info) as wire:
        hello(wire)
        [kept] = recordings(wire)
        pcm = pcm_of(folder, kept["recording"])
        text = recover(wire, kept["recording"])["text"]
        wire.call("journal.discard", {"recording": kept["recording"]})
        left = recordings(wire)
    with Wire(info) as wire:
        wanted = dictated(wire, pcm)

    assert kept["state"] == "interrupted"
    assert said.startswith(pcm)
    assert len(pcm) >= acked * CHUNK_BYTES
    assert kept["audio_ms"] == pytest.approx(len(pcm) / 32, abs=0.5)  # a whole number
    assert text == wanted
    assert text
    assert left == []


def kill_often(folder: Path, said: bytes, n_kills: int) -> None:
    """Kill a sidecar at random points of a dictation; each next one recovers it."""
    acked = 0
    for attempt in range(n_kills + 1):
        with scripted(folder) as (sidecar, info):
            if attempt:
                assert_recovered(folder, info, said, acked)
            if attempt < n_kills:
                with Wire(info) as wire:
                    talker = Talker(wire)
                    n_chunks = random.randrange(20, len(said) // CHUNK_BYTES)
                    talker.say(said[: n_chunks * CHUNK_BYTES])
                    talker.until_acked(random.randrange(20, n_chunks + 1))
                    acked = talker.acked
                    sidecar.process.kill()
                    sidecar.process.wait()


@unix_only
def test_a_dictation_survives_the_death_of_its_sidecar(tmp_path: Path, speech_pcm: bytes) -> None:
    kill_often(tmp_path, speech_pcm, N_KILLS)


APP = """
import sys, time
from pathlib import Path
from tests.process.pools import is_alive
from tests.process.talker import Talker, scripted
from tests.process.wire import Wire

with scripted(Path(sys.argv[1])) as (sidecar, info), Wire(info) as wire:
    talker = Talker(wire)
    talker.say(sys.stdin.buffer.read())
    talker.until_acked(talker.pushed)
    print(sidecar.process.pid, talker.acked, flush=True)
    time.sleep(60)
"""


@unix_only
def test_a_dictation_survives_the_death_of_the_program_it_is_for(
    tmp_path: Path, speech_pcm: bytes
) -> None:
    said = speech_pcm[: 30 * CHUNK_BYTES]
    with mortal(
        subprocess.Popen(
            [sys.executable, "-c", APP, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
    ) as app:
        assert app.stdin is not None
        assert app.stdout is not None
        app.stdin.write(said)
        app.stdin.close()
        sidecar, acked = map(int, app.stdout.readline().split())
        app.kill()
    until(lambda: not is_alive(sidecar))

    with scripted(tmp_path) as (_, info):
        assert_recovered(tmp_path, info, said, acked)


@unix_only
def test_a_sidecar_that_is_told_to_leave_puts_the_recording_away(
    tmp_path: Path, speech_pcm: bytes
) -> None:
    said = speech_pcm[: 30 * CHUNK_BYTES]
    with scripted(tmp_path) as (sidecar, info), Wire(info) as wire:
        talker = Talker(wire)
        talker.say(said)
        talker.until_acked(30)
        sidecar.process.send_signal(signal.SIGTERM)
        code = sidecar.process.wait(10)

    [audio] = (tmp_path / "data" / "journal").glob(f"*/{AUDIO}")
    assert code == 0
    assert sf.info(audio).frames == len(said) // 2
    with scripted(tmp_path) as (_, info):
        assert_recovered(tmp_path, info, said, acked=30)


@linux_only
def test_a_full_disk_is_told_once_and_costs_no_text(tmp_path: Path, speech_pcm: bytes) -> None:
    import resource

    half = len(speech_pcm) // 2
    with scripted(tmp_path) as (sidecar, info):
        with Wire(info) as wire:
            wanted = dictated(wire, speech_pcm)
        with Wire(info) as wire:
            talker = Talker(wire)
            limit = (HEADER_BYTES + half + 1, resource.RLIM_INFINITY)
            resource.prlimit(sidecar.process.pid, resource.RLIMIT_FSIZE, limit)
            talker.say(speech_pcm)
            talker.until_acked(talker.pushed)
            [running] = recordings(wire)
            final = talker.close()
        with Wire(info) as wire:
            hello(wire)
            left = recordings(wire)

    [trouble] = [event for event in talker.events if event["t"] == "error"]
    assert (trouble["kind"], trouble["recoverable"]) == ("DISK_FULL", True)
    assert "The dictation goes on" in trouble["message"]
    assert final["text"] == wanted
    assert final["complete"]
    assert running["audio_ms"] == half // 32
    assert left == []


@linux_only
def test_what_a_full_disk_took_is_recovered_after_a_crash(
    tmp_path: Path, speech_pcm: bytes
) -> None:
    import resource

    taken_bytes = 98 * FRAME_SAMPLES * 2
    with scripted(tmp_path) as (sidecar, info), Wire(info) as wire:
        talker = Talker(wire)
        limit = (HEADER_BYTES + taken_bytes + 1, resource.RLIM_INFINITY)
        resource.prlimit(sidecar.process.pid, resource.RLIMIT_FSIZE, limit)
        talker.say(speech_pcm)
        talker.until_acked(talker.pushed)
        sidecar.process.kill()
        sidecar.process.wait()

    with scripted(tmp_path) as (_, info):
        assert_recovered(tmp_path, info, speech_pcm[:taken_bytes], acked=taken_bytes // CHUNK_BYTES)


def test_a_journal_that_nobody_can_write_costs_no_text(tmp_path: Path, speech_pcm: bytes) -> None:
    (tmp_path / "data").mkdir(mode=0o700)
    (tmp_path / "data" / "journal").touch()

    with scripted(tmp_path) as (_, info), Wire(info) as wire:
        talker = Talker(wire)
        talker.say(speech_pcm[: 30 * CHUNK_BYTES])
        final = talker.close()
        listed = wire.call("journal.list")

    [trouble] = [event for event in talker.events if event["t"] == "error"]
    assert (trouble["kind"], trouble["recoverable"]) == ("DISK_FULL", True)
    assert "SOTTO_DATA_DIR" in trouble["message"]
    assert final["complete"]
    assert final["text"]
    assert listed == "DISK_FULL"


def test_a_finished_dictation_leaves_its_recording_only_where_that_is_wanted(
    tmp_path: Path, speech_pcm: bytes
) -> None:
    left = []
    for days in ("0", "1"):
        with (
            scripted(tmp_path, SOTTO_KEEP_FINISHED_DAYS=days) as (_, info),
            Wire(info) as wire,
        ):
            talker = Talker(wire)
            talker.say(speech_pcm[: 30 * CHUNK_BYTES])
            final = talker.close()
            left.append((final.get("recording"), recordings(wire)))

    (no_name, nothing), (name, [kept]) = left
    assert (no_name, nothing) == (None, [])
    assert kept == {
        "recording": name,
        "state": "finished",
        "began_s": kept["began_s"],
        "audio_ms": 2880,
        "engine": "scripted",
    }


def test_an_old_recording_is_gone_once_a_sidecar_has_started(tmp_path: Path) -> None:
    journal = Journal(private_dir(private_dir(tmp_path / "data") / "journal"))
    names = []
    for days in (29, 31):
        recording = journal.begin(RecordingInfo(16_000, "scripted", None, (), 0.0))
        recording.append(bytes(3200))
        recording.keep()
        then_s = time.time() - days * DAY_S
        os.utime(tmp_path / "data" / "journal" / recording.name / AUDIO, (then_s, then_s))
        names.append(recording.name)

    with scripted(tmp_path) as (_, info), Wire(info) as wire:
        hello(wire)
        until(lambda: len(recordings(wire)) == 1)
        [left] = recordings(wire)

    assert left["recording"] == names[0]


@unix_only
def test_a_text_that_nobody_was_there_to_read_can_be_recovered(
    tmp_path: Path, speech_pcm: bytes
) -> None:
    with scripted(tmp_path) as (_, info):
        with Wire(info) as wire:
            talker = Talker(wire, ["sleep:0.5"])
            talker.say(speech_pcm[: 30 * CHUNK_BYTES])
            talker.until_acked(30)
            talker.ask_to_close()
            wire.call("sys.ping")
        with Wire(info) as wire:
            hello(wire)
            until(lambda: [kept["state"] for kept in recordings(wire)] == ["interrupted"])
            [kept] = recordings(wire)

    assert kept["audio_ms"] == 2880
