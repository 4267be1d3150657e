"""The guard, with pairs made by hand and with properties of all texts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from sidecar.llm.guard import RejectedError, guarded

PAIRS = Path(__file__).resolve().parents[2] / "data" / "polishing" / "pairs.jsonl"
REASONS = {
    *("answered", "added", "lost", "number", "address", "name", "negation", "changed"),
    *("script", "markup", "thinking", "length"),
}


@dataclass(frozen=True, slots=True)
class Pair:
    """What was dictated, and what a model may make of it.

    Attributes:
        good: whether it is the cleaned text.
        why: the reason for which a bad one is refused.
    """

    raw: str
    clean: str
    good: bool
    why: str = ""
    hotwords: tuple[str, ...] = ()


def pairs() -> list[Pair]:
    rows: list[dict[str, Any]] = [
        json.loads(line) for line in PAIRS.read_text(encoding="utf-8").splitlines()
    ]
    return [Pair(**{**row, "hotwords": tuple(row.get("hotwords", ()))}) for row in rows]


def verdict(raw: str, written: str, hotwords: tuple[str, ...] = ()) -> str:
    """The reason to refuse, or ""."""
    try:
        guarded(raw, written, hotwords)
    except RejectedError as error:
        return error.reason
    return ""


def judged(pair: Pair) -> str:
    return verdict(pair.raw, pair.clean, pair.hotwords)


def test_no_bad_pair_gets_through_and_few_good_ones_are_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    good = [pair for pair in pairs() if pair.good]
    bad = [pair for pair in pairs() if not pair.good]

    taken = sum(not judged(pair) for pair in good)
    let_through = [pair for pair in bad if not judged(pair)]

    precision = taken / (taken + len(let_through))
    with capsys.disabled():
        print(f"\nguard: precision {precision:.3f}, recall {taken / len(good):.3f} of {len(good)}")  # noqa: T201
    assert let_through == []
    assert min(len(good), len(bad)) > 60
    assert taken / len(good) > 0.95


@pytest.mark.parametrize("pair", [pair for pair in pairs() if not pair.good], ids=str)
def test_a_bad_pair_is_refused_for_its_reason(pair: Pair) -> None:
    assert judged(pair) == pair.why
    assert pair.why in REASONS


@pytest.mark.parametrize(
    "written",
    [
        "  Hello there.\n",
        '"Hello there."',
        "“Hello there.”",
        "「Hello there.」",
        "```\nHello there.\n```",
        "```text\nHello there.```",
        "<dictation>\nHello there.\n</dictation>",
        "<dictation-2>Hello there.</dictation-2>",
        "<think>Out with um.</think>Hello there.",
        "<thinking>\nOut with um.\n</thinking>\n\nHello there.",
    ],
)
def test_what_models_wrap_around_a_text_is_taken_off(written: str) -> None:
    assert guarded("um hello there", written) == "Hello there."


def test_what_was_dictated_in_quotes_stays_in_quotes() -> None:
    assert guarded('"hello there"', '"Hello there."') == '"Hello there."'


WORDS = str.split(
    "house tree window quickly bring letter market under story number yellow river build often"
    " happy morning kitchen street music paper winter remember simple question answer garden"
    " 我们 今天 公司 项目 北京 开会 文件 明白 喜欢 音乐"
)
FIGURES = ("3", "17", "250", "1,000", "3.5", "42")
SENTENCE = st.lists(st.sampled_from(WORDS), min_size=4, max_size=12, unique=True).map(" ".join)
ENGLISH = st.lists(
    st.sampled_from([word for word in WORDS if word.isascii()]), min_size=4, max_size=9
).map(" ".join)
TEXT = st.lists(SENTENCE, min_size=1, max_size=5, unique=True).map(". ".join)


@given(st.text(min_size=1, max_size=200))
@example("``")
@example("<think>a")
@example("1:2点3半百分之百分之")
def test_a_text_is_always_itself(text: str) -> None:
    assume(text.strip())

    assert guarded(text, text) == text.strip()


@given(st.text(min_size=1, max_size=80), st.text(max_size=120))
def test_whatever_is_written_is_taken_or_refused_for_a_known_reason(raw: str, written: str) -> None:
    assert verdict(raw, written) in {*REASONS, ""}


@given(TEXT)
def test_case_and_punctuation_may_change(text: str) -> None:
    assert verdict(text.replace(". ", " ").lower(), text.capitalize() + ".") == ""
    assert verdict(text, text.upper().replace(". ", "! ")) == ""


@given(TEXT, st.data())
def test_fillers_may_go(text: str, data: st.DataObject) -> None:
    words = text.split(" ")
    place = data.draw(st.integers(0, len(words)))
    filler = data.draw(st.sampled_from(("um", "uh,", "um um", "you know")))
    raw = " ".join((*words[:place], filler, *words[place:]))

    assert verdict(raw, text) == ""


@given(TEXT, st.data())
def test_stutters_may_go(text: str, data: st.DataObject) -> None:
    words = text.split(" ")
    place = data.draw(st.integers(0, len(words) - 1))
    raw = " ".join((*words[: place + 1], *words[place:]))

    assert verdict(raw, text) == ""


@given(st.lists(SENTENCE, min_size=2, max_size=6, unique=True), st.data())
def test_a_lost_sentence_is_missed(sentences: list[str], data: st.DataObject) -> None:
    gone = data.draw(st.integers(0, len(sentences) - 1))
    rest = [each for n, each in enumerate(sentences) if n != gone]
    told = {word for each in rest for word in each.split()}
    assume(len(set(sentences[gone].split()) - told) >= 3)

    assert verdict(". ".join(sentences), ". ".join(rest))


@given(TEXT, SENTENCE)
def test_a_sentence_that_was_not_said_is_refused(text: str, more: str) -> None:
    assume(len(set(more.split()) - set(text.split())) >= 2)

    assert verdict(text, f"{text}. {more}")
    assert verdict(text, f"{more}. {text}")


@given(SENTENCE, SENTENCE, st.permutations(FIGURES))
def test_a_number_that_changed_goes_or_comes_is_refused(
    before: str, after: str, figures: list[str]
) -> None:
    said, other = figures[:2]
    raw = f"{before} {said} {after}"

    assert verdict(raw, raw.replace(f" {said} ", f" {other} ")) == "number"
    assert verdict(raw, raw.replace(f" {said} ", " ")) == "number"
    assert verdict(raw, f"{raw} {other}") == "number"


@given(SENTENCE, st.sampled_from(("https://example.com/a", "me@example.org", "www.example.net/b")))
def test_an_address_that_changed_is_refused(sentence: str, address: str) -> None:
    raw = f"{sentence} {address} {sentence}"

    assert verdict(raw, raw) == ""
    assert verdict(raw, raw.replace("example", "exemple")) == "address"
    assert verdict(raw, raw.replace(address, ""))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("twenty five", "25"), ("二十五", "25"), ("1,500", "1500"), ("seven", "7")],
)
@given(sentence=ENGLISH)
def test_a_number_may_be_written_otherwise(ours: str, theirs: str, sentence: str) -> None:
    assert verdict(f"{sentence} {ours} {sentence}", f"{sentence} {theirs} {sentence}") == ""


def test_a_hotword_may_take_the_place_of_what_it_sounded_like() -> None:
    assert verdict("we run cuban eddies", "We run Kubernetes.", ("Kubernetes",)) == ""
    assert verdict("we run cuban eddies", "We run Kubernetes.") != ""
