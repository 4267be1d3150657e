"""`sotto models`: a model comes from a hub, is converted by the real converter, and goes."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from sidecar.host.launch import LaunchOptions, launch_sidecar
from sidecar.host.paths import private_dir
from sidecar.inference.threads import physical_cores
from sidecar.model_store.manifest import read_manifest
from sidecar.model_store.tuning import Weights, write_weights
from sidecar.rpc.auth import new_key_pair
from tests.process.commands import SOTTO, assert_nothing_left, mortal, sotto
from tests.process.terminal import read_terminal
from tests.process.wire import Wire, until
from tests.unit.checkpoints import write_checkpoint
from tests.unit.installed import AUDIO, TEXT
from tests.unit.model_store.hub import REPO, Hub, behave, stall_after, status
from tests.unit.models import tiny_asr


@dataclass(frozen=True, slots=True)
class Home:
    """Folders of sidecars, and the hub that their catalogue names."""

    folder: Path
    hub: Hub

    @property
    def models(self) -> Path:
        return self.folder / "data" / "models"


CATALOGUE = """
[[models]]
id = "tiny-asr"
name = "Tiny ASR"
family = "qwen3-asr"
languages = ["en", "zh", "fr", "de"]
streaming = true
licence = "Apache-2.0"
installed_bytes = 4_000_000
ram_bytes = 500_000_000
repo = "{repo}"
sources = ["hf+{url}"]

[[models]]
id = "tiny-other"
name = "Another"
family = "qwen3-asr"
languages = ["ja"]
streaming = false
licence = "MIT"
installed_bytes = 330
ram_bytes = 1_500_000
repo = "{repo}-other"
sources = ["hf+{url}"]
"""


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkpoint")
    return write_checkpoint(folder, tiny_asr(audio=AUDIO, text=TEXT), layout="original")


@pytest.fixture(scope="module")
def home(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A hub, and folders and settings for sidecars that know it."""
    folder = tmp_path_factory.mktemp("models")
    files = {path.name: path.read_bytes() for path in checkpoint.iterdir()}
    with Hub({**files, "README.md": b"# Tiny"}) as hub, pytest.MonkeyPatch.context() as patch:
        (folder / "models.toml").write_text(CATALOGUE.format(repo=REPO, url=hub.url))
        patch.setenv("SOTTO_MODEL_CATALOGUE", str(folder / "models.toml"))
        patch.setenv("SOTTO_RUNTIME_DIR", str(folder / "run"))
        patch.setenv("SOTTO_DATA_DIR", str(folder / "data"))
        patch.setenv("SOTTO_ENGINE", "none")  # warming one takes a second of both cores
        yield Home(folder, hub)


@pytest.fixture
def hub(home: Home) -> Iterator[Hub]:
    """The hub, which behaves; no model is installed before and after."""
    yield home.hub
    home.hub.asked.clear()
    home.hub.tricks.clear()
    shutil.rmtree(home.models, ignore_errors=True)


@pytest.fixture(scope="module")
def served(home: Home) -> Iterator[None]:
    """A sidecar that runs, which commands join."""
    with mortal(subprocess.Popen([*SOTTO, "serve"], stdout=subprocess.PIPE)) as serving:
        assert serving.stdout is not None
        assert serving.stdout.readline().startswith(b"Listening")
        yield
        serving.terminate()


def listed(*words: str) -> Any:
    done = sotto("models", *words, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_a_model_comes_is_checked_and_goes_without_a_sidecar_that_runs(
    home: Home, hub: Hub
) -> None:
    installed = sotto("models", "install", "tiny-asr")
    table = sotto("models")
    removed = sotto("models", "remove", "tiny-asr")

    assert (installed.returncode, installed.stdout) == (0, "")
    said = installed.stderr.splitlines()
    assert said[0] == "sotto: tiny-asr: looking for it"
    assert said[1].startswith("sotto: tiny-asr: downloading (0 B of ")
    assert "sotto: tiny-asr: converting" in said
    assert said[-1].startswith("sotto: tiny-asr is installed: ")
    assert [line.split()[:2] for line in table.stdout.splitlines()] == [
        ["tiny-asr", "installed"],
        ["tiny-other", "available"],
    ]
    assert (removed.returncode, removed.stdout) == (0, "")
    assert "free again" in removed.stderr
    assert not (home.models / "tiny-asr").exists()
    assert_nothing_left(home.folder / "run")


def test_who_is_a_guest_has_models_changed_by_a_sidecar_of_its_own(
    home: Home, hub: Hub, checkpoint: Path
) -> None:
    keys = new_key_pair()
    folders = LaunchOptions(home.folder / "run", home.folder / "data", publish=True)
    sidecar, info = launch_sidecar(keys.public, keys.secret, folders)
    with sidecar, Wire(info) as owner:
        owner.hello()
        imported = sotto("models", "import", checkpoint, "--id", "my-own")
        engines = [engine["id"] for engine in owner.call("sys.info")["engines"]]

    assert imported.returncode == 0
    assert "my-own" in engines


@pytest.mark.usefixtures("served")
def test_models_are_listed_and_searched(hub: Hub) -> None:
    table = sotto("models", "list")
    everything = listed("list")
    french = listed("search", "--language", "fr-CA")
    named = listed("search", "ANOTHER")
    none = sotto("models", "search", "whisper")

    assert table.stdout == (
        "tiny-asr    available  4.0 MB  0.5 GB  en,zh,fr+1  Apache-2.0  Tiny ASR\n"
        "tiny-other  available  330 B   1.5 MB  ja          MIT         Another\n"
    )
    assert [model["id"] for model in everything] == ["tiny-asr", "tiny-other"]
    assert everything[0]["languages"] == ["en", "zh", "fr", "de"]
    assert [model["id"] for model in french] == ["tiny-asr"]
    assert [model["id"] for model in named] == ["tiny-other"]
    assert (none.returncode, none.stdout) == (0, "")
    assert "sotto models" in none.stderr


@pytest.mark.usefixtures("served")
def test_a_checkpoint_is_imported_and_a_flipped_bit_is_found(
    checkpoint: Path, home: Home, hub: Hub
) -> None:
    unnamed = sotto("models", "import", checkpoint)
    imported = sotto("models", "import", checkpoint, "--id", "my-own")
    right = sotto("models", "verify")
    model = home.models / "my-own" / "decoder.gguf"
    content = bytearray(model.read_bytes())
    content[len(content) // 2] ^= 1
    model.write_bytes(content)
    wrong = sotto("models", "verify", "my-own")

    assert (unnamed.returncode, "what to call it" in unnamed.stderr) == (1, True)
    assert (imported.returncode, "my-own is installed" in imported.stderr) == (0, True)
    assert hub.asked == []
    assert (right.returncode, "are as they were" in right.stderr) == (0, True)
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "decoder.gguf has changed" in wrong.stderr


@pytest.mark.usefixtures("hub")
def test_new_models_are_kept_as_was_measured_to_be_best_here(home: Home, checkpoint: Path) -> None:
    measured = Weights(cores=physical_cores(), encoder="int8", decoder="q8_0")
    write_weights(private_dir(home.models), measured)

    imported = sotto("models", "import", checkpoint, "--id", "my-own")

    assert imported.returncode == 0, imported.stderr
    manifest = read_manifest(home.models / "my-own")
    assert (manifest.encoder.quantization, manifest.decoder.quantization) == ("int8", "q8_0")


@pytest.mark.usefixtures("served")
def test_a_terminal_shows_how_far_it_is(hub: Hub) -> None:
    ours, theirs = pty.openpty()
    with mortal(
        subprocess.Popen(
            [*SOTTO, "models", "install", "tiny-asr"],
            stdout=subprocess.PIPE,
            stderr=theirs,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "120"},
        )
    ) as process:
        os.close(theirs)
        screen = b"".join(iter(partial(read_terminal, ours), b"")).decode()
        os.close(ours)
        assert process.stdout is not None
        out = process.stdout.read()

    assert (process.returncode, out) == (0, b"")
    assert "tiny-asr: converting" in screen
    assert re.search(r"\d+%", screen)
    assert "sotto: tiny-asr is installed: " in screen.rstrip().splitlines()[-1]


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_install_says_how_to_go_on(hub: Hub, number: signal.Signals) -> None:
    hub.tricks["model.safetensors"] = [stall_after(100), behave]
    with mortal(
        subprocess.Popen(
            [*SOTTO, "models", "install", "tiny-asr"], stderr=subprocess.PIPE, text=True
        )
    ) as stopped:
        hub.stalled.acquire()
        until(lambda: listed("list")[0]["here_bytes"] > 0)  # a small file, beside the large one
        stopped.send_signal(number)
        _, said = stopped.communicate(timeout=60)
    until(lambda: listed("list")[0]["state"] != "installing")

    assert stopped.returncode == 128 + number
    assert "tiny-asr: stopped. What has come is kept" in said
    assert listed("list")[0]["state"] == "partial"


@pytest.mark.usefixtures("served")
def test_what_goes_wrong_is_said_plainly(hub: Hub) -> None:
    hub.tricks["model.safetensors"] = [status(404)]

    failed = sotto("models", "install", "tiny-asr")
    unknown = sotto("models", "install", "whisper")
    nowhere = sotto("models", "install", "tiny-asr", "--source", "nowhere")
    gone = sotto("models", "remove", "tiny-other")

    for done in (failed, unknown, nowhere, gone):
        assert (done.returncode, done.stdout) == (1, "")
        assert "127.0.0.1" not in done.stderr
    assert "choose another source" in failed.stderr
    assert "sotto models list" in unknown.stderr
    assert "hf+https://HOST" in nowhere.stderr
    assert "sotto models list" in gone.stderr


def test_a_catalogue_that_cannot_be_used_is_named(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "models.toml").write_text("[[models]]\nid = 7\n")
    monkeypatch.setenv("SOTTO_MODEL_CATALOGUE", str(tmp_path / "models.toml"))
    monkeypatch.setenv("SOTTO_RUNTIME_DIR", str(tmp_path / "run"))

    refused = sotto("serve")

    assert refused.returncode == 78
    assert "SOTTO_MODEL_CATALOGUE" in refused.stderr
