from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sidecar.convert.quantise import INT4_BLOCK, int4_weights, int8_weights

Floats = npt.NDArray[np.float32]

weights = st.tuples(st.integers(1, 4), st.integers(1, 70)).flatmap(
    lambda shape: arrays(np.float32, shape, elements=st.floats(-1e3, 1e3, width=32))
)


def unpacked(packed: npt.NDArray[np.uint8]) -> Floats:
    """Both halves of each byte in the last axis, as numbers."""
    halves = np.stack([packed & 15, packed >> 4], axis=-1)
    return halves.reshape(*packed.shape[:-1], -1).astype(np.float32)


@given(weights)
def test_eight_bits_are_off_by_half_a_step_at_most(weight: Floats) -> None:
    integers, scales = int8_weights(weight)

    error = np.abs(integers * scales[:, np.newaxis] - weight)

    assert (error <= scales[:, np.newaxis] * 0.501).all()
    assert (scales <= np.maximum(np.abs(weight).max(axis=1) / 63, 1e-9)).all()


@given(weights)
def test_no_neighbouring_products_overflow_sixteen_bits(weight: Floats) -> None:
    integers, _ = int8_weights(weight)

    even = integers[:, : integers.shape[1] // 2 * 2].astype(np.int32)
    for activations in ((255, 255), (255, 0), (0, 255)):
        sums = even[:, 0::2] * activations[0] + even[:, 1::2] * activations[1]
        assert (np.abs(sums) <= 32_767).all()


def test_most_channels_get_more_than_seven_bits() -> None:
    weight = np.random.default_rng(0).normal(size=(256, 1024)).astype(np.float32)

    integers, _ = int8_weights(weight)

    assert np.abs(integers).max(axis=1).mean() > 80


@given(weights)
def test_four_bits_keep_zero_and_are_off_by_little(weight: Floats) -> None:
    packed, scales, zeros = int4_weights(weight)

    levels = unpacked(packed)
    zero = unpacked(zeros)[:, : scales.shape[1], np.newaxis]
    ours = ((levels - zero) * scales[..., np.newaxis]).reshape(len(weight), -1)

    padded = np.pad(weight, ((0, 0), (0, ours.shape[1] - weight.shape[1])))
    blocks = padded.reshape(len(weight), -1, INT4_BLOCK)
    spread = np.maximum(blocks.max(axis=2), 0) - np.minimum(blocks.min(axis=2), 0)
    error = np.abs(ours - padded).reshape(blocks.shape)
    assert (error[blocks == 0] == 0).all()
    assert (error <= spread[..., np.newaxis] / 15 * 1.6 + 1e-6).all()


@pytest.mark.parametrize("quantise", [int8_weights, int4_weights])
def test_zeros_stay_zeros(quantise: Callable[[Floats], tuple[npt.NDArray[Any], ...]]) -> None:
    parts = quantise(np.zeros((2, 64), np.float32))

    assert all(np.isfinite(part).all() for part in parts)
    assert not parts[0].any()
