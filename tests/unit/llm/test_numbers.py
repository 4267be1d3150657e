from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.llm.numbers import numerals, same_numbers, without_repeats


def same(ours: str, theirs: str) -> bool:
    return same_numbers(numerals(ours), numerals(theirs))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("three", "3"),
        ("twenty five", "25"),
        ("twenty-first", "21st"),
        ("two thousand and twenty six", "2026"),
        ("twenty twenty six", "2026"),
        ("nineteen hundred", "1900"),
        ("one hundred and five thousand", "105,000"),
        ("a hundred", "100"),
        ("three point one four", "3.14"),
        ("one point five million", "1.5 million"),
        ("1.5 million", "1,500,000"),
        ("five five five one two", "555-12"),
        ("three thirty", "3:30"),
        ("zero seven", "07"),
        ("fifty percent", "50%"),
        ("version one point two point three", "version 1.2.3"),
        ("二十五", "25"),
        ("三百零五", "305"),
        ("一百二", "120"),
        ("一百二十", "120"),
        ("两万五千", "25000"),
        ("三千五百万", "35000000"),
        ("3万", "三万"),
        ("一点五亿", "1.5亿"),
        ("二零二六年", "2026年"),
        ("二〇二六年", "2026年"),
        ("百分之五十", "50%"),
        ("三点五", "3.5"),
        ("三点半", "3:30"),
        ("三点十五", "3:15"),
        ("十二", "12"),
        ("٣٤", "34"),
        ("this one", "this"),
        ("the first", "the 1st"),
        ("一下", "下"),
        ("兩萬", "20000"),
    ],
)
def test_a_number_is_the_same_however_it_is_written(ours: str, theirs: str) -> None:
    assert same(ours, theirs)
    assert same(theirs, ours)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("three", "4"),
        ("three", ""),
        ("", "3"),
        ("3.5", "35"),
        ("three point five", "35"),
        ("from 5 to 10", "from 10 to 5"),
        ("一百二", "102"),
        ("三十", "13"),
        ("十点半", "10点"),
        ("five and five", "5"),
        ("fifteen", "50"),
    ],
)
def test_another_number_is_another_one(ours: str, theirs: str) -> None:
    assert not same(ours, theirs)


def test_a_number_that_was_said_twice_in_a_row_need_stand_but_once() -> None:
    stuttered = "at five uh five o'clock"

    assert same_numbers(without_repeats(numerals(stuttered), stuttered), numerals("at 5"))


@given(st.integers(0, 10**12))
def test_digits_are_their_number(number: int) -> None:
    assert same(f"{number:,}", str(number))
    assert not same(str(number), str(number + 1))


@given(st.text())
def test_every_text_has_the_numbers_that_it_has(text: str) -> None:
    found = numerals(text)

    assert same_numbers(found, found)
    assert all(each.digits and 0 <= each.start < each.end <= len(text) for each in found)
