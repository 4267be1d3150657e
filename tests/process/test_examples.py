"""The examples do what they say, run as a reader would run them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import PATIENCE_S

CHECKOUT = Path(__file__).parents[2]
EXAMPLES = CHECKOUT / "examples"
CLIP = CHECKOUT / "sidecar" / "cli" / "data" / "demo.flac"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Folders of our own, so that no sidecar of the person who runs the tests is used."""
    (tmp_path / "run").mkdir(mode=0o700)
    return os.environ | {"XDG_RUNTIME_DIR": str(tmp_path / "run"), "XDG_DATA_HOME": str(tmp_path)}


def minimal_client(environment: dict[str, str], *files: str) -> subprocess.CompletedProcess[str]:
    return example("minimal_client.py", environment, *files)


def live_client(environment: dict[str, str], *files: str) -> subprocess.CompletedProcess[str]:
    return example("live_client.py", environment, *files)


def example(
    name: str, environment: dict[str, str], *files: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(EXAMPLES / name), *files],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=4 * PATIENCE_S,
    )


def test_the_minimal_client_transcribes_a_recording_with_a_sidecar_of_its_own(
    environment: dict[str, str],
) -> None:
    ended = minimal_client(environment, str(CLIP))

    assert ended.returncode == 0, ended.stderr
    assert "hello this voice was made by a computer" in ended.stdout
    assert "s of audio in" in ended.stdout


def test_the_minimal_client_says_what_is_wrong_with_a_file(
    environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "no.wav").write_bytes(b"this is not audio")

    bad = minimal_client(environment, str(tmp_path / "no.wav"))
    missing = minimal_client(environment, str(tmp_path / "missing.wav"))

    assert bad.returncode == missing.returncode == 1
    assert "Traceback" not in bad.stderr + missing.stderr
    assert "No such file" in missing.stderr


def test_the_live_client_dictates_a_recording(environment: dict[str, str]) -> None:
    ended = live_client(environment, str(CLIP))

    assert ended.returncode == 0, ended.stderr
    assert "hello this voice was made by a computer" in ended.stdout
    assert "13.2 s of audio in" in ended.stdout


def test_the_live_client_says_what_is_wrong_with_a_file(
    environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "no.wav").write_bytes(b"this is not audio")

    bad = live_client(environment, str(tmp_path / "no.wav"))
    missing = live_client(environment)

    assert bad.returncode == missing.returncode == 1
    assert "Format not recognised" in bad.stderr
    assert "live_client.py speech.wav" in missing.stderr
    assert "Traceback" not in bad.stderr + missing.stderr
