from __future__ import annotations

import pytest

from sidecar.testing import ManualClock


def test_a_manual_clock_moves_only_when_told_and_never_back() -> None:
    clock = ManualClock()
    before = clock.now_s()
    clock.advance(2.5)
    after = clock.now_s()

    assert (before, after) == (0.0, 2.5)
    with pytest.raises(ValueError, match="does not go back"):
        clock.advance(-1.0)
