from __future__ import annotations

import pytest

from sidecar.stabilizer.cuts import best_cut_s
from sidecar.stabilizer.placing import place
from tests.unit.stabilizer.recogniser import hear

TEXT = "so it is. and then we all went home again"  # a word each half second, 0.1 s apart
COMMITTED = place(hear(TEXT), 0.0, 9.0)


def test_the_last_silence_in_the_committed_audio_is_the_best_place() -> None:
    silences = [(0.9, 1.1), (2.0, 2.3), (2.4, 2.5), (4.8, 5.5)]

    assert best_cut_s(COMMITTED, silences, 0.0) == pytest.approx(2.15)


def test_else_it_is_the_end_of_a_sentence() -> None:
    assert best_cut_s(COMMITTED, [], 0.0) == pytest.approx(1.45)


def test_else_it_is_a_word_that_leaves_some_committed_ones_to_find_the_seam_by() -> None:
    assert best_cut_s(COMMITTED, [], after_s=2.0) == pytest.approx(2.95)


def test_a_cut_that_frees_too_little_is_none() -> None:
    assert best_cut_s(COMMITTED, [(2.0, 2.3)], after_s=3.0) is None


def test_audio_whose_text_is_not_committed_is_never_cut() -> None:
    silence = (0.9, 1.2)

    assert best_cut_s((), [silence], 0.0) is None
    assert best_cut_s(COMMITTED[:2], [silence], 0.0) is None
    assert best_cut_s(COMMITTED[:3], [silence], 0.0) == pytest.approx(1.05)


def test_estimated_times_are_not_good_enough_for_a_cut() -> None:
    estimated = place(hear(TEXT, timed=False), 0.0, 9.0)

    assert best_cut_s(estimated, [(0.9, 1.2)], 0.0) is None
