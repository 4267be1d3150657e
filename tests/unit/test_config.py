from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.config import ConfigError, Settings, settings_from_environment, settings_from_parent

# A key of ZeroMQ's manual. Tests are named after it: a fresh one would name them anew in
# every process.
KEY = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
ROOT = str(Path("/").resolve())  # absolute on every system


def line(**given: object) -> bytes:
    return json.dumps({"public_key": KEY, **given}).encode() + b"\n"


def test_the_parent_wins_over_the_environment() -> None:
    environment = {"SOTTO_ENGINE": "one", "SOTTO_LOG_LEVEL": "debug", "PATH": "/bin"}

    settings = settings_from_parent(line(engine="two", publish=False), environment)

    assert settings == Settings(owner_key=KEY, engine="two", log_level="debug", publish=False)


def test_models_may_come_from_elsewhere() -> None:
    path = str(Path(ROOT) / "models.toml")
    environment = {"SOTTO_MODEL_SOURCE": "hf-mirror", "SOTTO_MODEL_CATALOGUE": path}

    settings = settings_from_environment(environment)

    assert settings == Settings(model_source="hf-mirror", model_catalogue=Path(path))


def test_empty_variables_count_as_absent() -> None:
    assert settings_from_environment({"SOTTO_ENGINE": ""}) == Settings()


def test_what_a_newer_parent_sends_more_is_left_out() -> None:
    assert settings_from_parent(line(colour="red"), {}) == Settings(owner_key=KEY)


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        (b"", "one JSON object"),
        (b"[]", "one JSON object"),
        (b"\xff", "one JSON object"),
        (b"[" * 100_000, "one JSON object"),
        (b"{}", "no public_key"),
        (line(public_key="short"), "public_key"),
        (line(public_key=7), "public_key"),
        (line(engine="No Such"), "engine"),
        (line(log_level="loud"), "debug, info, warning, error"),
        (line(transport="pigeon"), "auto, ipc, tcp"),
        (line(publish="yes"), "true or false"),
        (line(data_dir="relative"), "absolute path"),
        (line(data_dir=""), "not empty"),
        (line(model_catalogue="models.toml"), "absolute path"),
        (line(model_source=7), "not empty"),
        (line(keep_finished_days="a week"), "keep_finished_days must be a number"),
        (line(keep_interrupted_days=True), "must be a number"),
        (line(keep_interrupted_days=None), "must be a number"),
        (line(keep_interrupted_days=-1), "from 0 to 1000000"),
        (line(keep_interrupted_days=float("nan")), "from 0 to"),
        (line(keep_max_mb=10**400), "must be a number"),
        (line(keep_max_mb=10**7), "from 0 to"),
    ],
)
def test_a_bad_line_is_refused_with_a_sentence(bad: bytes, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        settings_from_parent(bad, {})


@given(st.binary(max_size=200))
def test_no_line_can_do_more_than_be_refused(line: bytes) -> None:
    with pytest.raises(ConfigError):
        settings_from_parent(line, {})


def test_folders_come_as_paths() -> None:
    settings = settings_from_environment({"SOTTO_RUNTIME_DIR": ROOT, "SOTTO_DATA_DIR": ROOT})

    assert (settings.runtime_dir, settings.data_dir) == (Path(ROOT), Path(ROOT))


def test_how_long_recordings_are_kept_comes_as_text_or_as_a_number() -> None:
    environment = {"SOTTO_KEEP_FINISHED_DAYS": "0.5", "SOTTO_KEEP_MAX_MB": "100"}

    settings = settings_from_parent(line(keep_max_mb=200), environment)

    assert (settings.keep_finished_days, settings.keep_max_mb) == (0.5, 200.0)
    assert settings.keep_interrupted_days == 30.0
    with pytest.raises(ConfigError, match="keep_interrupted_days must be a number"):
        settings_from_environment({"SOTTO_KEEP_INTERRUPTED_DAYS": "a month"})
