"""A converted aligner in the models' folder gives an engine's words their times, over the wire."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import soundfile

from sidecar.domain import SAMPLE_RATE_HZ, Transcript
from sidecar.engine.backends.aligner import AlignerEngine
from sidecar.engine.base import Ask, SegmentOptions
from sidecar.host.connection import ConnectionInfo
from sidecar.host.paths import private_dir
from sidecar.rpc.client import Client, run
from tests.conftest import ENGINES
from tests.process.wire import Wire, launched
from tests.tiny.data import clips
from tests.unit.installed import TinyModels

SAID = "The cat, in an inn - an anthem!"


@pytest.fixture(scope="module")
def installed(tiny_model: TinyModels) -> Path:
    return tiny_model("int8", "q8_0", aligner=True)


@pytest.fixture
def info(tmp_path: Path) -> Iterator[ConnectionInfo]:
    environment = {"PYTHONPATH": str(ENGINES), "SOTTO_FUSES": str(tmp_path)}
    with launched(tmp_path, engine="scripted-untimed", extra_env=environment) as (_, info):
        yield info


def install(model: Path, data_dir: Path) -> None:
    """As the store does: the folder appears whole."""
    models = private_dir(private_dir(data_dir) / "models")
    shutil.copytree(model, models / ".new")
    (models / ".new").rename(models / model.name)


def transcribe(info: ConnectionInfo, audio: Path) -> Transcript:
    async def scenario() -> Any:
        async with await Client.connect(info) as client:
            return await client.transcribe(audio, language="en", hotwords=(f"say:{SAID}",))

    transcript: Transcript = run(scenario())
    return transcript


def test_words_have_times_from_when_an_aligner_is_installed(
    info: ConnectionInfo, installed: Path, tmp_path: Path, short: Path
) -> None:
    before = transcribe(info, short)
    install(installed, tmp_path / "data")

    after = transcribe(info, short)

    [segment] = after.segments
    assert before.text == after.text == SAID
    assert before.segments[0].words == ()
    assert [word.text for word in segment.words] == [
        "The",
        "cat,",
        "in",
        "an",
        "inn -",
        "an",
        "anthem!",
    ]
    assert after.notices == before.notices
    with Wire(info) as wire:
        wire.hello()
        workers = {worker["engine"]: worker for worker in wire.call("sys.diag")["workers"]}
    assert workers[installed.name]["state"] == "ready"


def test_the_times_are_those_of_the_aligner_moved_to_the_segment(
    info: ConnectionInfo, installed: Path, tmp_path: Path, short: Path
) -> None:
    install(installed, tmp_path / "data")
    samples, _ = soundfile.read(short, dtype="float32")
    engine = AlignerEngine(installed)
    engine.load()

    [segment] = transcribe(info, short).segments

    first, last = (round(t * SAMPLE_RATE_HZ) for t in (segment.start_s, segment.end_s))
    alone = engine.open(SegmentOptions("en"))
    alone.feed(samples[first:last])
    expected = alone.decode(Ask(final=True, prefix=SAID), lambda: False).words
    assert [word.start_s for word in segment.words] == pytest.approx(
        [segment.start_s + word.start_s for word in expected], abs=0.002
    )


def test_a_damaged_aligner_costs_the_times_and_says_so(
    info: ConnectionInfo, installed: Path, tmp_path: Path, short: Path
) -> None:
    install(installed, tmp_path / "data")
    table = tmp_path / "data" / "models" / installed.name / "embeddings.npy"
    table.write_bytes(bytes(table.stat().st_size))

    transcript = transcribe(info, short)

    assert transcript.text == SAID
    assert transcript.segments[0].words == ()
    assert any("no word times" in notice and "damaged" in notice for notice in transcript.notices)


def test_an_installed_engine_and_an_installed_aligner_share_the_work(
    info: ConnectionInfo, installed: Path, tiny_model: TinyModels, tmp_path: Path
) -> None:
    engine = tiny_model("int8", "q8_0", trained=True)
    clip = clips("long-festival")[0]
    install(engine, tmp_path / "data")
    install(installed, tmp_path / "data")

    async def scenario() -> Any:
        async with await Client.connect(info) as client:
            return await client.transcribe(clip.path, engine=engine.name)

    transcript: Transcript = run(scenario())

    assert transcript.engine == engine.name
    assert len(transcript.text.split()) > 5
    for segment in transcript.segments:
        assert " ".join(word.text for word in segment.words) == segment.text
        assert segment.start_s <= segment.words[0].start_s
        assert segment.words[-1].end_s <= segment.end_s
    assert not any("word times" in notice for notice in transcript.notices)
