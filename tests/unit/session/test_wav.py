from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from hypothesis import given
from hypothesis import strategies as st

from sidecar.audio.files import open_audio
from sidecar.audio.kinds import identify
from sidecar.domain import Samples
from sidecar.session.wav import HEADER_BYTES, header, rate_of

FOUR_GIB = 1 << 32
PCM = np.random.default_rng(7).integers(-9000, 9000, 40_001).astype("<i2")
PRINTABLE = np.full(1000, int.from_bytes(b"AB", "little"), "<i2")  # as the name of a chunk is


def heard(content: bytes) -> Samples:
    with open_audio(content) as file:
        return np.concatenate(list(file.blocks()))


def as_floats(pcm: np.typing.NDArray[np.int16]) -> Samples:
    return np.asarray(pcm / 32_768, np.float32)


def sparse(path: Path, pcm_bytes: int, said_bytes: int | None) -> Path:
    with path.open("wb") as file:
        file.write(header(16_000, said_bytes))
        file.truncate(HEADER_BYTES + pcm_bytes)
    return path


@pytest.mark.parametrize("pcm", [PCM, PRINTABLE], ids=["noise", "printable"])
@pytest.mark.parametrize("half_a_sample", [b"", b"\x01"])
def test_a_file_that_was_never_finished_is_heard_to_its_last_sample(
    pcm: np.typing.NDArray[np.int16], half_a_sample: bytes
) -> None:
    samples = heard(header(16_000, None) + pcm.tobytes() + half_a_sample)

    assert np.array_equal(samples, as_floats(pcm))


def test_a_finished_file_says_its_length() -> None:
    content = header(16_000, 2 * len(PCM)) + PCM.tobytes()

    with sf.SoundFile(io.BytesIO(content)) as file:
        assert (file.frames, file.samplerate, file.subtype) == (len(PCM), 16_000, "PCM_16")
    assert np.array_equal(heard(content), as_floats(PCM))


@pytest.mark.parametrize("pcm_bytes", [FOUR_GIB - HEADER_BYTES, FOUR_GIB + 32_000])
def test_a_finished_file_of_more_than_four_gib_says_its_length(
    tmp_path: Path, pcm_bytes: int
) -> None:
    path = sparse(tmp_path / "long.wav", pcm_bytes, pcm_bytes)

    with sf.SoundFile(path) as file:
        assert file.frames == pcm_bytes // 2


def test_beyond_four_gib_the_length_of_an_unfinished_file_is_taken_from_the_file(
    tmp_path: Path,
) -> None:
    path = sparse(tmp_path / "long.wav", FOUR_GIB + 32_000, None)
    with path.open("r+b") as file:  # what could be taken for the chunk after the samples
        file.seek(HEADER_BYTES + FOUR_GIB)
        file.write(b"LIST\x00\x01\x00\x00")

    with path.open("rb") as file:
        assert identify(file).size_unknown


@given(st.integers(1, 2**32 - 1), st.one_of(st.none(), st.integers(0, 1 << 40)))
def test_every_header_says_its_rate(rate_hz: int, pcm_bytes: int | None) -> None:
    head = header(rate_hz, pcm_bytes)

    assert len(head) == HEADER_BYTES
    assert rate_of(head) == rate_hz


@given(st.binary(max_size=200), st.integers(0, HEADER_BYTES - 1))
def test_what_we_did_not_write_has_no_rate(foreign: bytes, cut_at: int) -> None:
    assert rate_of(foreign) is None
    assert rate_of(header(16_000, None)[:cut_at]) is None
