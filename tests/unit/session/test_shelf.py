from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.session.shelf import Shelf


@given(st.lists(st.integers(0, 50), max_size=20), st.randoms())
def test_what_was_put_comes_back_in_any_order(lengths: list[int], random: Random) -> None:
    with closing(Shelf(most_held=60)) as shelf:
        pieces = [np.full(n, i, np.float32) for i, n in enumerate(lengths)]
        waiting = [(piece, shelf.put(piece)) for piece in pieces]

        random.shuffle(waiting)

        for piece, take in waiting:
            np.testing.assert_array_equal(take(), piece)


def test_only_so_much_is_held_in_memory_and_room_is_used_again() -> None:
    shelf = Shelf(most_held=100)
    pieces = [np.full(60, i, np.float32) for i in range(4)]

    takes = [shelf.put(piece) for piece in pieces]
    held = [take() is piece for take, piece in zip(takes, pieces, strict=True)]
    again = shelf.put(pieces[0])() is pieces[0]
    shelf.close()

    assert held == [True, False, False, False]
    assert again


def test_the_file_shrinks_when_all_is_taken() -> None:
    shelf = Shelf(most_held=0)
    for take in [shelf.put(np.ones(1000, np.float32)) for _ in range(3)]:
        take()

    assert shelf._file is not None
    assert shelf._file.seek(0, 2) == 0
    shelf.close()


def test_a_disk_that_takes_nothing_costs_memory_but_no_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    shelf = Shelf(most_held=0)
    piece = np.ones(1000, np.float32)

    assert shelf.put(piece)() is piece
    shelf.close()
