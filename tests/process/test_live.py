"""Dictations with a real worker: what is told, in which order, and what never happens."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import numpy as np
import pytest

from sidecar.domain import (
    SAMPLE_RATE_HZ,
    Commit,
    Final,
    Level,
    Partial,
    Samples,
    SegmentFinal,
    SpeechEdge,
    Status,
    Trouble,
)
from sidecar.errors import (
    BadAudioError,
    DiskFullError,
    EngineMissingError,
    GapError,
    NoSessionError,
)
from sidecar.session.journal import Journal, RecordingInfo
from sidecar.session.live import LiveOptions
from sidecar.session.recording import Recording
from sidecar.session.retention import Retention
from sidecar.testing.scripted import echo
from sidecar.text.spacing import join_pieces
from sidecar.vad.base import Vad
from tests.conftest import PATIENCE_S, Scripted
from tests.process.dictations import (
    Dictated,
    LoudVad,
    assert_sound,
    dictation,
    hush,
    pcm_of,
    talk,
)
from tests.process.pools import STRICT, laboratory, sound


def said(*pieces: Samples) -> Samples:
    """The pieces one after the other."""
    return np.concatenate(pieces)


def states(told: Dictated) -> list[str]:
    """The states that were told, without repetitions."""
    return [status.state for status in told.of(Status)]


def assert_echoes(told: Dictated, samples: Samples) -> None:
    """Every segment says what its samples are."""
    for segment in told.of(SegmentFinal):
        start, end = (round(at_s * SAMPLE_RATE_HZ) for at_s in (segment.start_s, segment.end_s))
        echoes = join_pieces(word.text for word in echo(samples[start:end]))
        assert segment.text.strip() == echoes


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    folder = tmp_path / "journal"
    folder.mkdir(mode=0o700)
    return Journal(folder, Retention())


async def test_a_pause_makes_what_was_said_final(scripted: Scripted) -> None:
    async with laboratory() as lab, dictation(lab.pool, "say:hello there") as told:
        await told.speak(said(hush(1), talk(2), hush(2)))
        segments = told.of(SegmentFinal)
        final = await told.close()

    assert [(s.text, s.trigger) for s in segments] == [("hello there", "pause")]
    assert final.text == "hello there"
    assert final.complete
    assert [edge.edge for edge in told.of(SpeechEdge)] == ["start", "end"]
    assert_sound(told.events)


async def test_levels_follow_the_sound_without_a_gap(scripted: Scripted) -> None:
    async with laboratory() as lab, dictation(lab.pool) as told:
        await told.speak(said(hush(0.5), talk(1)), chunk_ms=20)
        await told.close()

    at_s = 0.0
    for level in told.of(Level):
        assert level.start_s == pytest.approx(at_s)
        assert len(level.peak) == len(level.rms) == len(level.speech)
        at_s += len(level.peak) * level.bin_s
    assert 1.5 - 0.032 < at_s <= 1.5
    assert told.acks == list(range(1, 76))


async def test_text_is_committed_while_somebody_speaks(scripted: Scripted) -> None:
    samples = talk(6)
    async with laboratory() as lab, dictation(lab.pool) as told:
        await told.speak(samples)
        early, partials = told.text, told.of(Partial)
        final = await told.close()

    assert early
    assert final.text.startswith(early)
    assert len(partials) > 3
    assert [partial.revision for partial in partials] == list(range(len(partials)))
    assert_echoes(told, samples)
    assert_sound(told.events)


async def test_what_is_shown_always_follows_what_is_committed(scripted: Scripted) -> None:
    async with laboratory() as lab, dictation(lab.pool) as told:
        await told.speak(said(talk(4), hush(1.5), talk(4, seed=1)))
        final = await told.close()

    committed, n_shown = "", 0
    for event in told.events:
        if isinstance(event, Commit):
            committed += event.text
        if isinstance(event, Partial) and event.text:
            shown = committed + event.text
            n_shown += 1
            # The last word is still growing; all before it are those of the final text.
            assert final.text.startswith(shown.rpartition(" ")[0])
            assert event.stable_chars <= len(event.text)
    assert n_shown > 5


async def test_stopping_in_mid_word_loses_none_of_it(scripted: Scripted) -> None:
    samples = said(hush(0.7), talk(2.345))
    async with laboratory() as lab, dictation(lab.pool) as told:
        told.push(samples, chunk_ms=130)
        final = await told.close()

    (segment,) = told.of(SegmentFinal)
    assert segment.trigger == "close"
    assert segment.end_s == len(samples) / SAMPLE_RATE_HZ
    assert_echoes(told, samples)
    assert final.timings.audio_s == pytest.approx(len(samples) / SAMPLE_RATE_HZ)


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 48_000])
async def test_audio_of_any_rate_is_heard_to_its_end(scripted: Scripted, rate_hz: int) -> None:
    noise = np.random.default_rng(0).integers(-8000, 8000, rate_hz * 2).astype("<i2").tobytes()
    async with (
        laboratory() as lab,
        dictation(lab.pool, options=LiveOptions(rate_hz=rate_hz)) as told,
    ):
        for at in range(0, len(noise), rate_hz // 5):
            told.session.accept(noise[at : at + rate_hz // 5])
        final = await told.close()

    assert final.timings.audio_s == 2.0
    assert told.of(SegmentFinal)[-1].end_s == pytest.approx(2.0, abs=0.001)


async def test_a_pause_is_decoded_once_in_good_hope(scripted: Scripted) -> None:
    async with laboratory() as lab, dictation(lab.pool, "final:the end") as told:
        await told.speak(said(talk(1), hush(0.5)))
        n_passes = lab.status.requests
        shown = told.of(Partial)[-1].text
        await told.speak(hush(1))
        n_final = len(told.of(SegmentFinal))
        await told.close()
        assert lab.status.requests == n_passes

    assert shown == "the end"
    assert n_final == 1


async def test_the_hope_is_given_up_when_speech_goes_on(scripted: Scripted) -> None:
    samples = said(talk(2), hush(0.5), talk(2, seed=1))
    async with laboratory() as lab, dictation(lab.pool) as told:
        await told.speak(samples)
        await told.close()

    (segment,) = told.of(SegmentFinal)
    assert segment.end_s == pytest.approx(4.5)
    assert_echoes(told, samples)
    assert_sound(told.events)


async def test_an_engine_that_does_not_resume_is_asked_only_at_the_end(scripted: Scripted) -> None:
    async with laboratory() as lab, dictation(lab.pool, engine="scripted-unsettled") as told:
        await told.speak(said(talk(3), hush(0.5)))
        shown, committed = told.of(Partial), told.text
        await told.speak(hush(1))
        final = await told.close()

    assert shown
    assert committed == ""
    assert len(final.text.split()) > 5
    assert_sound(told.events)


async def test_a_batch_dictation_shows_nothing_before_a_segment_ends(scripted: Scripted) -> None:
    samples = said(talk(5), hush(1.5), talk(2, seed=1))
    async with laboratory() as lab, dictation(lab.pool, options=LiveOptions(mode="batch")) as told:
        await told.speak(samples)
        await told.close()
        assert lab.status.requests == 2

    assert told.of(Partial) == []
    assert_echoes(told, samples)
    assert_sound(told.events)


@pytest.mark.parametrize(
    "engine", ["scripted", "scripted-free", "scripted-untimed", "scripted-unsettled"]
)
async def test_speech_without_a_pause_is_cut_without_a_seam(
    scripted: Scripted, engine: str
) -> None:
    samples = said(talk(31), hush(1))
    async with laboratory() as lab, dictation(lab.pool, engine=engine) as told:
        await told.speak(samples, chunk_ms=250)
        await told.close()

    first, second = told.of(SegmentFinal)
    assert (first.trigger, second.trigger) == ("length", "pause")
    assert first.end_s == second.start_s
    assert [edge.edge for edge in told.of(SpeechEdge)] == ["start", "end"]
    assert_echoes(told, samples)
    assert_sound(told.events)


async def test_flush_is_answered_when_all_before_it_is_final(scripted: Scripted) -> None:
    async with laboratory() as lab, dictation(lab.pool, "sleep:0.2") as told:
        told.push(talk(1))
        flushing = asyncio.create_task(told.session.flush(10))
        told.push(talk(1, seed=1))
        await asyncio.wait_for(flushing, PATIENCE_S)
        segments = told.of(SegmentFinal)
        await told.close()

    assert [(segment.trigger, segment.end_s) for segment in segments] == [("flush", 1.0)]
    assert told.of(SegmentFinal)[-1].start_s == 1.0
    assert_echoes(told, said(talk(1), talk(1, seed=1)))


async def test_a_flush_of_silence_is_answered_at_once(scripted: Scripted) -> None:
    async with laboratory() as lab, dictation(lab.pool) as told:
        told.push(hush(1))
        await asyncio.wait_for(told.session.flush(10), PATIENCE_S)
        await told.close()

    assert told.of(SegmentFinal) == []


async def test_what_comes_while_the_engine_loads_is_heard_and_kept(scripted: Scripted) -> None:
    scripted.when_loading("sleep:0.7")
    samples = said(talk(2), hush(1.5), talk(1, seed=1))
    async with laboratory() as lab, dictation(lab.pool) as told:
        told.push(samples)
        await told.until(lambda: len(told.acks) == 45)
        n_levels, early = len(told.of(Level)), states(told)
        await told.close()

    assert n_levels >= 40
    assert early == ["loading"]
    assert_echoes(told, samples)
    assert_sound(told.events)


async def test_an_engine_that_does_not_load_ends_the_dictation_and_leaves_the_recording(
    scripted: Scripted, journal: Journal
) -> None:
    scripted.when_loading("sleep:0.3", "raise:LoadFailedError")
    async with laboratory() as lab, dictation(lab.pool, begin_recording=journal.begin) as told:
        told.push(talk(2))
        await told.until(lambda: bool(told.of(Final)))
        final = await told.close()

    (trouble,) = told.of(Trouble)
    assert (trouble.kind, trouble.recoverable) == ("LOAD_FAILED", False)
    assert (final.reason, final.complete, final.text) == ("error", False, "")
    assert final.recording is not None
    assert journal.find(final.recording).audio_s == pytest.approx(2.0)


async def test_an_engine_that_does_not_load_ends_also_a_close_with_an_error(
    scripted: Scripted, journal: Journal
) -> None:
    scripted.when_loading("sleep:0.3", "raise:LoadFailedError")
    async with laboratory() as lab, dictation(lab.pool, begin_recording=journal.begin) as told:
        told.push(talk(2))
        final = await told.close()

    assert [trouble.kind for trouble in told.of(Trouble)] == ["LOAD_FAILED"]
    assert (final.reason, final.complete) == ("error", False)
    assert final.recording is not None


async def test_an_engine_that_is_not_there_is_refused_at_once() -> None:
    async with laboratory() as lab:
        with pytest.raises(EngineMissingError):
            async with dictation(lab.pool, engine="nobody"):
                pass


async def test_a_language_that_the_engine_does_not_know_ends_the_dictation() -> None:
    async with laboratory() as lab:
        options = LiveOptions(language="zh")
        async with dictation(lab.pool, engine="builtin", options=options) as told:
            await told.until(lambda: bool(told.of(Final)))

    assert [trouble.kind for trouble in told.of(Trouble)] == ["INVALID_PARAMS"]


async def test_a_segment_that_crashes_the_engine_is_lost_alone(
    scripted: Scripted, journal: Journal
) -> None:
    samples = said(hush(1), talk(2), hush(1.5))
    async with (
        laboratory() as lab,
        dictation(lab.pool, "fuse:dead", "crash", begin_recording=journal.begin) as told,
    ):
        await told.speak(samples)
        for name in ("dead.1", "dead.2"):
            scripted.fuse(name)
        await told.speak(talk(2, seed=1))
        await told.speak(hush(1.5))
        await told.speak(samples)
        final = await told.close()

    first, second, third = told.of(SegmentFinal)
    assert first.text.strip() == third.text.strip() != second.text.strip()
    (trouble,) = told.of(Trouble)
    assert trouble.recoverable
    assert not final.complete
    assert final.reason == "close"
    assert final.recording is not None
    assert_sound(told.events)


async def test_a_worker_that_hangs_is_replaced_and_the_text_is_the_same(
    scripted: Scripted,
) -> None:
    samples = said(talk(2), hush(1.5), talk(1, seed=1))
    scripted.fuse("stuck")
    async with laboratory(STRICT) as lab, dictation(lab.pool, "fuse:stuck", "stall:600") as told:
        told.push(samples)
        final = await told.close()

    assert final.complete
    assert "recovering" in states(told)
    assert_echoes(told, samples)


async def test_abort_ends_at_once_whatever_the_engine_does(
    scripted: Scripted, journal: Journal
) -> None:
    async with (
        laboratory(STRICT) as lab,
        dictation(lab.pool, "stall:600", begin_recording=journal.begin) as told,
    ):
        told.push(talk(2))
        await told.until(lambda: len(told.acks) == 20)
        final = await asyncio.wait_for(told.session.abort(), PATIENCE_S)
        again = await told.close()

    assert final == again == told.events[-1]
    assert (final.reason, final.complete, final.recording) == ("abort", False, None)
    assert journal.recordings() == ()


async def test_abort_cuts_a_close_short(scripted: Scripted, journal: Journal) -> None:
    async with (
        laboratory() as lab,
        dictation(lab.pool, "sleep:600", begin_recording=journal.begin) as told,
    ):
        told.push(talk(2))
        closing = asyncio.create_task(told.session.close())
        await told.until(lambda: "draining" in states(told))
        final = await asyncio.wait_for(told.session.abort(keep=True), PATIENCE_S)

        assert await closing == final
    assert (final.reason, final.complete) == ("abort", False)
    assert final.recording is not None


async def test_abort_can_keep_the_recording(scripted: Scripted, journal: Journal) -> None:
    async with (
        laboratory() as lab,
        dictation(lab.pool, "sleep:600", begin_recording=journal.begin) as told,
    ):
        told.push(talk(2))
        final = await told.session.abort(keep=True)

    assert final.recording is not None
    assert journal.find(final.recording).audio_s == pytest.approx(2.0)


async def test_an_error_ends_a_dictation_with_all_its_text(
    scripted: Scripted, journal: Journal
) -> None:
    samples = talk(2)
    async with laboratory() as lab, dictation(lab.pool, begin_recording=journal.begin) as told:
        told.push(samples)
        final = await told.session.fail(GapError("A chunk is missing: dictate again."))

    (trouble,) = told.of(Trouble)
    assert (trouble.kind, trouble.recoverable) == ("GAP", False)
    assert (final.reason, final.complete) == ("error", True)
    assert final.recording is not None
    assert_echoes(told, samples)
    assert_sound(told.events)


async def test_a_finished_dictation_leaves_no_recording(
    scripted: Scripted, journal: Journal
) -> None:
    async with laboratory() as lab, dictation(lab.pool, begin_recording=journal.begin) as told:
        await told.speak(talk(1))
        (running,) = journal.recordings()
        final = await told.close()

    assert running.state == "open"
    assert final.recording is None
    assert journal.recordings() == ()


async def test_a_full_disk_is_told_and_the_dictation_goes_on(scripted: Scripted) -> None:
    def refuse(_: RecordingInfo, _name: str | None) -> Recording:
        raise DiskFullError("There is no room on disk: free some.")

    async with laboratory() as lab, dictation(lab.pool, begin_recording=refuse) as told:
        await told.speak(talk(2))
        final = await told.close()

    (trouble,) = told.of(Trouble)
    assert (trouble.kind, trouble.recoverable) == ("DISK_FULL", True)
    assert final.complete
    assert_echoes(told, talk(2))


async def test_a_detector_that_fails_ends_the_dictation_with_what_was_heard(
    scripted: Scripted, journal: Journal
) -> None:
    class FailingVad(LoudVad):
        n_frames = 0

        def probabilities(self, frames: Samples) -> np.ndarray:
            self.n_frames += len(frames)
            if self.n_frames > 50:
                raise MemoryError
            return super().probabilities(frames)

    async with (
        laboratory() as lab,
        dictation(lab.pool, make_vad=FailingVad, begin_recording=journal.begin) as told,
    ):
        told.push(talk(4))
        await told.until(lambda: bool(told.of(Final)))
        final = await told.close()

    (trouble,) = told.of(Trouble)
    assert (trouble.kind, trouble.recoverable) == ("INTERNAL", False)
    assert (final.reason, final.complete) == ("error", False)
    assert final.text
    assert final.recording is not None
    assert journal.find(final.recording).audio_s == pytest.approx(4.0)
    assert_sound(told.events)


async def test_a_detector_that_does_not_load_is_told(scripted: Scripted) -> None:
    def fail() -> Vad:
        raise RuntimeError("no such model")

    async with laboratory() as lab, dictation(lab.pool, make_vad=fail) as told:
        await told.until(lambda: bool(told.of(Final)))

    assert [trouble.kind for trouble in told.of(Trouble)] == ["INTERNAL"]


async def test_only_whole_samples_are_accepted_and_only_before_the_end(
    scripted: Scripted,
) -> None:
    async with laboratory() as lab, dictation(lab.pool) as told:
        for pcm in (b"", b"abc"):
            with pytest.raises(BadAudioError):
                told.session.accept(pcm)
        await told.close()
        with pytest.raises(NoSessionError):
            told.session.accept(pcm_of(talk(1)))
        with pytest.raises(NoSessionError):
            await told.session.flush(0)

    assert told.of(Final)[0].timings.audio_s == 0.0


async def test_a_flush_that_is_not_reached_is_refused(scripted: Scripted) -> None:
    async with laboratory() as lab, dictation(lab.pool, "sleep:600") as told:
        told.push(talk(2))
        flushing = asyncio.create_task(told.session.flush(20))
        await told.until(lambda: len(told.acks) >= 20)
        await told.session.abort()
        with pytest.raises(NoSessionError):
            await flushing


async def test_an_engine_slower_than_speech_loses_no_word(scripted: Scripted) -> None:
    samples = said(*(piece for i in range(4) for piece in (talk(1.5, i), hush(1))))
    async with laboratory() as lab, dictation(lab.pool, "rtf:0.1") as told:
        for i in range(0, len(samples), SAMPLE_RATE_HZ // 10):
            told.push(samples[i : i + SAMPLE_RATE_HZ // 10])
            await asyncio.sleep(0.005)  # twenty times as fast as speech: twice the engine
        final = await told.close()

    assert final.complete
    assert_echoes(told, samples)
    assert_sound(told.events)


async def test_a_worker_that_dies_in_mid_segment_is_told_once_and_costs_no_word(
    scripted: Scripted,
) -> None:
    samples = said(talk(4), hush(1.2))
    async with laboratory() as lab, dictation(lab.pool) as told:
        await told.speak(samples[: 2 * SAMPLE_RATE_HZ])
        before = told.text
        os.kill(lab.pid, signal.SIGKILL)
        await told.speak(samples[2 * SAMPLE_RATE_HZ :])
        final = await told.close()

    assert before
    assert states(told).count("recovering") == 1
    assert states(told).index("recovering") < states(told).index("draining")
    assert final.complete
    assert_echoes(told, samples)
    assert_sound(told.events)


async def test_two_people_who_dictate_at_once_each_get_their_own_text(scripted: Scripted) -> None:
    mine, yours = (said(talk(3, i), hush(1.2), talk(2, i + 10)) for i in (0, 1))
    async with (
        laboratory() as lab,
        dictation(lab.pool, "rtf:0.05") as me,
        dictation(lab.pool, "rtf:0.05") as you,
    ):
        for at in range(0, len(mine), SAMPLE_RATE_HZ // 10):
            me.push(mine[at : at + SAMPLE_RATE_HZ // 10])
            you.push(yours[at : at + SAMPLE_RATE_HZ // 10])
            await asyncio.sleep(0.005)
        await asyncio.gather(me.close(), you.close())

    for told, samples in ((me, mine), (you, yours)):
        assert len(told.of(SegmentFinal)) == 2
        assert_echoes(told, samples)
        assert_sound(told.events)


async def test_a_dictation_goes_before_the_rest_of_a_recording(scripted: Scripted) -> None:
    async with laboratory() as lab, dictation(lab.pool) as told:
        recording = [asyncio.create_task(lab.say(sound(i), "sleep:0.3")) for i in range(6)]
        await lab.until(lambda: lab.status.requests > 0)
        told.push(talk(1))
        await told.close()
        n_done = sum(task.done() for task in recording)
        await asyncio.gather(*recording)

    assert n_done <= 2
