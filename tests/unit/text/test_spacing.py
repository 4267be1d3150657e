from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sidecar.text.spacing import join_pieces


def test_latin_pieces_are_joined_by_one_space_whatever_spaces_they_bring() -> None:
    assert join_pieces(["  hello ", "world  "]) == "hello world"


def test_chinese_and_japanese_pieces_are_joined_without_spaces() -> None:
    assert join_pieces(["甚至出现", "交易几乎停滞"]) == "甚至出现交易几乎停滞"
    assert join_pieces(["これは", "テストです。", "はい"]) == "これはテストです。はい"


def test_korean_pieces_keep_their_spaces() -> None:
    assert join_pieces(["안녕하세요", "반갑습니다"]) == "안녕하세요 반갑습니다"


def test_a_piece_without_text_leaves_no_trace() -> None:
    assert join_pieces(["one", " ", "", "two"]) == "one two"
    assert join_pieces([]) == ""


@given(st.lists(st.text()))
def test_joining_adds_and_drops_nothing_but_white_space(pieces: list[str]) -> None:
    joined = join_pieces(pieces)

    assert "".join(joined.split()) == "".join("".join(pieces).split())
