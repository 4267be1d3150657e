from __future__ import annotations

import pytest

from sidecar.stabilizer.agreement import LocalAgreement, Tail
from sidecar.stabilizer.placing import place
from tests.unit.stabilizer.recogniser import hear


def tails(*texts: str, interval_s: float = 1.0) -> list[Tail]:
    return [Tail(place(hear(text), 0, 99), (i + 1) * interval_s) for i, text in enumerate(texts)]


def test_one_pass_settles_nothing() -> None:
    assert LocalAgreement()(tails("the cat")) == 0


def test_two_passes_settle_what_they_begin_with_in_common() -> None:
    assert LocalAgreement()(tails("the cat sad", "the cat sat on")) == 2


def test_only_the_last_passes_count() -> None:
    assert LocalAgreement()(tails("a dog", "the cat sat", "the cat sat")) == 3


def test_capitals_and_commas_are_no_disagreement() -> None:
    assert LocalAgreement()(tails("well hello", "Well, hello!")) == 2


def test_three_passes_must_agree_where_three_are_asked_for() -> None:
    agreement = LocalAgreement(3)

    assert agreement(tails("the cat", "the cat")) == 0
    assert agreement(tails("the cut", "the cat", "the cat")) == 1


def test_passes_close_to_each_other_need_one_more_witness() -> None:
    agreement = LocalAgreement()

    assert agreement(tails("the cat", "the cat", interval_s=0.3)) == 0
    assert agreement(tails("the cat", "the cat", "the cat", interval_s=0.3)) == 2


@pytest.mark.parametrize("n", [1, 8])
def test_one_pass_cannot_agree_nor_can_more_than_are_remembered(n: int) -> None:
    with pytest.raises(ValueError, match="from 2 to 7"):
        LocalAgreement(n)
