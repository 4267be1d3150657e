from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.llm.pieces import cut


@given(st.text(max_size=300), st.integers(6, 60))
def test_nothing_of_a_text_is_lost_and_no_piece_is_too_long(text: str, max_chars: int) -> None:
    pieces = cut(text, max_chars)

    assert "".join(piece.gap + piece.text for piece in pieces) == text.rstrip()
    assert all(0 < len(piece.text) <= max_chars for piece in pieces)
    assert all(piece.text == piece.text.strip() and not piece.gap.strip() for piece in pieces)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("One two. Three four.", ["One two.", "Three four."]),
        ('He said "no." Then he left.', ['He said "no."', "Then he left."]),
        ("一二三四。五六七八九十百千万亿。", ["一二三四。", "五六七八九十百千万亿。"]),
        ("One two three\nfour five", ["One two three", "four five"]),
        ("one two, three four five", ["one two,", "three four five"]),
        ("one two three four", ["one two three", "four"]),
        ("价格是12345元一二三四五六七", ["价格是12345元一二三四五六", "七"]),
        ("abcdefghijklmnopqrst", ["abcdefghijklmno", "pqrst"]),
        ("Pi is 3.14159 or about so", ["Pi is 3.14159", "or about so"]),
    ],
)
def test_a_text_is_cut_where_a_reader_would_pause(text: str, pieces: list[str]) -> None:
    assert [piece.text for piece in cut(text, 15)] == pieces
