"""Recordings are joined as they were said, to the sample."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from sidecar.errors import BadAudioError, NoSessionError
from sidecar.history.sound import join
from sidecar.session.wav import HEADER_BYTES, header


def recording(folder: Path, name: str, pcm: bytes, rate_hz: int = 16_000) -> Path:
    """As the journal has one that broke off."""
    path = folder / name
    path.write_bytes(header(rate_hz, None) + pcm)
    return path


def noise(n_samples: int, seed: int) -> bytes:
    samples = np.random.default_rng(seed).integers(-(2**15), 2**15, n_samples, np.int16)
    return samples.tobytes()


def test_recordings_follow_one_another(tmp_path: Path) -> None:
    one, other = noise(700_000, 1), noise(3, 2)
    sources = [(recording(tmp_path, "1", one), None), (recording(tmp_path, "2", other), None)]

    name = join(sources, tmp_path)

    content = (tmp_path / name).read_bytes()
    assert content[HEADER_BYTES:] == one + other
    assert content[:HEADER_BYTES] == header(16_000, len(one + other))
    assert (tmp_path / name).stat().st_mode & 0o077 == 0
    assert sf.info(tmp_path / name).frames == 700_003


@pytest.mark.parametrize(("end_ms", "n_samples"), [(0, 0), (1, 44), (999, 44_055), (5000, 88_200)])
def test_a_recording_is_cut(tmp_path: Path, end_ms: int, n_samples: int) -> None:
    pcm = noise(88_200, 1)

    name = join([(recording(tmp_path, "1", pcm, 44_100), end_ms)], tmp_path)

    assert (tmp_path / name).read_bytes()[HEADER_BYTES:] == pcm[: 2 * n_samples]


def test_half_a_sample_at_the_end_is_left_out(tmp_path: Path) -> None:
    sources = [(recording(tmp_path, name, b"\1\0\2"), None) for name in ("1", "2")]

    assert (tmp_path / join(sources, tmp_path)).read_bytes()[HEADER_BYTES:] == b"\1\0\1\0"


def test_recordings_of_different_rates_become_one_of_16_khz(tmp_path: Path) -> None:
    def tone(rate_hz: int) -> bytes:
        at_s = np.arange(rate_hz) / rate_hz
        return (20_000 * np.sin(2 * np.pi * 440 * at_s)).astype("<i2").tobytes()

    sources = [
        (recording(tmp_path, "1", tone(48_000), 48_000), 500),
        (recording(tmp_path, "2", tone(16_000)), None),
    ]

    samples, rate_hz = sf.read(tmp_path / join(sources, tmp_path), dtype="int16")

    assert (rate_hz, len(samples)) == (16_000, 24_000)
    wanted = np.frombuffer(tone(16_000), "<i2").astype(float)
    assert np.abs(samples[200:7800] - wanted[200:7800]).max() < 100
    assert samples[8000:].tobytes() == wanted.astype("<i2").tobytes()


def test_what_is_no_recording_is_refused(tmp_path: Path) -> None:
    (tmp_path / "1").write_bytes(b"RIFF")

    with pytest.raises(BadAudioError):
        join([(tmp_path / "1", None)], tmp_path)
    with pytest.raises(NoSessionError):
        join([(tmp_path / "2", None)], tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["1"]
