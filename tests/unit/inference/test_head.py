from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.inference.embeddings import Table
from sidecar.inference.head import MOST, sharpen

Floats = npt.NDArray[np.float32]

N_TOKENS, WIDTH = 2000, 64
ROUGHNESS = 0.1  # of the spread of all logits: what rounding to 4 bits does


@pytest.fixture(scope="module")
def rows() -> Floats:
    drawn = np.random.default_rng(1).normal(0, 0.05, (N_TOKENS, WIDTH))
    return drawn.astype(np.float16).astype(np.float32)


@pytest.fixture(scope="module")
def table(rows: Floats, tmp_path_factory: pytest.TempPathFactory) -> Table:
    path = tmp_path_factory.mktemp("table") / "embeddings.npy"
    np.save(path, rows.astype(np.float16))
    return Table(path, WIDTH, N_TOKENS)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_token_that_is_next_is_found_behind_a_rough_layer(
    rows: Floats, table: Table, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    hidden = rng.normal(0, 3, WIDTH).astype(np.float32)
    exact = rows @ hidden
    logits = exact + rng.normal(0, ROUGHNESS * exact.std(), N_TOKENS).astype(np.float32)
    rough = logits.copy()

    sharpen(logits, hidden, table)

    changed = logits != rough
    assert logits.argmax() == exact.argmax()
    np.testing.assert_allclose(logits[changed], exact[changed], rtol=1e-4, atol=1e-4)
    assert 1 <= changed.sum() < N_TOKENS / 20


def test_where_all_are_as_likely_not_all_are_computed_again(table: Table) -> None:
    logits = np.ones(N_TOKENS, np.float32)

    sharpen(logits, np.zeros(WIDTH, np.float32), table)

    assert (logits == 0).sum() == MOST
    assert (logits == 1).sum() == N_TOKENS - MOST
