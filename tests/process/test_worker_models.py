"""Installed models are engines: they come and go, and share the memory there is."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from sidecar.cli.clip import CLIP
from sidecar.engine import registry as registries
from sidecar.engine.registry import EngineRegistry
from sidecar.errors import EngineMissingError, ModelCorruptError, OutOfMemoryError
from sidecar.host.memory import Memory
from sidecar.model_store.manifest import (
    DECODER,
    ENCODER,
    FILE,
    STEM,
    describe,
    write_manifest,
)
from tests.conftest import Scripted
from tests.process.pools import Lab, echoed, is_alive, laboratory, sound
from tests.process.wire import Wire, launched
from tests.unit.model_store.test_manifest import manifest_of

MODEL = """
from sidecar.testing.scripted import ScriptedEngine

class Model(ScriptedEngine):
    '''A scripted engine that is called with a folder.'''

    def __init__(self, folder):
        assert (folder / "model.json").is_file()
"""


@dataclass
class Shelf:
    """A folder of installed models."""

    folder: Path

    @property
    def registry(self) -> EngineRegistry:
        return EngineRegistry(lambda: {path.name: path for path in self.folder.iterdir()})

    def install(self, name: str, ram_bytes: int = 1) -> Path:
        folder = self.folder / name
        folder.mkdir()
        for each in (STEM, ENCODER, DECODER):
            (folder / each).write_bytes(b"weights")
        files = {each: describe(folder / each) for each in (STEM, ENCODER, DECODER)}
        write_manifest(folder, manifest_of(files, id=name, ram_bytes=ram_bytes))
        return folder


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    (tmp_path / "models").mkdir()
    return Shelf(tmp_path / "models")


@pytest.fixture
def scripted_models(
    scripted: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Scripted:
    """Models are run by the scripted engine."""
    (tmp_path / "scripted_model.py").write_text(MODEL)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setitem(
        registries.MODELS, "qwen3-asr", (registries.ENGINES, "scripted_model:Model")
    )
    return scripted


async def text(lab: Lab, engine: str, *script: str) -> str:
    lab.engine = engine
    return (await lab.say(sound(), *script)).text


@pytest.mark.usefixtures("scripted_models")
def test_a_model_is_an_engine_from_its_installation_to_its_removal(shelf: Shelf) -> None:
    async def run() -> None:
        async with laboratory(registry=shelf.registry) as lab:
            with pytest.raises(EngineMissingError):
                await text(lab, "tiny")
            folder = shelf.install("tiny")
            heard = await text(lab, "tiny")
            pid = lab.pid
            await lab.pool.unload("tiny")
            ended = not is_alive(pid)
            shutil.rmtree(folder)
            with pytest.raises(EngineMissingError):
                await text(lab, "tiny")

            assert heard == echoed(sound())
            assert ended
            assert "tiny" not in lab.pool.names()

    asyncio.run(run())


@pytest.mark.usefixtures("scripted_models")
def test_a_model_is_unloaded_when_the_pass_that_runs_is_done_and_loaded_by_the_next(
    shelf: Shelf,
) -> None:
    async def run() -> None:
        shelf.install("tiny")
        async with laboratory(registry=shelf.registry) as lab:
            running = asyncio.create_task(text(lab, "tiny", "sleep:0.2"))
            await lab.until(lambda: "busy" in lab.states)
            await lab.pool.unload("tiny")
            done = running.done()
            heard = [await running, await text(lab, "tiny")]

            assert done
            assert heard == [echoed(sound())] * 2
            assert (
                " ".join(lab.states) == "starting ready busy ready cold starting ready busy ready"
            )

    asyncio.run(run())


def test_an_engine_that_does_not_run_is_unloaded_already() -> None:
    async def run() -> None:
        async with laboratory() as lab:
            await lab.pool.unload("builtin")
            await lab.pool.unload("no such engine")

            assert lab.states == []

    asyncio.run(run())


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda folder: (folder / DECODER).write_bytes(b"weight"), "decoder.gguf has 6 bytes"),
        (lambda folder: (folder / ENCODER).unlink(), "encoder.onnx is missing"),
        (lambda folder: (folder / FILE).write_text("{"), "description of a model is damaged"),
        (
            lambda folder: (folder / FILE).write_text('{"format": 1, "family": "other"}'),
            "family that this version of Sotto does not know",
        ),
    ],
)
def test_a_damaged_model_is_an_error_that_says_which_file_and_what_to_do(
    shelf: Shelf, damage: Callable[[Path], object], told: str
) -> None:
    async def run() -> None:
        damage(shelf.install("tiny"))
        async with laboratory(registry=shelf.registry) as lab:
            with pytest.raises(ModelCorruptError, match=told):
                await lab.pool.start("tiny")

            assert lab.states == ["starting", "failed"]

    asyncio.run(run())


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says what memory is free")
def test_a_model_for_which_there_is_no_memory_is_refused_before_it_loads(shelf: Shelf) -> None:
    async def run() -> None:
        shelf.install("huge", ram_bytes=10**15)
        async with laboratory(registry=shelf.registry) as lab:
            with pytest.raises(OutOfMemoryError, match=r"huge needs about 1000000\.0 GB .*smaller"):
                await lab.pool.start("huge")

            assert lab.states == ["starting", "failed"]

    asyncio.run(run())


@pytest.mark.skipif(sys.platform == "win32", reason="kills with signals")
def test_a_model_that_the_system_kills_while_it_loads_needs_more_memory_than_there_is(
    shelf: Shelf, scripted_models: Scripted
) -> None:
    async def run() -> None:
        shelf.install("big", ram_bytes=3 * 10**9)
        scripted_models.when_loading("kill")
        async with laboratory(registry=shelf.registry, measure=lambda: None) as lab:
            with pytest.raises(OutOfMemoryError, match=r"big needs about 3\.0 GB"):
                await lab.pool.start("big")

            assert lab.states == ["starting", "failed"]

    asyncio.run(run())


@pytest.mark.usefixtures("scripted_models")
def test_of_two_models_that_do_not_fit_the_idle_one_leaves_and_comes_back_when_needed(
    shelf: Shelf,
) -> None:
    async def run() -> None:
        for name in ("one", "other"):
            shelf.install(name, ram_bytes=6)
        pids: list[int] = []
        async with laboratory(
            registry=shelf.registry,
            measure=lambda: Memory(10 - 6 * sum(map(is_alive, pids)), swap_bytes=0),
        ) as lab:
            for name in ("one", "other", "one"):
                assert await text(lab, name) == echoed(sound())
                pids.append(lab.pid)

            assert [is_alive(pid) for pid in pids] == [False, False, True]

    asyncio.run(run())


@pytest.mark.usefixtures("scripted_models")
def test_a_model_that_is_used_does_not_leave(shelf: Shelf) -> None:
    async def run() -> None:
        for name in ("one", "other"):
            shelf.install(name, ram_bytes=6)
        async with laboratory(
            registry=shelf.registry,
            measure=lambda: Memory(4 if "busy" in lab.states else 10, swap_bytes=0),
        ) as lab:
            running = asyncio.create_task(text(lab, "one", "sleep:0.3"))
            await lab.until(lambda: "busy" in lab.states)
            with pytest.raises(OutOfMemoryError, match="other needs"):
                await lab.pool.start("other")

            assert await running == echoed(sound())

    asyncio.run(run())


def test_a_sidecar_without_a_chosen_engine_offers_the_model_that_is_installed_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SOTTO_ENGINE", raising=False)
    folder = tmp_path / "data" / "models"
    params = {"audio": {"k": "inline", "data": {"$bin": 0}}}
    with launched(tmp_path, engine=None) as (_, info), Wire(info) as wire:
        wire.hello()
        before = wire.call("sys.info")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (Shelf(folder).install("tiny") / DECODER).unlink()
        meanwhile = wire.call("sys.info")
        error = wire.call("asr.transcribe", params, [CLIP.read_bytes()])
        shutil.rmtree(folder / "tiny")
        after = wire.call("sys.info")

    assert before["default_engine"] == after["default_engine"] == "builtin"
    assert meanwhile["default_engine"] == "tiny"
    assert "tiny" in [engine["id"] for engine in meanwhile["engines"]]
    assert error == "MODEL_CORRUPT"
    assert "tiny" not in [engine["id"] for engine in after["engines"]]
