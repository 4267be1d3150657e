from __future__ import annotations

from itertools import count
from pathlib import Path

import numpy as np
import pytest

from sidecar.errors import CancelledError, LoadFailedError
from sidecar.inference.encoder import Encoder, EncoderOptions
from sidecar.inference.session import Provider, SessionOptions
from tests.unit.convert.towers import chunks, encode, log_mel, open_tower, windows, write_tower
from tests.unit.models import tiny_asr


def never() -> bool:
    return False


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tower")
    write_tower(tiny_asr(), folder, "fp32")
    return folder


@pytest.fixture(scope="module")
def encoder(folder: Path) -> Encoder:
    return open_tower(folder)


@pytest.mark.parametrize("at_once", [1, 3, 64])
def test_a_batch_encodes_what_each_of_it_would_alone(
    folder: Path, encoder: Encoder, at_once: int
) -> None:
    mel = log_mel(17.3)
    options = EncoderOptions(chunks_at_once=at_once, windows_at_once=at_once)

    batched = encode(open_tower(folder, options), mel)

    np.testing.assert_allclose(batched, encode(encoder, mel), atol=1e-6)


def test_windows_of_any_lengths_come_back_in_their_order(encoder: Encoder) -> None:
    frames = encoder.stem(chunks(log_mel(8)), never).reshape(104, -1)
    cut = [frames[:n] for n in (104, 1, 60, 7, 104, 13)]

    embeds = encoder.encode(cut, never)

    alone = [encoder.encode([window], never)[0] for window in cut]
    assert [len(e) for e in embeds] == [len(window) for window in cut]
    assert all(np.allclose(a, b, atol=1e-6) for a, b in zip(embeds, alone, strict=True))


def test_a_window_hears_nothing_of_the_others(encoder: Encoder) -> None:
    mel, other = log_mel(20), log_mel(20, seed=2)
    other[:, 800:1600] = mel[:, 800:1600]

    ours = encode(encoder, mel)
    theirs = encode(encoder, other)

    np.testing.assert_allclose(ours[104:208], theirs[104:208], atol=1e-6)
    assert not np.allclose(ours[:104], theirs[:104], atol=0.01)


def test_no_audio_gives_no_embeddings(encoder: Encoder) -> None:
    assert encoder.stem(np.empty((0, 128, 100), np.float32), never).shape == (0, 13, 64)
    assert encoder.encode([], never) == []


@pytest.mark.parametrize("asked", [1, 2, 5])
def test_encoding_stops_before_the_batch_at_which_it_is_told_to(folder: Path, asked: int) -> None:
    encoder = open_tower(folder, EncoderOptions(chunks_at_once=1, windows_at_once=1))
    mel = log_mel(41)
    frames = encoder.stem(chunks(mel), never)
    for work in (
        lambda abort: encoder.stem(chunks(mel), abort),
        lambda abort: encoder.encode(windows(frames, mel.shape[1]), abort),
    ):
        asking = count(1)

        with pytest.raises(CancelledError):
            work(lambda times=asking: next(times) == asked)

        assert next(asking) == asked + 1


@pytest.mark.parametrize("name", ["stem.onnx", "encoder.onnx", "encoder.onnx.data"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    write_tower(tiny_asr(), tmp_path, "fp32")
    (tmp_path / name).unlink()

    with pytest.raises(LoadFailedError, match="Install the model again") as failure:
        open_tower(tmp_path)

    assert failure.value.detail in (name, name.removesuffix(".data"))


@pytest.mark.parametrize("name", ["stem.onnx", "encoder.onnx", "stem.onnx.data"])
def test_a_truncated_file_is_named(tmp_path: Path, name: str) -> None:
    write_tower(tiny_asr(), tmp_path, "fp32")
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: len(whole) // 2])

    with pytest.raises(LoadFailedError, match="damaged") as failure:
        open_tower(tmp_path)

    assert failure.value.detail in (name, name.removesuffix(".data"))


def test_a_processor_that_is_not_here_is_passed_over(folder: Path) -> None:
    others = (Provider.CUDA, Provider.DIRECTML, Provider.COREML)
    wished = EncoderOptions(session=SessionOptions(providers=others))

    encoder = open_tower(folder, wished)

    assert encoder.provider_used is Provider.CPU
    assert encode(encoder, log_mel(1)).shape == (13, 96)
