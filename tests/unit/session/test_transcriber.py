from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sidecar.domain import SAMPLE_RATE_HZ, Level, Progress, Segment, TranscriptionEvent
from sidecar.engine.client import EnginePool, WorkerOptions
from sidecar.engine.registry import EngineRegistry
from sidecar.errors import BadAudioError, EngineMissingError
from sidecar.session.cutting import cut_recording
from sidecar.session.transcriber import TranscribeOptions, Transcriber
from sidecar.testing.scripted import echo
from sidecar.vad.default import make_vad
from sidecar.vad.endpointer import EndpointerOptions
from tests.conftest import Scripted

CLIP = Path(__file__).parents[3] / "sidecar" / "cli" / "data" / "demo.flac"


@pytest.fixture
async def transcriber(scripted: Scripted) -> AsyncIterator[Transcriber]:
    pool = EnginePool(EngineRegistry(), WorkerOptions(), lambda *_: None)
    yield Transcriber(pool, lambda: scripted.name, make_vad)
    await pool.close()


def ignore(_: TranscriptionEvent) -> None:
    """For tests that look at the transcript alone."""


def silence(path: Path, seconds: float) -> Path:
    soundfile.write(path, np.zeros(int(seconds * SAMPLE_RATE_HZ), np.float32), SAMPLE_RATE_HZ)
    return path


async def test_every_sample_of_speech_is_decoded_once_and_in_its_place(
    transcriber: Transcriber,
) -> None:
    cuts = cut_recording(CLIP, make_vad(), EndpointerOptions())
    spans = [span for cut in cuts for span in cut.spans]

    transcript = await transcriber.transcribe(CLIP, TranscribeOptions(), ignore)

    assert len(spans) > 1
    heard = [" ".join(word.text for word in echo(span.samples)) for span in spans]
    assert [segment.text for segment in transcript.segments] == heard
    assert transcript.text == " ".join(heard)


async def test_segments_and_words_carry_the_time_of_the_recording(
    transcriber: Transcriber,
) -> None:
    transcript = await transcriber.transcribe(CLIP, TranscribeOptions(), ignore)

    first, second = transcript.segments
    assert 0 <= first.start_s < first.end_s <= second.start_s < second.end_s
    for segment in transcript.segments:
        assert segment.words[0].start_s >= segment.start_s
        assert segment.words[-1].end_s <= segment.end_s


async def test_spans_that_are_recognised_together_come_in_order(
    transcriber: Transcriber, tmp_path: Path
) -> None:
    clip, _ = soundfile.read(CLIP, dtype="float32")
    path = tmp_path / "long.wav"
    soundfile.write(path, np.concatenate([clip] * 3), SAMPLE_RATE_HZ)
    alone = await transcriber.transcribe(path, TranscribeOptions(hotwords=("rtf:0.01",)), ignore)
    events: list[TranscriptionEvent] = []

    together = await transcriber.transcribe(
        path, TranscribeOptions(engine="scripted-together", hotwords=("rtf:0.01",)), events.append
    )

    progress = [event.done_s for event in events if isinstance(event, Progress)]
    assert len(together.segments) > 4
    assert together.segments == alone.segments
    assert tuple(event for event in events if isinstance(event, Segment)) == together.segments
    assert progress == sorted(progress)
    assert together.timings.decode_s <= together.timings.total_s


async def test_segments_are_told_as_they_become_final_and_progress_ends_at_the_end(
    transcriber: Transcriber,
) -> None:
    events: list[TranscriptionEvent] = []

    transcript = await transcriber.transcribe(CLIP, TranscribeOptions(), events.append)

    duration_s = soundfile.info(CLIP).duration
    assert tuple(event for event in events if isinstance(event, Segment)) == transcript.segments
    assert events[0] == Progress("loading", 0.0)
    assert events[-1] == Progress("transcribing", duration_s, duration_s)
    assert not any(isinstance(event, Level) for event in events)
    assert transcript.timings.audio_s == pytest.approx(duration_s)
    assert transcript.timings.speech_s <= transcript.timings.audio_s
    assert transcript.timings.decode_s <= transcript.timings.total_s


async def test_levels_are_told_when_asked_for(transcriber: Transcriber) -> None:
    events: list[TranscriptionEvent] = []

    await transcriber.transcribe(CLIP, TranscribeOptions(levels=True), events.append)

    assert any(isinstance(event, Level) for event in events)


async def test_silence_gives_an_empty_text(transcriber: Transcriber, tmp_path: Path) -> None:
    recording = silence(tmp_path / "silence.wav", 5)

    transcript = await transcriber.transcribe(recording, TranscribeOptions(), ignore)

    assert transcript.text == ""
    assert transcript.segments == ()
    assert transcript.timings.audio_s == pytest.approx(5)


async def test_the_language_that_was_asked_for_is_told(transcriber: Transcriber) -> None:
    options = TranscribeOptions(language="de")

    transcript = await transcriber.transcribe(CLIP, options, ignore)

    assert transcript.language == "de"


async def test_an_engine_that_crashes_midway_is_not_noticed_in_the_text(
    transcriber: Transcriber, scripted: Scripted
) -> None:
    whole = await transcriber.transcribe(CLIP, TranscribeOptions(), ignore)

    options = TranscribeOptions(hotwords=(scripted.fuse("once"), "crash"))
    again = await transcriber.transcribe(CLIP, options, ignore)

    assert again.segments == whole.segments


async def test_two_recordings_advance_together(transcriber: Transcriber) -> None:
    told: list[str] = []

    async def run(name: str) -> None:
        await transcriber.transcribe(
            CLIP,
            TranscribeOptions(hotwords=("sleep:0.3",)),
            lambda event: told.append(name) if isinstance(event, Segment) else None,
        )

    await asyncio.gather(run("one"), run("two"))

    assert sorted(told[:2]) == ["one", "two"]
    assert len(told) == 4


async def test_a_damaged_recording_gives_what_is_left_and_says_so(
    transcriber: Transcriber, tmp_path: Path
) -> None:
    half = tmp_path / "half.flac"
    half.write_bytes(CLIP.read_bytes()[: CLIP.stat().st_size // 2])

    transcript = await transcriber.transcribe(half, TranscribeOptions(), ignore)

    assert transcript.text
    assert any("damaged" in notice for notice in transcript.notices)


async def test_hotwords_without_effect_are_told(transcriber: Transcriber, tmp_path: Path) -> None:
    recording = silence(tmp_path / "silence.wav", 1)
    options = TranscribeOptions(engine="builtin", hotwords=("Sotto",))

    transcript = await transcriber.transcribe(recording, options, ignore)

    assert any("hotwords" in notice for notice in transcript.notices)


async def test_cancelling_ends_the_pass_and_frees_the_engine(transcriber: Transcriber) -> None:
    working = asyncio.Event()

    def watch(event: TranscriptionEvent) -> None:
        if isinstance(event, Progress) and event.phase == "transcribing":
            working.set()

    endless = TranscribeOptions(hotwords=("sleep:600",))
    task = asyncio.create_task(transcriber.transcribe(CLIP, endless, watch))
    await working.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    transcript = await transcriber.transcribe(CLIP, TranscribeOptions(), ignore)
    assert transcript.text


async def test_what_is_no_audio_and_what_is_no_engine_are_refused(
    transcriber: Transcriber,
) -> None:
    with pytest.raises(BadAudioError):
        await transcriber.transcribe(b"no audio", TranscribeOptions(), ignore)
    with pytest.raises(EngineMissingError):
        await transcriber.transcribe(CLIP, TranscribeOptions(engine="nobody"), ignore)
