from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.text.units import is_character, split_units, unit_key

LETTERS = "ab é我用写ガあ한국สวัสดีครับပြី,。.!「（( -'’3Ｐ\n"  # noqa: RUF001


def test_words_are_units_where_they_are_written_apart() -> None:
    assert split_units("Very, very good!") == ("Very,", " very", " good!")


def test_korean_is_cut_at_its_spaces() -> None:
    assert split_units("안녕 하세요.") == ("안녕", " 하세요.")


def test_characters_are_units_in_scripts_without_spaces() -> None:
    assert split_units("你好世界") == ("你", "好", "世", "界")
    assert split_units("ガ行です") == ("ガ", "行", "で", "す")


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("น้ำดี", ("น้ำ", "ดี")),
        ("ດີ", ("ດີ",)),
        ("မြန်မာ", ("မြ", "န်", "မာ")),
        ("ភាសា", ("ភា", "សា")),
    ],
)
def test_marks_stay_with_the_letter_they_are_on(text: str, units: tuple[str, ...]) -> None:
    assert split_units(text) == units


def test_letters_and_digits_between_characters_are_one_unit() -> None:
    assert split_units("我用Python3写") == ("我", "用", "Python3", "写")
    assert split_units("我用 Python3 写") == ("我", "用", " Python3", " 写")


def test_full_width_letters_are_a_word_too() -> None:
    units = split_units("用ＡＢＣ写")

    assert [unit_key(unit) for unit in units] == ["用", "abc", "写"]


def test_punctuation_makes_no_unit_of_its_own() -> None:
    assert split_units("你好，world。好") == ("你", "好，", "world。", "好")  # noqa: RUF001
    assert split_units("yes - no (maybe)") == ("yes -", " no", " (maybe)")
    assert split_units("他说「好」吗") == ("他", "说", "「好」", "吗")


def test_text_without_any_letter_is_one_unit_without_a_key() -> None:
    assert split_units(" ... ") == (" ... ",)
    assert unit_key(" ... ") == ""


def test_nothing_is_no_unit() -> None:
    assert split_units("") == ()


def test_the_same_word_is_the_same_in_capitals_and_before_a_comma() -> None:
    assert unit_key(" Don't,") == unit_key("don’t") == "dont"  # noqa: RUF001
    assert unit_key("C++") != unit_key("C")


def test_only_scripts_without_spaces_have_character_units() -> None:
    assert [is_character(unit) for unit in ("「我", "ガ", " น้ำ")] == [True, True, True]
    assert [is_character(unit) for unit in ("hello", " 한국", "3", "...")] == [False] * 4


@given(st.text() | st.text(LETTERS))
def test_units_joined_are_the_text_again(text: str) -> None:
    units = split_units(text)

    assert "".join(units) == text
    assert all(units)


@given(st.text(LETTERS))
def test_only_a_text_without_letters_has_a_unit_without_a_key(text: str) -> None:
    units = split_units(text)

    assert len(units) == 1 or all(unit_key(unit) for unit in units)


@given(st.text())
def test_a_key_is_its_own_key(text: str) -> None:
    assert unit_key(unit_key(text)) == unit_key(text)


@given(st.text(LETTERS), st.sampled_from(",.!。"))
def test_a_comma_at_the_end_changes_no_unit_but_its_own_text(text: str, mark: str) -> None:
    units, marked = split_units(text), split_units(text.rstrip() + mark)

    assert not text.strip() or [unit_key(u) for u in marked] == [unit_key(u) for u in units]
