from __future__ import annotations

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.audio.resample import Resampler
from sidecar.domain import Samples

RATES_HZ = [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000, 7_919]


def noise(n: int) -> Samples:
    return np.random.default_rng(n).uniform(-1, 1, n).astype(np.float32)


def resampled(rate_hz: int, pieces: list[Samples]) -> Samples:
    resampler = Resampler(rate_hz)
    pushed = [resampler.push(piece) for piece in pieces]
    return np.concatenate([*pushed, resampler.flush()])


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(RATES_HZ),
    st.integers(0, 30_000),
    st.lists(st.integers(0, 30_000), max_size=20),
)
def test_how_audio_is_cut_into_pieces_changes_no_sample(
    rate_hz: int, n: int, places: list[int]
) -> None:
    samples = noise(n)

    pieced = resampled(rate_hz, np.split(samples, sorted(min(place, n) for place in places)))

    np.testing.assert_allclose(pieced, resampled(rate_hz, [samples]), atol=1e-6)
    assert len(pieced) == pytest.approx(n * 16_000 / rate_hz, abs=1)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_pieces_give_what_the_library_gives_at_once(rate_hz: int) -> None:
    samples = noise(50_000)

    pieced = resampled(rate_hz, np.array_split(samples, 77))

    np.testing.assert_allclose(pieced, soxr.resample(samples, rate_hz, 16_000), atol=1e-6)


def test_audio_at_16_khz_passes_untouched() -> None:
    samples = noise(1_000)

    np.testing.assert_array_equal(resampled(16_000, [samples]), samples)


def test_a_tone_above_8_khz_is_removed_and_not_folded_down() -> None:
    tone = np.sin(2 * np.pi * 12_000 * np.arange(48_000) / 48_000).astype(np.float32)

    heard = resampled(48_000, [tone])

    assert np.abs(heard[1_000:-1_000]).max() < 1e-4
