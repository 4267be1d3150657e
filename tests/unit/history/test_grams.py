"""What is found is what stands there, in any script."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sidecar.history.grams import excerpt, folded, grams, match_of, words_of

ALPHABET = "aAbB é\u0301ß语音识İﬁ\"'*()-:^. \n\t0。"
TEXTS = st.text(st.sampled_from(ALPHABET), max_size=12) | st.text(max_size=12)


def finds(text: str, query: str) -> bool:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE t USING fts5(x, content='', tokenize='ascii')")
    connection.execute("INSERT INTO t (rowid, x) VALUES (1, ?)", (grams(text),))
    found = connection.execute("SELECT 1 FROM t WHERE t MATCH ?", (match_of(words_of(query)),))
    result = found.fetchone() is not None
    connection.close()
    return result


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("今天测试语音识别", "语"),
        ("今天测试语音识别", "识别"),
        ("今天测试语音识别", "今天 识别"),
        ("Photographs", "GRAPH"),
        ("ＡＢＣ", "abc"),  # noqa: RUF001 (full width)
        ("Cafe\u0301", "CAFÉ"),
        ("Große Straße", "strasse"),
        ('He said "no"', '"no"'),
        ("NEAR the end", "near"),
        ("emoji 👩‍👩‍👧 here", "👩‍👧"),
        ("Привет, мир", "ривет"),
        ("สวัสดี", "วัส"),
    ],
)
def test_a_part_of_a_word_is_found(text: str, query: str) -> None:
    assert finds(text, query)


@pytest.mark.parametrize(
    ("text", "query"),
    [("ab bc", "abc"), ("语音", "音语"), ("ab", "ab c"), ("photo", "photo*"), ("a b", "OR")],
)
def test_nothing_else_is_found(text: str, query: str) -> None:
    assert not finds(text, query)


@given(text=TEXTS, query=TEXTS.filter(words_of))
@example(text="ab bc", query="b b")
@example(text="aa", query="aaa")
def test_a_search_finds_the_texts_that_have_every_word(text: str, query: str) -> None:
    wanted = all(word in folded(text) for word in words_of(query))

    assert finds(text, query) is wanted


@given(text=TEXTS, query=TEXTS.filter(words_of))
def test_a_line_is_shown_for_what_is_found_and_only_then(text: str, query: str) -> None:
    words = words_of(query)
    found = any(word in folded(text) for word in words)

    assert bool(excerpt(text, words)) is found


def test_a_query_of_the_longest_kind_is_no_error() -> None:
    assert not finds("nothing", "a " * 127 + "b")
    assert not finds("nothing", "语" * 256)


def test_a_line_begins_a_little_before_what_was_looked_for() -> None:
    line = excerpt("x" * 500 + "语音" + "y" * 500, words_of("语音"))

    assert line == f"…{'x' * 24}语音{'y' * 134}…"


def test_a_line_is_one_line_and_as_it_was_written() -> None:
    assert excerpt("One\ntwo  THREE", words_of("three")) == "One two THREE"
