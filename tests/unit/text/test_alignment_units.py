from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import Qwen3ASRProcessor

from sidecar.text.alignment_units import alignment_units

MIXED = st.text("ab éİ1½²我用𠀀豈ガあー々한국สวัสดีि,。.!「（( -_'’\"3Ｐ\n\x1c\u3000")  # noqa: RUF001
LANGUAGES = st.sampled_from([None, "en", "zh-Hans", "yue", "ja", "ko-KR"])


def spoken(text: str, language: str | None = None) -> list[str]:
    return [unit.spoken for unit in alignment_units(text, language)]


def written(text: str, language: str | None = None) -> list[str]:
    return [unit.written for unit in alignment_units(text, language)]


def test_words_are_given_without_punctuation_and_written_with_it() -> None:
    assert spoken('He said: "Don\'t - ever!"') == ["He", "said", "Don't", "ever"]
    assert written('He said: "Don\'t - ever!"') == ["He", " said:", " \"Don't -", ' ever!"']


def test_punctuation_inside_a_word_does_not_part_it() -> None:
    assert spoken("It's 3.50 for well-known e.g.s") == ["It's", "350", "for", "wellknown", "egs"]


def test_every_ideograph_is_a_unit_and_words_between_them_too() -> None:
    assert spoken("我用Python 3写，好") == ["我", "用", "Python", "3", "写", "好"]  # noqa: RUF001
    assert written("我用Python 3写，好") == ["我", "用", "Python", " 3", "写，", "好"]  # noqa: RUF001


def test_japanese_is_cut_into_characters() -> None:
    assert spoken("コーヒーを3杯。", "ja") == ["コ", "ー", "ヒ", "ー", "を", "3", "杯"]


def test_korean_is_cut_at_its_spaces_whatever_the_script() -> None:
    assert spoken("안녕하세요 大韓民國!", "ko") == ["안녕하세요", "大韓民國"]


@pytest.mark.parametrize("text", ["", " ", "...", "— ♪ —", "?!"])
def test_a_text_without_letters_has_no_units(text: str) -> None:
    assert alignment_units(text) == ()


@given(MIXED | st.text(), LANGUAGES)
def test_the_written_pieces_joined_are_the_text(text: str, language: str | None) -> None:
    pieces = written(text, language)

    assert not pieces or "".join(pieces) == text


@given(MIXED | st.text(), LANGUAGES)
def test_what_is_spoken_is_in_what_is_written(text: str, language: str | None) -> None:
    for unit in alignment_units(text, language):
        letters = iter(unit.written)
        assert all(letter in letters for letter in unit.spoken)


@given(MIXED | st.text(), st.sampled_from([None, "en", "zh", "yue", "de-CH"]))
def test_the_official_implementation_finds_the_same_units(text: str, language: str | None) -> None:
    official = Qwen3ASRProcessor.split_words_for_alignment(None, text, language)

    assert spoken(text, language) == official


@given(st.text("ab한국 \n大-.'3"))
def test_korean_units_are_what_soynlp_leaves_of_words_without_scores(text: str) -> None:
    kept = ("".join(char for char in word if char not in "-.") for word in text.split())

    assert spoken(text, "ko") == [word for word in kept if word]
