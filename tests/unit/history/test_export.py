"""Entries as files that people and programs read."""

from __future__ import annotations

import json
from dataclasses import replace

from sidecar.domain import Segment
from sidecar.history.entry import Details, Entry, Version
from sidecar.history.export import export
from sidecar.text.formats import Format

ENTRY = Entry(1, 5, "Hello.", "Hello.", "recognised", "en", "builtin", 2000, None, False, False)
HELLO = Details(ENTRY, (Segment(0.5, 1.5, "Hello."),), ())
POLISHED = Details(
    replace(ENTRY, number=2, text="你好。", recognised="嗯你好", source="polished"),
    (Segment(0.25, 1.75, "嗯你好"),),
    (Version("嗯你好", 4, "recognised", "builtin"),),
)


def test_texts_stand_one_below_the_other() -> None:
    assert export(Format.TXT, [HELLO, POLISHED]) == "Hello.\n\n你好。\n"


def test_subtitles_follow_one_another() -> None:
    assert export(Format.SRT, [HELLO, HELLO]) == (
        "1\n00:00:00,500 --> 00:00:01,500\nHello.\n\n2\n00:00:02,500 --> 00:00:03,500\nHello.\n"
    )


def test_a_text_whose_times_nobody_knows_is_shown_all_the_time() -> None:
    assert export(Format.VTT, [POLISHED]) == "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\n你好。\n"


def test_a_long_text_whose_times_nobody_knows_is_cut_into_readable_pieces() -> None:
    long = replace(ENTRY, text="A sentence of some length. " * 10 + "End.", duration_ms=60_000)

    shown = export(Format.SRT, [Details(long, (), ())])

    assert shown.count("-->") >= 9
    assert max(map(len, shown.splitlines())) <= 42


def test_an_entry_without_text_shows_nothing() -> None:
    empty = Details(replace(ENTRY, text="", recognised=""), (), ())

    assert export(Format.TXT, [empty]) == ""
    assert export(Format.SRT, [empty]) == ""
    assert export(Format.VTT, [empty]) == "WEBVTT\n"


def test_json_has_everything() -> None:
    [first, second] = json.loads(export(Format.JSON, [HELLO, POLISHED]))

    assert (first["entry"], first["text"], first["segments"][0]["end_ms"]) == (1, "Hello.", 1500)
    assert second["raw_text"] == "嗯你好"
    assert second["versions"] == [
        {"text": "嗯你好", "created_ms": 4, "source": "recognised", "engine": "builtin"}
    ]
