"""Fixtures for tests that run the command `sotto`."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from sidecar.cli.clip import CLIP


@pytest.fixture(scope="session", autouse=True)
def heed_ctrl_c() -> None:
    """A shell's background job ignores Ctrl-C, and so would all that tests start from it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def heed_hangup() -> None:
    """So for `nohup` and the end of a terminal: what we catch, our children do not ignore."""
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda *_: None)


@pytest.fixture
def run_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders of our own, so that no sidecar of the person who runs the tests is used."""
    monkeypatch.setenv("SOTTO_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("SOTTO_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "run"


@pytest.fixture(scope="session")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The clip's first words, so that most tests need not wait for the rest."""
    path = tmp_path_factory.mktemp("short") / "short.wav"
    samples, rate_hz = sf.read(CLIP, dtype="int16", frames=int(3.7 * 16_000))
    sf.write(path, samples, rate_hz)
    return path


@pytest.fixture(scope="session")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The clip twenty times over: more than four minutes, so that it can be interrupted."""
    path = tmp_path_factory.mktemp("long") / "long.flac"
    samples, rate_hz = sf.read(CLIP, dtype="int16")
    with sf.SoundFile(path, "w", rate_hz, 1) as file:
        for _ in range(20):
            file.write(samples)
    return path


@pytest.fixture(scope="session")
def speech_pcm() -> bytes:
    """Twenty seconds of speech with pauses that end segments."""
    samples, rate_hz = sf.read(CLIP, dtype="int16")
    hush = np.zeros(int(1.2 * rate_hz), np.int16)
    sentence = np.concatenate((samples[: 4 * rate_hz], hush))
    return np.concatenate((sentence, sentence, sentence, sentence)).tobytes()
