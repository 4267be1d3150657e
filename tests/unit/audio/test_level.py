from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sidecar.audio.level import LevelMeter


def test_a_full_scale_sine_peaks_at_1_with_an_rms_of_its_square_root_of_a_half() -> None:
    sine = np.sin(2 * np.pi * np.arange(512) / 64).astype(np.float32)

    peak, rms = LevelMeter().push(sine)

    np.testing.assert_allclose(peak, [1.0], atol=1e-6)
    np.testing.assert_allclose(rms, [np.sqrt(0.5)], atol=1e-6)


def test_each_bin_is_measured_alone_and_the_last_may_be_shorter() -> None:
    meter = LevelMeter(bin_samples=4)

    peak, rms = meter.push(np.array([0, 0, 0, -0.5, 1, 1, 1, 1, 0.25], np.float32))
    last_peak, last_rms = meter.flush()

    assert peak.tolist() == [0.5, 1.0]
    assert rms.tolist() == [0.25, 1.0]
    assert (last_peak.tolist(), last_rms.tolist()) == ([0.25], [0.25])


def test_a_flushed_meter_starts_anew() -> None:
    meter = LevelMeter(bin_samples=4)
    meter.push(np.ones(3, np.float32))
    meter.flush()

    peak, _ = meter.push(np.zeros(4, np.float32))

    assert peak.tolist() == [0.0]
    assert meter.flush()[0].tolist() == []


def test_what_overshoots_full_scale_is_shown_as_full_scale() -> None:
    peak, rms = LevelMeter(bin_samples=4).push(np.full(4, 1.01, np.float32))

    assert (peak.tolist(), rms.tolist()) == ([1.0], [1.0])


@given(st.lists(st.integers(0, 5_000), max_size=10))
def test_how_audio_is_cut_into_pieces_changes_no_bin(places: list[int]) -> None:
    samples = np.random.default_rng(4).uniform(-1, 1, 5_000).astype(np.float32)
    whole = LevelMeter()
    expected = np.concatenate((whole.push(samples), whole.flush()), axis=1)

    pieced = LevelMeter()
    heard = [pieced.push(piece) for piece in np.split(samples, sorted(places))]

    np.testing.assert_array_equal(np.concatenate((*heard, pieced.flush()), axis=1), expected)
