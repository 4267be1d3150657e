from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from sidecar.cli.clip import CLIP
from sidecar.cli.sources import CHUNK_MS, FileSource, pcm_of
from sidecar.domain import SAMPLE_RATE_HZ
from sidecar.errors import BadAudioError

CHUNK_BYTES = 2 * SAMPLE_RATE_HZ * CHUNK_MS // 1000


async def chunks(source: FileSource) -> list[bytes]:
    return [pcm async for pcm in source.chunks()]


async def test_a_file_comes_in_chunks_that_are_the_whole_file() -> None:
    samples, _ = sf.read(CLIP, dtype="int16")

    got = await chunks(FileSource(CLIP, pace=None))

    assert {len(pcm) for pcm in got[:-1]} == {CHUNK_BYTES}
    assert b"".join(got) == samples.tobytes()


async def test_another_rate_and_more_channels_become_what_engines_hear(tmp_path: Path) -> None:
    sf.write(tmp_path / "stereo.wav", np.zeros((44_100, 2)), 44_100)

    got = await chunks(FileSource(tmp_path / "stereo.wav", pace=None))

    assert len(b"".join(got)) == pytest.approx(2 * SAMPLE_RATE_HZ, rel=0.01)


async def test_a_chunk_comes_no_earlier_than_it_could_have_been_spoken(short: Path) -> None:
    pace = 4.0
    began_s = time.monotonic()

    arrivals_s = [time.monotonic() - began_s async for _ in FileSource(short, pace).chunks()]

    due_s = [(n + 1) * CHUNK_MS / 1000 / pace for n in range(len(arrivals_s))]
    assert all(at_s >= due for at_s, due in zip(arrivals_s, due_s, strict=True))


async def test_what_is_not_audio_is_refused(tmp_path: Path) -> None:
    (tmp_path / "noise.wav").write_bytes(b"this is not sound" * 100)

    with pytest.raises(BadAudioError):
        await chunks(FileSource(tmp_path / "noise.wav"))


def test_full_scale_does_not_wrap_around() -> None:
    samples = np.array([-1.5, -1.0, 0.0, 0.5, 1.0], np.float32)

    assert np.frombuffer(pcm_of(samples), "<i2").tolist() == [-32768, -32768, 0, 16384, 32767]


@pytest.fixture
def short(tmp_path: Path) -> Path:
    samples, rate_hz = sf.read(CLIP, dtype="int16", frames=SAMPLE_RATE_HZ)
    sf.write(tmp_path / "short.wav", samples, rate_hz)
    return tmp_path / "short.wav"
