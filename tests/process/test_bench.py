"""`sotto bench` and `sotto doctor` about models that are installed, with a real one of a few MB."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sidecar.cli.bench import tuned_here
from sidecar.inference.threads import physical_cores
from sidecar.model_store.manifest import DECODER
from sidecar.model_store.tuning import read_weights
from tests.process.commands import assert_nothing_left, sotto
from tests.unit.installed import TinyModels

MODEL = "tiny-asr-int8-q8_0"


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of models of sidecars that are started in a test."""
    monkeypatch.setenv("SOTTO_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("SOTTO_DATA_DIR", str(tmp_path / "data"))
    folder = tmp_path / "data" / "models"
    folder.mkdir(parents=True, mode=0o700)
    folder.parent.chmod(0o700)
    yield folder
    assert_nothing_left(tmp_path / "run")


@pytest.fixture
def model(models: Path, tiny_model: TinyModels) -> Path:
    return Path(shutil.copytree(tiny_model("int8", "q8_0"), models / MODEL))


def test_what_is_best_is_measured_and_used_from_then_on(model: Path) -> None:
    done = sotto("bench", "--json")

    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert set(result["weights"]["decoders_s"]) == {"q8_0", "q5_k", "q4_k"}
    assert min(result["weights"]["encoders_s"].values()) > 0
    kept = read_weights(model.parent, physical_cores())
    assert kept is not None
    assert kept.decoder == result["weights"]["decoder"]
    [found] = result["models"]
    assert result["dictate_with"] == found["model"] == MODEL
    ways = {(each["threads"], each["prefill"]) for each in found["trials"]}
    assert {prefill for _, prefill in ways} == {True, False}
    assert physical_cores() in {threads for threads, _ in ways}
    assert all(each["speed"]["final_s"] > 0 for each in found["trials"])
    tuning = tuned_here(model)
    assert tuning is not None
    assert tuning.speed is not None
    assert found["best"]["threads"] == tuning.threads
    assert found["best"]["speed"]["mode"] == tuning.speed.mode


def test_a_dry_run_leaves_everything_as_it_is(model: Path) -> None:
    before = sorted(path.name for path in model.iterdir())

    done = sotto("bench", MODEL, "--dry-run")

    assert done.returncode == 0, done.stderr
    assert "10 s of speech in" in " ".join(done.stdout.split())
    assert sorted(path.name for path in model.iterdir()) == before


def test_without_a_model_it_is_measured_how_new_ones_are_best_kept(models: Path) -> None:
    done = sotto("bench", "--dry-run")

    assert done.returncode == 0, done.stderr
    assert re.search(r"decoder +q4_k +\d+\.\d\d x", done.stdout)
    assert done.stdout.count("chosen") == 2
    assert "sotto models" in done.stdout
    assert [*models.iterdir()] == []


def test_a_model_that_is_not_there_is_named(model: Path) -> None:
    done = sotto("bench", "other")

    assert done.returncode == 1
    assert "installed as other" in done.stderr


def test_the_doctor_says_which_models_are_damaged_and_how_fast_the_others_are(
    model: Path, models: Path
) -> None:
    damaged = Path(shutil.copytree(model, models / "damaged"))
    content = bytearray((damaged / DECODER).read_bytes())
    content[len(content) // 2] ^= 1
    (damaged / DECODER).write_bytes(content)

    checks: dict[str, dict[str, Any]] = {
        check["name"]: check for check in json.loads(sotto("doctor", "--json").stdout)
    }

    whole, broken = checks[f"Model {MODEL}"], checks["Model damaged"]
    weights = checks["Weights of new models"]
    assert weights["found"] == "encoder int8, decoder q4_k, as suits most machines"
    assert "sotto bench" in weights["fix"]
    assert whole["status"] == "ok"
    assert re.match(r"whole; .*real-time factor", whole["found"])
    assert "sotto bench" in whole["fix"]
    assert broken["status"] == "broken"
    assert DECODER in broken["found"]
    assert "sotto models install damaged" in broken["fix"]
