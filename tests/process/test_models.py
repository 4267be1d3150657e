"""The methods of models over the wire, and what each client may and is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from sidecar.errors import (
    BusyError,
    ChecksumError,
    EngineMissingError,
    InvalidParamsError,
    ModelCorruptError,
    UnauthorizedError,
    VersionError,
)
from sidecar.host.paths import private_dir
from sidecar.rpc.client import Client
from sidecar.rpc.model_calls import ModelCalls
from tests.process.wire import ServerThread, Wire, until
from tests.unit.model_store.hub import Hub, Told, behave, other, stall_after
from tests.unit.model_store.stores import CHECKOUT, CHECKPOINT, MODEL, WEIGHTS, entry, store


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub(CHECKPOINT) as hub:
        yield hub


@pytest.fixture
def server(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., ServerThread]]:
    """Starts a server with a store of its own; stops it at the end."""
    monkeypatch.setenv("PYTHONPATH", str(CHECKOUT))  # for the converter
    started: list[ServerThread] = []

    def start(mode: str = "") -> ServerThread:
        folder = private_dir(tmp_path / "server")
        models = store(folder, entry(f"hf+{hub.url}"), mode=mode)
        started.append(ServerThread(folder, models=models).__enter__())
        return started[-1]

    yield start
    for each in started:
        each.__exit__(None, None, None)


async def test_a_model_is_installed_checked_and_removed(
    server: Callable[..., ServerThread], tmp_path: Path
) -> None:
    told = Told()
    async with await Client.connect(server().info()) as client:
        before = await client.models.list()
        installed = await client.models.install(MODEL, on_progress=told)
        verified = await client.models.verify(MODEL)
        listed = await client.models.list("tiny", "zh-TW")
        nothing = await client.models.list(language="sw")
        freed = await client.models.remove(MODEL)
        after = await client.models.list()

    assert [each.state for each in before] == ["available"]
    assert installed.state == "installed"
    assert installed == verified == listed[0]
    assert nothing == ()
    assert freed > installed.installed_bytes
    assert after == before
    phases = [event.phase for event in told.events]
    assert phases[0] == "listing"
    assert {"downloading", "converting", "checking"} <= set(phases)
    downloads = [event for event in told.events if event.phase == "downloading"]
    assert downloads[-1].done == downloads[-1].total == installed.download_bytes


async def test_progress_comes_before_the_answer_and_is_numbered(
    server: Callable[..., ServerThread],
) -> None:
    with Wire(server().info()) as wire:
        wire.hello()
        id_ = wire.request("models.install", {"model": MODEL})
        result = wire.answer(id_)["result"]

    events = [n["params"] for n in wire.notices if n["method"] == "$/event"]
    seqs = [event["seq"] for event in events]
    assert result["state"] == "installed"
    assert {event["id"] for event in events} == {id_}
    assert {event["event"]["t"] for event in events} == {"model_progress"}
    assert seqs == sorted(set(seqs))


async def test_a_guest_may_look_and_not_touch(server: Callable[..., ServerThread]) -> None:
    running = server()
    async with (
        await Client.connect(running.info()) as owner,
        await Client.connect(running.info("guest")) as guest,
    ):
        await owner.models.install(MODEL)
        looked = await guest.models.list()
        verified = await guest.models.verify(MODEL)
        for change in (
            guest.models.install(MODEL),
            guest.models.remove(MODEL),
            guest.models.bring(Path("/nowhere")),
        ):
            with pytest.raises(UnauthorizedError):
                await change

    assert looked == (verified,)


async def test_a_cancelled_install_is_answered_so_and_taken_up_again(
    hub: Hub, server: Callable[..., ServerThread]
) -> None:
    hub.tricks["model.safetensors"] = [stall_after(1_200_000), behave]
    with Wire(server().info()) as wire:
        wire.hello()
        id_ = wire.request("models.install", {"model": MODEL})
        await asyncio.to_thread(hub.stalled.acquire)
        until(lambda: wire.call("models.list")["models"][0]["here_bytes"] > 1_000_000)
        wire.cancel(id_)
        answer = wire.answer(id_)["error"]["data"]["kind"]
        until(lambda: wire.call("models.list")["models"][0]["state"] == "partial")
        again = wire.call("models.install", {"model": MODEL})

    assert answer == "CANCELLED"
    assert again["state"] == "installed"
    assert hub.spans("model.safetensors")[1].startswith("bytes=1")
    assert hub.spans("config.json") == [""]


async def test_who_leaves_does_not_install(hub: Hub, server: Callable[..., ServerThread]) -> None:
    hub.tricks["model.safetensors"] = [stall_after(0)]
    running = server()
    client = await Client.connect(running.info())
    installing = asyncio.ensure_future(client.models.install(MODEL))
    await asyncio.to_thread(hub.stalled.acquire)

    await client.close()
    await asyncio.wait([installing])

    with Wire(running.info()) as wire:
        wire.hello()
        until(lambda: wire.call("models.list")["models"][0]["state"] == "partial")


async def test_two_do_not_install_at_once(hub: Hub, server: Callable[..., ServerThread]) -> None:
    hub.tricks["model.safetensors"] = [stall_after(0)]
    running = server()
    async with (
        await Client.connect(running.info()) as one,
        await Client.connect(running.info()) as other_one,
    ):
        installing = asyncio.ensure_future(one.models.install(MODEL))
        await asyncio.to_thread(hub.stalled.acquire)
        seen = await other_one.models.list()
        with pytest.raises(BusyError) as caught:
            await other_one.models.install(MODEL)
        installing.cancel()
        await asyncio.wait([installing])

    assert [each.state for each in seen] == ["installing"]
    assert caught.value.retry_after_ms == 1000


async def test_what_went_wrong_has_its_kind_and_its_file(
    hub: Hub, server: Callable[..., ServerThread], tmp_path: Path
) -> None:
    hub.tricks["model.safetensors"] = [other(WEIGHTS[:-1] + b"?")]
    async with await Client.connect(server().info()) as client:
        with pytest.raises(ChecksumError) as wrong:
            await client.models.install(MODEL)
        await client.models.install(MODEL)
        path = tmp_path / "server" / "models" / MODEL / "encoder.onnx"
        path.write_bytes(path.read_bytes()[:-1] + b"?")
        with pytest.raises(ModelCorruptError) as corrupt:
            await client.models.verify(MODEL)
        with pytest.raises(EngineMissingError):
            await client.models.install("no-such")
        with pytest.raises(InvalidParamsError) as source:
            await client.models.install(MODEL, source="nowhere")

    assert wrong.value.detail == "model.safetensors"
    assert corrupt.value.detail == "encoder.onnx"
    assert source.value.detail == "/source"
    for error in (wrong, corrupt, source):
        assert str(tmp_path) not in error.value.message
        assert "127.0.0.1" not in error.value.message


async def test_a_folder_is_imported_and_nothing_else(
    server: Callable[..., ServerThread], tmp_path: Path
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    for name, content in CHECKPOINT.items():
        (folder / name).write_bytes(content)
    async with await Client.connect(server().info()) as client:
        found = await client.models.bring(folder, model="mine")
        for path in ("relative/folder", "/nul\0", str(tmp_path), "/etc/hostname"):
            with pytest.raises(InvalidParamsError) as caught:
                await client.models.bring(Path(path))
            assert caught.value.detail == "/path"

    assert (found.id, found.state, found.sources) == ("mine", "installed", ())


async def test_a_sidecar_that_is_older_than_models_is_not_asked(
    server: Callable[..., ServerThread],
) -> None:
    async with await Client.connect(server().info()) as client:
        older = ModelCalls(client.connection, msgspec.structs.replace(client.server, proto=(1, 1)))

        for call in (older.list(), older.verify(MODEL), older.remove(MODEL)):
            with pytest.raises(VersionError, match="update it"):
                await call
