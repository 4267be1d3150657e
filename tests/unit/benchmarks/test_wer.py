from __future__ import annotations

import pytest

from benchmarks._wer import Errors, errors

pytest.importorskip("jiwer", reason="the benchmarks' requirements are not installed")


def test_english_is_compared_as_it_sounds() -> None:
    assert errors("Well, it's twenty dogs.", "well it is 20 dogs", "en") == Errors(0, 5)
    assert errors("The cat sat down.", "the cap sat", "en") == Errors(2, 4)


def test_chinese_is_compared_by_the_character() -> None:
    assert errors("我很好。", "我狠好", "zh") == Errors(1, 3)


def test_mixed_languages_are_compared_by_character_and_word() -> None:
    assert errors("我用 Python 写", "我用 python 写", "zh+en") == Errors(0, 4)


def test_whatever_is_heard_where_nothing_is_said_is_an_error() -> None:
    assert errors("", "thank you", "en") == Errors(2, 0)


def test_errors_add_up_over_recordings() -> None:
    total = sum([Errors(1, 10), Errors(2, 5)], Errors())

    assert total.rate == pytest.approx(0.2)
    assert Errors().rate == 0.0
