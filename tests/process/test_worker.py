"""A worker process: it starts, it recognises, and nothing of it remains."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sidecar.engine.base import Ask, SegmentOptions
from sidecar.errors import (
    BusyError,
    EngineMissingError,
    InternalError,
    InvalidParamsError,
    LoadFailedError,
    OutOfMemoryError,
)
from tests.conftest import CHECKOUT, Scripted
from tests.process.pools import QUICK, echoed, is_alive, laboratory, open_files, sound

DEMO = CHECKOUT / "sidecar/cli/data/demo.flac"


def test_the_embedded_engine_turns_speech_into_words_with_times() -> None:
    async def run() -> None:
        speech, _ = soundfile.read(DEMO, dtype="float32")
        async with laboratory() as lab:
            capabilities = await lab.pool.start("builtin")
            heard = await lab.pool.recognise("builtin", speech[:48_000], SegmentOptions("en-GB"))

        assert capabilities.languages == ("en",)
        assert "`sotto models`" in capabilities.notice
        assert heard.final
        assert heard.language == "en"
        assert "hello" in heard.text.split()
        assert heard.text == " ".join(word.text for word in heard.words)
        assert all(0 <= word.start_s < word.end_s <= 3.0 for word in heard.words)
        assert all(word.confidence is not None for word in heard.words)
        assert lab.states == ["starting", "ready", "busy", "ready", "cold"]

    asyncio.run(run())


@pytest.mark.usefixtures("scripted")
def test_every_sample_of_a_growing_segment_is_heard_once() -> None:
    async def run() -> None:
        samples = sound(seconds=40)  # more than one frame of the link holds
        async with laboratory() as lab:
            segment = await lab.pool.open("scripted", SegmentOptions())
            segment.feed(samples[:100_001])
            partial = await segment.decode(Ask())
            segment.feed(samples[100_001:])
            final = await segment.decode(Ask(final=True))
            await segment.close()

        assert (partial.text, partial.final) == (echoed(samples[:100_001]), False)
        assert (final.text, final.final) == (echoed(samples), True)

    asyncio.run(run())


@pytest.mark.usefixtures("scripted")
def test_prefix_draft_and_language_reach_the_engine() -> None:
    async def run() -> None:
        async with laboratory() as lab:
            segment = await lab.pool.open("scripted", SegmentOptions(language="de-CH"))
            segment.feed(sound())
            heard = await segment.decode(Ask(prefix="grüezi", draft="mitenand"))
            await segment.close()

        assert heard.text.startswith("grüezi ")
        assert heard.language == "de-CH"

    asyncio.run(run())


@pytest.mark.usefixtures("scripted")
def test_callers_take_turns_in_the_order_they_came() -> None:
    async def run() -> None:
        done: list[str] = []

        async def caller(name: str) -> None:
            segment = await lab.pool.open("scripted", SegmentOptions(hotwords=("sleep:0.02",)))
            for turn in range(3):
                segment.feed(sound(turn))
                await segment.decode(Ask())
                done.append(name)
            await segment.close()

        async with laboratory() as lab:
            await lab.pool.start("scripted")
            await asyncio.gather(caller("a"), caller("b"), caller("c"))

        assert done == ["a", "b", "c"] * 3

    asyncio.run(run())


@pytest.mark.usefixtures("scripted")
def test_a_language_that_the_engine_does_not_declare_is_refused_with_a_way_out() -> None:
    async def run() -> None:
        async with laboratory() as lab:
            with pytest.raises(InvalidParamsError, match="understands en, not") as caught:
                await lab.pool.open("builtin", SegmentOptions(language="de"))

            assert caught.value.detail == "/language"

    asyncio.run(run())


def test_an_engine_that_is_not_installed_is_a_typed_error() -> None:
    async def run() -> None:
        async with laboratory() as lab:
            with pytest.raises(EngineMissingError, match="builtin"):
                await lab.pool.start("whisper")

    asyncio.run(run())


@pytest.mark.usefixtures("scripted")
def test_errors_of_the_engine_keep_their_kind_and_leave_it_usable() -> None:
    async def run() -> None:
        async with laboratory() as lab:
            with pytest.raises(BusyError, match="said so"):
                await lab.say(sound(), "raise:BusyError")
            with pytest.raises(InternalError, match="the log has it") as bug:
                await lab.say(sound(), "raise:ValueError")
            with pytest.raises(OutOfMemoryError, match="close other programs"):
                await lab.say(sound(), "raise:MemoryError")
            with pytest.raises(InternalError):
                await lab.say(sound(), "raise:SystemExit")
            pid = lab.pid
            heard = await lab.say(sound(), "say:still here")

            assert bug.value.detail
            assert heard.text == "still here"
            assert lab.pid == pid
            assert lab.status.restarts == 0

    asyncio.run(run())


@pytest.mark.usefixtures("scripted")
def test_what_an_engine_prints_never_reaches_the_link(capfd: pytest.CaptureFixture[str]) -> None:
    async def run() -> None:
        async with laboratory() as lab:
            heard = await lab.say(sound(), "print:hello from a library")

        assert heard.text == echoed(sound())

    asyncio.run(run())
    assert capfd.readouterr().err.count("hello from a library") == 2


@pytest.mark.usefixtures("scripted")
def test_neither_what_was_said_nor_what_the_error_quotes_is_logged(
    capfd: pytest.CaptureFixture[str],
) -> None:
    async def run() -> None:
        async with laboratory() as lab:
            with pytest.raises(InternalError):
                await lab.say(sound(), "say:a secret", "raise:ValueError")

    asyncio.run(run())
    log = capfd.readouterr().err
    assert "ValueError" in log
    assert "secret" not in log
    assert "said so" not in log


def test_a_failed_load_says_why_and_the_next_start_tries_again(scripted: Scripted) -> None:
    async def run() -> None:
        async with laboratory() as lab:
            scripted.when_loading("raise:LoadFailedError")
            with pytest.raises(LoadFailedError, match="said so"):
                await lab.pool.start("scripted")
            scripted.when_loading("raise:ValueError")
            with pytest.raises(LoadFailedError, match="did not load its model"):
                await lab.pool.start("scripted")
            scripted.when_loading("crash")
            with pytest.raises(LoadFailedError, match="process ended"):
                await lab.pool.start("scripted")
            assert lab.status.state == "failed"
            scripted.when_loading("")
            await lab.pool.start("scripted")

            assert lab.states == ["starting", "failed"] * 3 + ["starting", "ready"]

    asyncio.run(run())


def test_a_load_that_takes_too_long_is_ended(scripted: Scripted) -> None:
    async def run() -> None:
        scripted.when_loading("hold:600")
        async with laboratory(replace(QUICK, load_s=1.0, stop_s=0.2)) as lab:
            with pytest.raises(LoadFailedError, match="within 1 s"):
                await lab.pool.start("scripted")

            assert lab.status.pid is None

    asyncio.run(run())


def test_two_callers_share_one_start_and_one_may_leave(scripted: Scripted) -> None:
    async def run() -> None:
        scripted.when_loading("sleep:0.2")
        async with laboratory() as lab:
            hasty = asyncio.create_task(lab.pool.start("scripted"))
            patient = asyncio.create_task(lab.pool.start("scripted"))
            await lab.until(lambda: lab.status.state == "starting")
            hasty.cancel()
            await patient

            assert hasty.cancelled() or await asyncio.gather(hasty, return_exceptions=True)
            assert lab.states == ["starting", "ready"]

    asyncio.run(run())


def test_closing_ends_a_worker_that_is_loading_or_busy(scripted: Scripted) -> None:
    async def run() -> None:
        async with laboratory() as busy:
            pass_ = asyncio.create_task(busy.say(sound(), "sleep:600"))
            await busy.until(lambda: busy.status.state == "busy")
            pid = busy.pid
            await busy.pool.close()
            (outcome,) = await asyncio.gather(pass_, return_exceptions=True)
        scripted.when_loading("sleep:600")
        async with laboratory() as loading:
            start = asyncio.create_task(loading.pool.start("scripted"))
            await loading.until(lambda: loading.status.state == "starting")
            await loading.pool.close()
            await asyncio.gather(start, return_exceptions=True)

        assert "stopping" in str(outcome)
        assert not is_alive(pid)
        assert start.cancelled()

    asyncio.run(run())


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
@pytest.mark.usefixtures("scripted")
def test_no_process_thread_or_file_remains_after_close() -> None:
    async def run() -> int:
        async with laboratory() as lab:
            await lab.say(sound())
            return lab.pid

    asyncio.run(run())
    files, threads = open_files(), threading.active_count()
    pids = [asyncio.run(run()) for _ in range(3)]

    assert open_files() == files
    deadline_s = time.monotonic() + 5  # the last thread may still be returning
    while threading.active_count() > threads and time.monotonic() < deadline_s:
        time.sleep(0.01)
    assert threading.active_count() <= threads
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_the_parent_side_imports_neither_numpy_nor_an_engine() -> None:
    code = (
        "import sys, sidecar.engine.client, sidecar.engine.registry as r;"
        "r.EngineRegistry().entry('builtin');"
        "print([m for m in sys.modules if m.split('.')[0] in ('numpy', 'pocketsphinx')"
        " or m.startswith('sidecar.engine.backends')])"
    )

    command = [sys.executable, "-c", code]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert printed.strip() == "[]"


def test_samples_of_another_kind_are_refused_before_they_confuse_an_engine() -> None:
    async def run() -> None:
        async with laboratory() as lab:
            segment = await lab.pool.open("builtin", SegmentOptions())
            with pytest.raises(ValueError, match="mono float32"):
                segment.feed(np.zeros(10, np.int16))
            with pytest.raises(ValueError, match="mono float32"):
                segment.feed(np.zeros((10, 2), np.float32))

    asyncio.run(run())
