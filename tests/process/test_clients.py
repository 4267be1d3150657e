"""The Python client against a real sidecar."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sidecar.errors import (
    DeadlineError,
    GapError,
    InvalidParamsError,
    SidecarRestartedError,
    UnauthorizedError,
)
from sidecar.host.connection import ConnectionInfo
from sidecar.protocol.messages import (
    AudioOpenParams,
    AudioPutParams,
    Binary,
    InfoResult,
    Limits,
    PingParams,
    PingResult,
    ProgressEvent,
)
from sidecar.rpc.auth import new_key_pair
from sidecar.rpc.client import MISSED_PINGS, Client, run
from sidecar.rpc.dispatch import Call
from tests.conftest import PATIENCE_S
from tests.process.files import files_below
from tests.process.test_limits import Work
from tests.process.wire import ServerThread, launched, until

unix_only = pytest.mark.skipif(sys.platform == "win32", reason="Unix signals")


@pytest.fixture(scope="module")
def info(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConnectionInfo]:
    with launched(tmp_path_factory.mktemp("clients")) as (_, info):
        yield info


def test_a_client_learns_who_it_talks_to(info: ConnectionInfo) -> None:
    async def scenario() -> None:
        async with await Client.connect(info) as client:
            assert client.server.epoch == info.epoch
            assert await client.ping() >= 0
            assert (await client.info()).default_engine == "none"
            assert (await client.diag()).clients >= 1

    run(scenario())


def test_a_thousand_calls_at_once_are_all_answered(info: ConnectionInfo) -> None:
    async def scenario() -> int:
        async with await Client.connect(info) as client:
            return len(await asyncio.gather(*(client.ping() for _ in range(1000))))

    assert run(scenario()) == 1000


def test_eight_clients_are_served_side_by_side(tmp_path: Path) -> None:
    async def scenario(info: ConnectionInfo) -> list[float]:
        clients = [await Client.connect(info) for _ in range(8)]
        try:
            return await asyncio.gather(*(client.ping() for client in clients for _ in range(50)))
        finally:
            for client in clients:
                await client.close()

    with launched(tmp_path) as (_, info):
        assert len(run(scenario(info))) == 400


def test_an_unknown_key_is_told_so(info: ConnectionInfo) -> None:
    keys = new_key_pair()
    forged = dataclasses.replace(info, public_key=keys.public, secret_key=keys.secret)

    with pytest.raises(UnauthorizedError, match="does not know this client's key"):
        run(Client.connect(forged))


def test_an_impostor_without_the_servers_key_gets_nothing(info: ConnectionInfo) -> None:
    wrong = dataclasses.replace(info, server_key=new_key_pair().public)

    with pytest.raises((SidecarRestartedError, UnauthorizedError, DeadlineError)):
        run(Client.connect(wrong))


def test_a_sidecar_that_is_not_there_is_noticed_at_once(
    info: ConnectionInfo, tmp_path: Path
) -> None:
    nowhere = dataclasses.replace(info, endpoint=f"ipc://{tmp_path / 'nobody'}")
    if sys.platform == "win32":
        nowhere = dataclasses.replace(info, endpoint="tcp://127.0.0.1:9")

    with pytest.raises(SidecarRestartedError):  # and not a deadline
        run(Client.connect(nowhere))


@unix_only
def test_pending_calls_fail_at_once_when_the_sidecar_is_killed(tmp_path: Path) -> None:
    async def scenario(info: ConnectionInfo) -> None:
        async with await Client.connect(info) as client:
            os.kill(info.pid, signal.SIGSTOP)  # so that the call is pending for sure
            pending = asyncio.create_task(client.ping())
            await asyncio.sleep(0)
            os.kill(info.pid, signal.SIGKILL)
            with pytest.raises(SidecarRestartedError, match="start it again"):
                await pending
            with pytest.raises(SidecarRestartedError):
                await client.ping()

    with launched(tmp_path) as (_, info):
        run(scenario(info))


def test_cancelling_a_call_ends_its_work_and_the_next_call_works(tmp_path: Path) -> None:
    async def scenario(server: ServerThread, work: Work) -> None:
        async with await Client.connect(server.info()) as client:
            task = asyncio.create_task(client.info())
            await asyncio.to_thread(until, lambda: work.running == 1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.to_thread(until, lambda: work.cancelled == 1)
            assert await client.ping() >= 0

    with ServerThread(tmp_path / "s") as server:
        run(scenario(server, Work(server)))


def test_a_deadline_raises_what_the_sidecar_answered(tmp_path: Path) -> None:
    async def scenario(server: ServerThread) -> None:
        async with await Client.connect(server.info()) as client:
            with pytest.raises(DeadlineError, match="longer than the 50 ms"):
                await client.connection.call("sys.ping", PingParams(), timeout_s=0.05)

    with ServerThread(tmp_path / "s") as server:
        Work(server, "sys.ping")
        run(scenario(server))


def test_an_idle_client_stays_connected(tmp_path: Path) -> None:
    async def scenario(server: ServerThread) -> int:
        async with await Client.connect(server.info()) as client:
            await asyncio.sleep(4)
            return (await client.diag()).dropped_clients

    with ServerThread(tmp_path / "s", Limits(silence_ms=3000, heartbeat_ms=100)) as server:
        assert run(scenario(server)) == 0


def test_a_client_that_was_forgotten_fails_its_calls_instead_of_waiting(tmp_path: Path) -> None:
    async def scenario(server: ServerThread, work: Work) -> None:
        async with await Client.connect(server.info()) as client:
            pending = asyncio.create_task(client.info())
            await asyncio.to_thread(until, lambda: work.running == 1)
            (peer,) = server.server._peers
            server.loop.call_soon_threadsafe(server.server._peers.drop, peer)
            with pytest.raises(SidecarRestartedError, match="does not respond"):
                await pending

    with ServerThread(tmp_path / "s", Limits(heartbeat_ms=100)) as server:
        run(scenario(server, Work(server)))


def test_a_sidecar_that_is_stuck_is_given_up(tmp_path: Path) -> None:
    let_go = threading.Event()

    def hang(call: Call, params: PingParams) -> PingResult:
        let_go.wait(PATIENCE_S)
        return PingResult(uptime_ms=0)

    async def scenario(server: ServerThread) -> None:
        async with await Client.connect(server.info()) as client:
            server.server.handlers["sys.ping"] = hang
            with pytest.raises(SidecarRestartedError, match="does not respond"):
                await client.connection.call("sys.ping", PingParams(), timeout_s=PATIENCE_S)

    with ServerThread(tmp_path / "s", Limits(heartbeat_ms=20)) as server:
        try:
            run(scenario(server))
        finally:
            let_go.set()


def test_a_client_that_waits_for_all_it_may_ask_at_once_stays_connected(tmp_path: Path) -> None:
    async def scenario(server: ServerThread, work: Work) -> None:
        async with await Client.connect(server.info()) as client:
            pending = [asyncio.create_task(client.info()) for _ in range(3)]
            refused = server.server.counts().requests + 3 + 2 * MISSED_PINGS
            await asyncio.to_thread(until, lambda: server.server.counts().requests > refused)
            work.let_go()
            assert len(await asyncio.gather(*pending)) == 3

    with ServerThread(tmp_path / "s", Limits(heartbeat_ms=20, max_pending=3)) as server:
        run(scenario(server, Work(server)))


def test_an_error_of_the_callers_own_ends_the_call_and_its_work(tmp_path: Path) -> None:
    class Endless:
        """Tells of progress, then works for ever."""

        cancelled = False

        async def __call__(self, call: Call, params: Any) -> InfoResult:
            call.emit(ProgressEvent(phase="queued", done_ms=0))
            try:
                await asyncio.Event().wait()
            finally:
                self.cancelled = True
            raise AssertionError

    def complain(event: object) -> None:
        raise ValueError("my own")

    async def scenario(server: ServerThread) -> None:
        async with await Client.connect(server.info()) as client:
            with pytest.raises(ValueError, match="my own"):
                await client.transcribe(b"x", on_event=complain)
            assert await client.ping() >= 0

    with ServerThread(tmp_path / "s") as server:
        work = server.server.handlers["asr.transcribe"] = Endless()
        run(scenario(server))
        until(lambda: work.cancelled)


def test_sixty_megabytes_go_up_in_parts_and_vanish_with_the_client(tmp_path: Path) -> None:
    data = os.urandom(60 << 20)

    async def scenario(server: ServerThread) -> bytes:
        async with await Client.connect(server.info()) as client:
            await client.hand_over.upload(data, len(data))
            (file,) = [
                path for path in (tmp_path / "s").iterdir() if path.stat().st_size == len(data)
            ]
            return file.read_bytes()

    with ServerThread(tmp_path / "s") as server:
        assert run(scenario(server)) == data
        until(lambda: server.server.counts().uploads == 0)
        until(lambda: all(size < 1 << 20 for size in files_below(tmp_path / "s").values()))


def test_two_uploads_at_once_do_not_mix(tmp_path: Path) -> None:
    ones, twos = b"1" * (10 << 20), b"2" * (10 << 20)

    async def scenario(server: ServerThread) -> set[bytes]:
        async with await Client.connect(server.info()) as client:
            await asyncio.gather(
                client.hand_over.upload(ones, len(ones)), client.hand_over.upload(twos, len(twos))
            )
            large = [
                path for path in (tmp_path / "s").iterdir() if path.stat().st_size == len(ones)
            ]
            return {path.read_bytes() for path in large}

    with ServerThread(tmp_path / "s") as server:
        assert run(scenario(server)) == {ones, twos}


def test_a_file_that_cannot_be_read_is_the_callers_error(info: ConnectionInfo) -> None:
    async def scenario() -> None:
        async with await Client.connect(info) as client:
            with pytest.raises(FileNotFoundError):
                await client.transcribe(Path("/no/such/file"))
            assert await client.ping() >= 0

    run(scenario())


def test_a_value_that_does_not_fit_the_schema_is_refused_by_the_sidecar(
    info: ConnectionInfo,
) -> None:
    async def scenario() -> None:
        async with await Client.connect(info) as client:
            with pytest.raises(InvalidParamsError, match="/language"):
                await client.transcribe(b"x", language="x" * 36)

    run(scenario())


def test_closing_fails_what_is_pending(tmp_path: Path) -> None:
    async def scenario(server: ServerThread, work: Work) -> None:
        client = await Client.connect(server.info())
        task = asyncio.create_task(client.info())
        await asyncio.to_thread(until, lambda: work.running == 1)
        await client.close()
        with pytest.raises(SidecarRestartedError, match="closed on this side"):
            await task
        await asyncio.to_thread(until, lambda: work.cancelled == 1)

    with ServerThread(tmp_path / "s") as server:
        run(scenario(server, Work(server)))


def test_a_gap_in_an_upload_is_told(tmp_path: Path) -> None:
    async def scenario(server: ServerThread) -> None:
        async with await Client.connect(server.info()) as client:
            call = client.connection.call
            await call("audio.open", AudioOpenParams())
            part = AudioPutParams(upload=0, seq=3, data=Binary(bin=0))
            with pytest.raises(GapError, match="upload the recording again"):
                await call("audio.put", part, (b"x",))

    with ServerThread(tmp_path / "s") as server:
        run(scenario(server))
