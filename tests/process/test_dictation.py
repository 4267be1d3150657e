"""The Python client's dictations: what is pushed becomes text, once, over any connections."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import numpy as np
import pytest
import soundfile as sf

from sidecar.cli.clip import CLIP
from sidecar.domain import (
    Commit,
    Final,
    Flushed,
    Hypothesis,
    Level,
    LiveEvent,
    Samples,
    SegmentFinal,
    SpeechEdge,
    Trouble,
)
from sidecar.engine.base import Ask, SpeechSegment
from sidecar.errors import (
    BadAudioError,
    BusyError,
    CancelledError,
    EngineMissingError,
    NoSessionError,
    OverrunError,
    SidecarRestartedError,
    VersionError,
)
from sidecar.host.connection import ConnectionInfo
from sidecar.protocol.messages import Limits
from sidecar.rpc.client import Client, Dictation, run
from sidecar.testing.scripted import ScriptedEngine
from tests.process.dictations import LocalEngines, assert_sound, chunks_of, hush, pcm_of, talk
from tests.process.talker import scripted as scripted_sidecar
from tests.process.test_streams import WORDS, Gate, serving, text_of
from tests.process.wire import ServerThread, until

WORDS_TEXT = text_of(WORDS)
SECOND, OTHER_SECOND = talk(1), talk(1, 2)
SECOND_TEXT, OTHER_SECOND_TEXT = text_of(SECOND), text_of(OTHER_SECOND)


async def say(dictation: Dictation, audio: Samples, chunk_ms: int = 100) -> None:
    """Push samples as fast as credit allows."""
    for chunk in chunks_of(audio, chunk_ms):
        await dictation.room()
        dictation.push(chunk)


@asynccontextmanager
async def dictating(
    server: ServerThread, on_event: Callable[[LiveEvent], None] = lambda _: None
) -> AsyncIterator[Dictation]:
    """A dictation over a connection of its own."""
    client = await Client.connect(server.info())
    async with client, client.dictate(on_event=on_event) as dictation:
        yield dictation


def test_what_is_said_is_told_and_is_the_text(tmp_path: Path) -> None:
    events: list[LiveEvent] = []

    async def scenario(server: ServerThread) -> None:
        async with dictating(server, events.append) as dictation:
            await say(dictation, WORDS)
            await dictation.drained()
            assert dictation.unacknowledged == ()

        assert isinstance(dictation.final, Final)
        assert dictation.final == events[-1]
        assert dictation.text == dictation.final.text == WORDS_TEXT
        assert_sound(events)

    with serving(tmp_path) as server:
        run(scenario(server))


def test_ten_minutes_are_dictated_as_fast_as_credit_allows(tmp_path: Path) -> None:
    parts = (piece for seed in range(150) for piece in (talk(3 + seed % 2, seed), hush(0.5)))
    audio = np.concatenate(list(parts))
    events: list[LiveEvent] = []

    async def scenario(server: ServerThread) -> Final:
        async with dictating(server, events.append) as dictation:
            await say(dictation, audio)
        assert dictation.final
        return dictation.final

    with serving(tmp_path) as server:
        final = run(scenario(server))

    assert final.timings.audio_s == len(audio) / 16_000 == 600
    assert final.complete
    assert final.text == text_of(audio)
    assert not [event for event in events if isinstance(event, Trouble)]
    assert_sound(events)


def test_flushed_text_is_final_and_more_may_be_said(tmp_path: Path) -> None:
    events: list[LiveEvent] = []

    async def scenario(server: ServerThread) -> None:
        async with dictating(server, events.append) as dictation:
            await say(dictation, SECOND)
            await dictation.flush()
            assert Flushed(10) in events
            assert dictation.text == SECOND_TEXT
            await say(dictation, OTHER_SECOND)
        assert dictation.text == f"{SECOND_TEXT} {OTHER_SECOND_TEXT}"
        assert_sound(events)

    with serving(tmp_path) as server:
        run(scenario(server))


def test_a_chunk_of_any_length_is_sent_in_lengths_that_may_be(tmp_path: Path) -> None:
    async def scenario(server: ServerThread) -> str:
        async with dictating(server) as dictation:
            dictation.push(pcm_of(WORDS))
        return dictation.text

    with serving(tmp_path) as server:
        assert run(scenario(server)) == WORDS_TEXT


@pytest.mark.parametrize("chunk", [b"", b"\0", b"\0\0\0"])
def test_what_is_no_whole_samples_is_refused_before_it_is_sent(
    tmp_path: Path, chunk: bytes
) -> None:
    async def scenario(server: ServerThread) -> None:
        async with dictating(server) as dictation:
            with pytest.raises(BadAudioError):
                dictation.push(chunk)
            dictation.push(pcm_of(SECOND))
        assert dictation.text == SECOND_TEXT

    with serving(tmp_path) as server:
        run(scenario(server))


def test_half_a_minute_waits_for_credit_and_no_more(tmp_path: Path) -> None:
    gate = Gate()
    audio = np.concatenate([talk(1, seed) for seed in range(40)])

    async def scenario(server: ServerThread) -> str:
        async with dictating(server) as dictation:
            chunks = list(chunks_of(audio))
            for chunk in chunks[:310]:
                dictation.push(chunk)
            with pytest.raises(OverrunError):
                dictation.push(chunks[310])
            gate.open()
            await dictation.drained()
            for chunk in chunks[310:]:
                dictation.push(chunk)
        return dictation.text

    with serving(tmp_path, Limits(stream_credit=10), make_vad=gate.vad) as server:
        assert run(scenario(server)) == text_of(audio)


def test_what_is_said_before_the_answer_of_open_is_not_lost(tmp_path: Path) -> None:
    async def scenario(server: ServerThread) -> None:
        async with await Client.connect(server.info()) as client:
            dictation = client.dictate()
            for chunk in chunks_of(WORDS):
                dictation.push(chunk)
            async with dictation:
                await dictation.drained()
            assert dictation.text == WORDS_TEXT

    with serving(tmp_path) as server:
        run(scenario(server))


def test_a_dictation_that_cannot_begin_says_why(tmp_path: Path) -> None:
    async def scenario(server: ServerThread) -> None:
        async with await Client.connect(server.info()) as client:
            with pytest.raises(EngineMissingError):
                await client.dictate(engine="not-installed").__aenter__()
            client.server = msgspec.structs.replace(client.server, proto=(1, 0))
            with pytest.raises(VersionError):
                client.dictate()

    with serving(tmp_path, engines=None) as server:
        run(scenario(server))


def test_one_dictation_too_many_is_refused_until_another_ends(tmp_path: Path) -> None:
    async def scenario(server: ServerThread) -> None:
        async with await Client.connect(server.info()) as client:
            async with client.dictate(), client.dictate():
                with pytest.raises(BusyError):
                    await client.dictate().__aenter__()
            async with client.dictate() as dictation:
                dictation.push(pcm_of(SECOND))
            assert dictation.text == SECOND_TEXT

    with serving(tmp_path) as server:
        run(scenario(server))


def test_a_dictation_whose_begin_is_cancelled_is_given_back(tmp_path: Path) -> None:
    async def scenario(server: ServerThread) -> None:
        async with await Client.connect(server.info()) as client:
            for n_turns in range(8):
                dictation = client.dictate()
                opening = asyncio.create_task(dictation.__aenter__())
                for _ in range(n_turns):
                    await asyncio.sleep(0)
                opening.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await opening
            await asyncio.to_thread(until, lambda: server.server.counts().streams == 0)

    with serving(tmp_path, Limits(max_streams=16)) as server:
        run(scenario(server))


def test_an_error_within_the_block_ends_the_dictation_and_keeps_its_recording(
    tmp_path: Path,
) -> None:
    async def fail_within(dictation: Dictation) -> None:
        async with dictation:
            await say(dictation, SECOND)
            await dictation.drained()
            raise ValueError("my own")

    async def scenario(server: ServerThread) -> None:
        async with await Client.connect(server.info()) as client:
            dictation = client.dictate()
            with pytest.raises(ValueError, match="my own"):
                await fail_within(dictation)
            (kept,) = await client.recordings()
            assert dictation.final
            assert (dictation.final.reason, dictation.final.recording) == ("abort", kept.name)
            assert kept.audio_s == 1.0

            await client.discard(kept.name)
            assert await client.recordings() == ()

    with serving(tmp_path) as server:
        run(scenario(server))


def test_a_dictation_can_be_closed_so_that_its_recording_stays_until_the_text_is_safe(
    tmp_path: Path,
) -> None:
    async def scenario(server: ServerThread) -> None:
        async with await Client.connect(server.info()) as client:
            async with client.dictate() as dictation:
                await say(dictation, WORDS)
                final = await dictation.close(keep=True)
                (kept,) = await client.recordings()
                await dictation.let_go()
                after = await client.recordings()

            assert (final.reason, final.complete, final.text) == ("close", True, WORDS_TEXT)
            assert (kept.name, kept.state) == (final.recording, "interrupted")
            assert after == ()

    with serving(tmp_path) as server:
        run(scenario(server))


def test_nothing_else_is_let_go_than_what_close_has_kept(tmp_path: Path) -> None:
    async def scenario(server: ServerThread) -> None:
        async with await Client.connect(server.info()) as client:
            async with client.dictate() as other:
                await say(other, SECOND)
                other_name = await other.abort(keep=True)
            async with client.dictate() as dictation:
                await say(dictation, SECOND)
                await dictation.close()
                await dictation.let_go()

            assert [each.name for each in await client.recordings()] == [other_name]

    with serving(tmp_path) as server:
        run(scenario(server))


@pytest.mark.parametrize("kind", [Level, Commit, Final])
@pytest.mark.parametrize("flush", [True, False])
def test_an_error_of_the_callers_own_is_the_callers_and_ends_the_dictation(
    tmp_path: Path, kind: type[LiveEvent], flush: bool
) -> None:
    def complain(event: LiveEvent) -> None:
        if isinstance(event, kind):
            raise ValueError("my own")

    async def scenario(server: ServerThread) -> None:
        async with dictating(server, complain) as dictation:
            dictation.push(pcm_of(WORDS))
            if flush:
                await dictation.flush()

    with serving(tmp_path) as server:
        with pytest.raises(ValueError, match="my own"):
            run(scenario(server))
        until(lambda: server.server.counts().streams == 0)


def test_a_dictation_that_the_sidecar_ends_says_so_and_can_still_be_closed(
    tmp_path: Path,
) -> None:
    async def go_on(dictation: Dictation) -> None:
        while True:
            dictation.push(b"\0\0")
            await dictation.drained()

    async def scenario(server: ServerThread) -> None:
        async with dictating(server) as dictation:
            await say(dictation, WORDS)
            await dictation.drained()
            server.loop.call_soon_threadsafe(server.server.stop_soon, 1.0)
            with pytest.raises(CancelledError, match="recording is kept"):
                await go_on(dictation)
            final = await dictation.close()
        assert final.reason == "abort"
        assert final.recording

    with serving(tmp_path) as server:
        run(scenario(server))


def test_what_comes_after_the_end_is_refused(tmp_path: Path) -> None:
    async def scenario(server: ServerThread) -> None:
        async with dictating(server) as dictation:
            await dictation.close()
            with pytest.raises(NoSessionError, match="begin another"):
                dictation.push(b"\0\0")
            with pytest.raises(NoSessionError):
                await dictation.flush()

    with serving(tmp_path) as server:
        run(scenario(server))


def test_two_clients_dictate_at_once_and_each_gets_its_own_text(tmp_path: Path) -> None:
    audios = [np.concatenate([talk(2, seed), hush(1), talk(1, seed + 9)]) for seed in range(4)]

    async def dictate(client: Client, audio: Samples) -> str:
        async with client.dictate() as dictation:
            await say(dictation, audio)
        return dictation.text

    async def scenario(server: ServerThread) -> list[str]:
        clients = [await Client.connect(server.info()) for _ in range(2)]
        try:
            return await asyncio.gather(
                *(dictate(clients[number % 2], audio) for number, audio in enumerate(audios))
            )
        finally:
            for client in clients:
                await client.close()

    with serving(tmp_path) as server:
        texts = run(scenario(server))

    assert texts == [text_of(audio) for audio in audios]
    assert len(set(texts)) == 4


@pytest.mark.parametrize("seed", range(6))
def test_a_connection_that_is_cut_at_any_point_costs_nothing(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    events: list[LiveEvent] = []

    async def scenario(server: ServerThread) -> None:
        client = await Client.connect(server.info())
        async with client.dictate(on_event=events.append) as dictation:
            for chunk in chunks_of(WORDS):
                dictation.push(chunk)
                if chance.random() < 0.3:
                    await asyncio.sleep(chance.choice((0, 0, 0.001, 0.01)))
                if chance.random() < 0.15:
                    await client.close()
                    if chance.random() < 0.5:
                        dictation.push(pcm_of(hush(0.1)))
                    client = await Client.connect(server.info())
                    await dictation.resume(client)
            await client.close()
            with pytest.raises(SidecarRestartedError):
                await dictation.close()
            client = await Client.connect(server.info())
            await dictation.resume(client)
        assert dictation.final
        assert dictation.final.complete
        await client.close()

    with serving(tmp_path) as server:
        run(scenario(server))

    assert_sound(events)
    edges = [event.edge for event in events if isinstance(event, SpeechEdge)]
    assert edges == ["start", "end"] * (len(edges) // 2)
    assert sum(isinstance(event, SegmentFinal) for event in events) >= 3


class CountingEngines(LocalEngines):
    """Counts the segments that are final."""

    n_finals = 0

    async def decode(self, segment: SpeechSegment, ask: Ask) -> Hypothesis:
        """Make a pass."""
        heard = await super().decode(segment, ask)
        self.n_finals += ask.final
        return heard


def test_text_whose_commits_are_too_old_to_be_told_again_is_told_as_one(tmp_path: Path) -> None:
    events: list[LiveEvent] = []
    engines = CountingEngines(ScriptedEngine())

    async def scenario(server: ServerThread) -> None:
        client = await Client.connect(server.info())
        async with client.dictate(on_event=events.append) as dictation:
            await say(dictation, SECOND)
            await dictation.flush()
            n_told = len([event for event in events if isinstance(event, Commit)])
            connection, client = client, await Client.connect(server.info())
            connection.connection.unfollow(0)  # it still stands, but nothing is heard of it
            for number in range(5):
                await say(dictation, talk(1, number))
                await say(dictation, hush(1))
            await asyncio.to_thread(until, lambda: engines.n_finals == 6 and engines.n_open == 0)
            await connection.close()
            await dictation.resume(client)
            await dictation.drained()
            told = [event for event in events if isinstance(event, Commit)][n_told:]
            assert told[0].text.count(" ") > 3
            assert dictation.text == "".join(e.text for e in events if isinstance(e, Commit))
        await client.close()

    with serving(tmp_path, Limits(event_ring=4), engines=engines) as server:
        run(scenario(server))

    commits = [event for event in events if isinstance(event, Commit)]
    assert isinstance(events[-1], Final)
    assert "".join(commit.text for commit in commits) == events[-1].text


def test_a_dictation_that_is_resumed_too_late_is_in_the_journal(tmp_path: Path) -> None:
    async def scenario(server: ServerThread) -> None:
        async with await Client.connect(server.info()) as client:
            dictation = await client.dictate().__aenter__()
            await say(dictation, SECOND)
            await dictation.drained()
        await asyncio.to_thread(until, lambda: not list(server.server._streams))
        async with await Client.connect(server.info()) as client:
            with pytest.raises(NoSessionError, match="journal"):
                await dictation.resume(client)
            (kept,) = await client.recordings()
            assert (kept.state, kept.audio_s) == ("interrupted", 1.0)

    with serving(tmp_path, Limits(resume_ms=100)) as server:
        run(scenario(server))


def test_who_dictates_to_a_sidecar_that_hangs_asks_whether_it_lives(tmp_path: Path) -> None:
    async def scenario(server: ServerThread) -> int:
        async with dictating(server) as dictation:
            before = server.server.counts().requests
            server.loop.call_soon_threadsafe(time.sleep, 0.5)
            for _ in range(90):
                dictation.push(b"\0\0")
                await asyncio.sleep(0.01)
            return server.server.counts().requests - before

    with serving(tmp_path, Limits(heartbeat_ms=50)) as server:
        assert run(scenario(server)) > 0


@pytest.mark.skipif(sys.platform == "win32", reason="kills with a Unix signal")
@pytest.mark.parametrize("seed", [1, 2])
def test_after_a_sidecar_was_killed_its_journal_and_the_backlog_have_all_that_was_said(
    tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    spoken, _ = sf.read(CLIP, dtype="float32", frames=100_000)

    async def say_until_killed(info: ConnectionInfo) -> Dictation:
        async with await Client.connect(info) as client:
            dictation = await client.dictate().__aenter__()
            for number, chunk in enumerate(chunks_of(spoken)):
                if number == 40:
                    await asyncio.sleep(chance.random() / 100)
                    os.kill(info.pid, signal.SIGKILL)
                dictation.push(chunk)
                if number == 20:
                    await dictation.drained()
                if number == 40:
                    with pytest.raises(SidecarRestartedError):
                        await dictation.drained()
        return dictation

    async def recover(info: ConnectionInfo, broken: Dictation) -> tuple[float, bytes, str]:
        async with await Client.connect(info) as client:
            with pytest.raises(NoSessionError):
                await broken.resume(client)
            (kept,) = await client.recordings()
            transcript = await client.recover(kept.name)
            rest = broken.rest_after(kept.audio_s)
            async with client.dictate() as more:
                more.push(rest)
            await client.discard(kept.name)
            return kept.audio_s, rest, f"{transcript.text} {more.text}"

    with scripted_sidecar(tmp_path) as (_, info):
        broken = run(say_until_killed(info))
    with scripted_sidecar(tmp_path) as (_, info):
        audio_s, rest, text = run(recover(info, broken))

    said = pcm_of(spoken)
    assert audio_s >= 2.1
    assert said[: round(audio_s * 32_000)] + rest == said
    assert len(text.split()) >= 9
