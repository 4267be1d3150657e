"""Recordings through the real wire and a real worker process; the engine follows a script."""

from __future__ import annotations

import asyncio
import io
import os
import random
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from sidecar.domain import Level, Progress, Segment, TranscriptionEvent
from sidecar.errors import (
    BadAudioError,
    CancelledError,
    DeadlineError,
    EngineError,
    EngineMissingError,
    SottoError,
)
from sidecar.host.connection import ConnectionInfo
from sidecar.protocol.messages import FileAudio, InlineAudio, UploadedAudio
from sidecar.rpc.client import Client, run
from tests.process.files import files_below
from tests.process.wire import Wire, launched, outcome, until

ENGINES = Path(__file__).parent.parent / "data" / "engines"
RATE_HZ = 16_000
NOISE = random.Random(1).randbytes(5000)  # the same each time: other bytes may be an MP3
unix_only = pytest.mark.skipif(sys.platform == "win32", reason="Unix signals")


def wav(samples: Any) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, RATE_HZ, format="WAV", subtype="PCM_16")
    return file.getvalue()


@pytest.fixture(scope="session")
def speech_wav() -> bytes:
    """The first words of the demo clip: Silero hears speech in it, whatever the engine does."""
    clip = Path(__file__).parents[2] / "sidecar" / "cli" / "data" / "demo.flac"
    samples, rate_hz = soundfile.read(clip, dtype="float32", frames=int(3.7 * RATE_HZ))
    assert rate_hz == RATE_HZ
    return wav(samples)


@contextmanager
def scripted(folder: Path, **options: Any) -> Iterator[ConnectionInfo]:
    """A sidecar whose default engine does what the hotwords say."""
    (folder / "fuses").mkdir()
    environment = {"PYTHONPATH": str(ENGINES), "SOTTO_FUSES": str(folder / "fuses")}
    with launched(folder, engine="scripted", extra_env=environment, **options) as (_, info):
        yield info


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scripted")


@pytest.fixture(scope="module")
def info(folder: Path) -> Iterator[ConnectionInfo]:
    with scripted(folder) as info:
        yield info


def transcribe(info: ConnectionInfo, audio: bytes | Path, **options: Any) -> Any:
    async def scenario() -> Any:
        async with await Client.connect(info) as client:
            return await client.transcribe(audio, **options)

    return run(scenario())


def test_a_recording_becomes_text_with_events_in_order_before_the_answer(
    info: ConnectionInfo, speech_wav: bytes
) -> None:
    events: list[Any] = []

    transcript = transcribe(
        info, speech_wav, hotwords=("say:hello",), levels=True, on_event=events.append
    )

    segments = [event for event in events if isinstance(event, Segment)]
    assert transcript.text == "hello"
    assert transcript.engine == "scripted"
    assert tuple(segments) == transcript.segments
    assert any(isinstance(event, Progress) for event in events)
    assert any(isinstance(event, Level) for event in events)
    assert 0 < transcript.timings.speech_s <= transcript.timings.audio_s


def test_event_numbers_rise_and_the_answer_comes_last(
    info: ConnectionInfo, speech_wav: bytes
) -> None:
    with Wire(info) as wire:
        wire.hello()
        params = {"audio": {"k": "inline", "data": {"$bin": 0}}, "hotwords": ["say:hello"]}
        id_ = wire.request("asr.transcribe", params, [speech_wav])

        answer = wire.answer(id_)

        told = [notice["params"] for notice in wire.notices if notice["method"] == "$/event"]
        numbers = [event["seq"] for event in told if event["id"] == id_]
        assert outcome(answer)["text"] == "hello"
        assert numbers == sorted(set(numbers))
        assert numbers[0] == 0
        assert wire.extra_answers() == 0


def test_silence_gives_an_empty_text(info: ConnectionInfo) -> None:
    transcript = transcribe(info, wav(np.zeros(2 * RATE_HZ, "float32")))

    assert transcript.text == ""
    assert transcript.segments == ()


def audio_left(folder: Path) -> list[Path]:
    """What the sidecar has on disk, but for its database."""
    found = files_below(folder / "data")
    return [path for path, size in found.items() if size and path.stem != "history"]


def test_a_file_larger_than_a_frame_is_transcribed_and_its_upload_vanishes(
    info: ConnectionInfo, folder: Path
) -> None:
    path = folder / "large.wav"
    soundfile.write(path, np.zeros(12 << 20, "int16"), RATE_HZ)

    transcript = transcribe(info, path)

    assert transcript.text == ""
    assert transcript.timings.audio_s == pytest.approx((12 << 20) / RATE_HZ, abs=0.01)
    until(lambda: not audio_left(folder))


def test_a_recording_is_left_as_a_file_where_client_and_sidecar_share_files(
    info: ConnectionInfo, folder: Path, speech_wav: bytes
) -> None:
    async def scenario() -> None:
        async with await Client.connect(info) as client:
            source, binaries = await client.hand_over.bring(speech_wav)
            assert isinstance(source, FileAudio)
            assert binaries == ()
            (left,) = (folder / "data").rglob(source.name)
            assert left.read_bytes() == speech_wav
            text = (await client.transcribe(speech_wav, hotwords=("say:left",))).text
            assert text == "left"

    run(scenario())
    until(lambda: not audio_left(folder))


def test_a_recording_is_sent_where_the_folder_cannot_be_reached(
    info: ConnectionInfo, folder: Path, speech_wav: bytes
) -> None:
    async def scenario() -> str:
        async with await Client.connect(info) as client:
            source, _ = await client.hand_over.bring(speech_wav)
            assert isinstance(source, FileAudio)
            (left,) = (folder / "data").rglob(source.name)
            shutil.rmtree(left.parent)
            return (await client.transcribe(speech_wav, hotwords=("say:sent",))).text

    assert run(scenario()) == "sent"


def test_over_tcp_recordings_travel_small_ones_with_the_call_and_large_ones_before_it(
    tmp_path: Path, speech_wav: bytes
) -> None:
    large = wav(np.zeros(5 << 20, "int16"))

    async def scenario(info: ConnectionInfo) -> None:
        async with await Client.connect(info) as client:
            assert isinstance((await client.hand_over.bring(speech_wav))[0], InlineAudio)
            assert isinstance((await client.hand_over.bring(large))[0], UploadedAudio)
            text = (await client.transcribe(speech_wav, hotwords=("say:sent",))).text
            assert text == "sent"
            assert (await client.transcribe(large)).text == ""

    with scripted(tmp_path, transport="tcp") as info:
        run(scenario(info))


@pytest.mark.parametrize("audio", [b"", b"not audio at all", NOISE])
def test_what_is_no_audio_is_refused_with_a_reason(info: ConnectionInfo, audio: bytes) -> None:
    with pytest.raises(BadAudioError) as refused:
        transcribe(info, audio)

    assert refused.value.detail


def test_an_engine_that_is_not_installed_is_named(info: ConnectionInfo, speech_wav: bytes) -> None:
    with pytest.raises(EngineMissingError, match="no-such-engine"):
        transcribe(info, speech_wav, engine="no-such-engine")


def test_an_error_of_the_engine_crosses_the_wire_by_its_kind(
    info: ConnectionInfo, speech_wav: bytes
) -> None:
    with pytest.raises(SottoError) as told:
        transcribe(info, speech_wav, hotwords=("raise:BadAudioError",))

    assert told.value.kind == "BAD_AUDIO"


def test_a_deadline_ends_a_running_pass(info: ConnectionInfo, speech_wav: bytes) -> None:
    with pytest.raises(DeadlineError):
        transcribe(info, speech_wav, hotwords=("sleep:600",), timeout_s=0.5)

    assert transcribe(info, speech_wav, hotwords=("say:next",)).text == "next"


def test_cancelling_ends_a_running_pass(info: ConnectionInfo, speech_wav: bytes) -> None:
    async def scenario() -> str:
        async with await Client.connect(info) as client:
            working = asyncio.Event()

            def watch(event: TranscriptionEvent) -> None:
                if isinstance(event, Progress) and event.phase == "transcribing":
                    working.set()

            task = asyncio.create_task(
                client.transcribe(speech_wav, hotwords=("sleep:600",), on_event=watch)
            )
            await working.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return (await client.transcribe(speech_wav, hotwords=("say:next",))).text

    assert run(scenario()) == "next"


def test_a_third_request_of_one_client_is_queued_and_can_be_cancelled_there(
    info: ConnectionInfo, speech_wav: bytes
) -> None:
    params = {"audio": {"k": "inline", "data": {"$bin": 0}}, "hotwords": ["sleep:30"]}
    with Wire(info) as wire:
        wire.hello()
        ids = [wire.request("asr.transcribe", params, [speech_wav]) for _ in range(3)]

        def queued() -> bool:
            wire.receive(0.05)
            events = [n["params"] for n in wire.notices if n["method"] == "$/event"]
            return any(e["id"] == ids[2] and e["event"].get("phase") == "queued" for e in events)

        until(queued)
        for id_ in reversed(ids):
            wire.cancel(id_)

        assert [outcome(wire.answer(id_)) for id_ in ids] == ["CANCELLED"] * 3
        assert wire.extra_answers() == 0


def test_two_clients_advance_side_by_side(info: ConnectionInfo, speech_wav: bytes) -> None:
    async def one(text: str) -> str:
        async with await Client.connect(info) as client:
            return (await client.transcribe(speech_wav, hotwords=(f"say:{text}",))).text

    async def scenario() -> list[str]:
        return list(await asyncio.gather(one("left"), one("right")))

    assert run(scenario()) == ["left", "right"]


def worker_pid(wire: Wire) -> int:
    """The scripted engine's worker, once it has one."""
    found: list[int] = []

    def has_one() -> bool:
        workers = wire.call("sys.diag")["workers"]
        found[:] = [w["pid"] for w in workers if w["engine"] == "scripted" and "pid" in w]
        return bool(found)

    until(has_one)
    return found[0]


@unix_only
def test_a_worker_that_is_killed_in_the_middle_costs_nothing_but_time(
    info: ConnectionInfo, speech_wav: bytes
) -> None:
    params = {"audio": {"k": "inline", "data": {"$bin": 0}}, "hotwords": ["sleep:0.7", "say:here"]}
    with Wire(info) as wire:
        wire.hello()
        victim = worker_pid(wire)
        until(lambda: worker_state(wire) == "ready")
        id_ = wire.request("asr.transcribe", params, [speech_wav])
        until(lambda: worker_state(wire) == "busy")

        os.kill(victim, signal.SIGKILL)

        assert outcome(wire.answer(id_))["text"] == "here"
        assert wire.extra_answers() == 0
        assert worker_pid(wire) != victim


def worker_state(wire: Wire) -> str:
    engines = wire.call("sys.info")["engines"]
    return next(str(engine["state"]) for engine in engines if engine["id"] == "scripted")


def test_audio_that_crashes_the_engine_twice_is_answered_once_and_others_still_work(
    info: ConnectionInfo, speech_wav: bytes
) -> None:
    cursed = wav(soundfile.read(io.BytesIO(speech_wav), dtype="float32")[0] * 0.9)

    with pytest.raises(EngineError) as told:
        transcribe(info, cursed, hotwords=("crash",))

    assert told.value.kind in {"WORKER_CRASHED", "QUARANTINED"}
    assert transcribe(info, speech_wav, hotwords=("say:alive",)).text == "alive"


def test_shutting_down_answers_a_running_transcription(tmp_path: Path, speech_wav: bytes) -> None:
    async def scenario(info: ConnectionInfo) -> None:
        async with await Client.connect(info) as client:
            working = asyncio.Event()
            task = asyncio.create_task(
                client.transcribe(
                    speech_wav, hotwords=("sleep:600",), on_event=lambda _: working.set()
                )
            )
            await working.wait()
            await client.shutdown(drain_ms=100)
            with pytest.raises(CancelledError, match="shutting down"):
                await task

    with scripted(tmp_path) as info:
        run(scenario(info))


def test_state_changes_of_the_engine_are_told_to_every_client(
    tmp_path: Path, speech_wav: bytes
) -> None:
    with scripted(tmp_path) as info, Wire(info) as wire:
        wire.hello()

        def states() -> list[str]:
            wire.receive(0.05)
            told = [n["params"] for n in wire.notices if n["method"] == "$/state"]
            return [str(state["state"]) for state in told if state["engine"] == "scripted"]

        until(lambda: "ready" in states())
        assert states()[0] == "starting"
