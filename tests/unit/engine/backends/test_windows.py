from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sidecar.audio.mel import log_mel
from sidecar.engine.backends.windows import Window, Windows
from sidecar.engine.base import Abort
from sidecar.errors import CancelledError
from sidecar.inference.encoder import Encoder, EncoderOptions
from sidecar.model_store.manifest import ENCODER, STEM, Audio
from tests.unit.convert.towers import encode as encode_whole
from tests.unit.engine.backends.machines import Floats, never, sound
from tests.unit.installed import TinyModels


@dataclass
class Counting:
    """An encoder that counts what it computes."""

    encoder: Encoder
    n_chunks: int = 0
    windows: list[int] = field(default_factory=list)

    def stem(self, mel: Floats, abort: Abort) -> Floats:
        self.n_chunks += len(mel)
        return self.encoder.stem(mel, abort)

    def encode(self, windows: Sequence[Floats], abort: Abort) -> list[Floats]:
        self.windows += [len(window) for window in windows]
        return self.encoder.encode(windows, abort)


@pytest.fixture(scope="module")
def folder(tiny_model: TinyModels) -> Path:
    return tiny_model("fp32", "f32")


@pytest.fixture(scope="module")
def whole(folder: Path) -> Encoder:
    """The encoder, which the tests may give as much at once as they like."""
    return Encoder(folder / STEM, folder / ENCODER, EncoderOptions())


@pytest.fixture
def encoder(whole: Encoder) -> Counting:
    return Counting(whole)


def embeds(windows: Sequence[Window]) -> Floats:
    return np.concatenate([window.embeds for window in windows])


def heard_at_once(encoder: Counting, samples: Floats) -> list[Window]:
    windows = Windows(encoder, Audio())
    windows.feed(samples)
    return windows.encode(never)


@pytest.mark.parametrize("seconds", [0.1, 0.77, 3, 7.995, 8, 8.001, 8.01, 17.3])
def test_sound_is_embedded_as_if_all_of_it_were_there(encoder: Counting, seconds: float) -> None:
    samples = sound(seconds)

    windows = heard_at_once(encoder, samples)

    padded = np.pad(samples, (0, max(0, 8_000 - len(samples))))
    np.testing.assert_allclose(
        embeds(windows), encode_whole(encoder.encoder, log_mel(padded)), atol=2e-5
    )


@settings(max_examples=15)
@example(1.72, [0.586], [1.0, 1.0, 1.0])  # cut where a chunk is complete by a few samples
@given(
    st.floats(0.1, 20),
    st.lists(st.floats(0, 1), max_size=6),
    st.lists(st.floats(0.01, 3), min_size=3, max_size=3),
)
def test_when_it_is_asked_for_changes_nothing(
    whole: Encoder, seconds: float, cuts: list[float], loudness: list[float]
) -> None:
    samples = sound(seconds)
    gains = np.interp(np.arange(len(samples)), np.linspace(0, len(samples), 3), loudness)
    samples = (samples * gains).astype(np.float32)
    pieces = np.split(samples, sorted(round(cut * len(samples)) for cut in cuts))

    growing = Windows(whole, Audio())
    for piece in pieces:
        growing.feed(piece)
        windows = growing.encode(never)

    expected = heard_at_once(Counting(whole), samples)
    assert [len(window) for window in windows] == [len(window) for window in expected]
    assert np.array_equal(embeds(windows), embeds(expected))


def test_a_closed_window_is_encoded_once(encoder: Counting) -> None:
    windows = Windows(encoder, Audio())

    first = None
    for second in range(20):
        windows.feed(sound(20)[second * 16_000 : (second + 1) * 16_000])
        found = windows.encode(never)
        if second == 8:
            first = found[0]

    assert found[0] is first
    assert len(found) == 3
    full = [n for n in encoder.windows if n == 104]
    assert len(full) <= 2 + 2, "the last pass before a window closes may see all of it"


def test_a_chunk_passes_the_stem_once_unless_its_floor_changes(encoder: Counting) -> None:
    windows = Windows(encoder, Audio())
    samples = sound(6)  # loudest at first

    for second in range(6):
        windows.feed(samples[second * 16_000 : (second + 1) * 16_000])
        windows.encode(never)

    # The last 2.5 ms of a second are known when the next has begun.
    assert encoder.n_chunks == 6 + 5


def test_louder_sound_changes_what_was_quiet_in_the_open_window_alone(encoder: Counting) -> None:
    quiet, loud = 1e-5 * sound(10), sound(2)
    windows = Windows(encoder, Audio())

    windows.feed(quiet)
    closed, opened = windows.encode(never)
    windows.feed(loud)
    still_closed, changed = windows.encode(never)

    assert still_closed is closed
    n_same = len(opened) - 1
    assert not np.allclose(changed.embeds[:n_same], opened.embeds[:n_same], atol=1e-3)


def test_nothing_new_is_nothing_to_compute(encoder: Counting) -> None:
    windows = Windows(encoder, Audio())
    windows.feed(sound(3))

    once = windows.encode(never)
    n_chunks = encoder.n_chunks
    twice = windows.encode(never)

    assert [a is b for a, b in zip(once, twice, strict=True)] == [True]
    assert encoder.n_chunks == n_chunks


def test_an_interrupted_pass_loses_nothing(encoder: Counting) -> None:
    samples = sound(10)
    windows = Windows(encoder, Audio())
    windows.feed(samples)

    answers = iter([False] * 5 + [True])
    with pytest.raises(CancelledError):
        windows.encode(lambda: next(answers))
    n_chunks = encoder.n_chunks
    found = windows.encode(never)

    assert encoder.n_chunks - n_chunks < 10
    assert np.array_equal(embeds(found), embeds(heard_at_once(encoder, samples)))


def test_silence_is_told_from_the_faintest_speech(encoder: Counting) -> None:
    for samples, silent in (
        (np.empty(0, np.float32), True),
        (np.zeros(1, np.float32), True),
        (np.full(100, 1e-4, np.float32), True),
        (1e-4 * sound(1) / np.abs(sound(1)).max(), True),
        (np.concatenate((np.zeros(48_000, np.float32), 5e-2 * sound(0.2))), False),
    ):
        windows = Windows(encoder, Audio())
        windows.feed(samples.astype(np.float32))
        assert windows.is_silent() is silent
