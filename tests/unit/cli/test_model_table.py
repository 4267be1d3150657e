from __future__ import annotations

import json
from dataclasses import replace

import hypothesis.strategies as st
from hypothesis import given

from sidecar.cli.model_table import as_json, as_lines, how_far, size
from sidecar.model_store.progress import ModelProgress
from sidecar.model_store.status import ModelStatus

MODEL = ModelStatus(
    id="tiny",
    name="Tiny",
    family="qwen3-asr",
    languages=("en", "zh", "fr", "de"),
    licence="Apache-2.0",
    streaming=True,
    state="available",
    download_bytes=2_000_000_000,
    here_bytes=0,
    installed_bytes=1_100_000_000,
    ram_bytes=1_200_000_000,
    sources=("huggingface",),
)


def test_columns_line_up() -> None:
    longer = replace(MODEL, id="a-much-longer-id", languages=(), state="damaged", licence="MIT")

    lines = as_lines([MODEL, longer], head=True).splitlines()

    assert lines == [
        "ID                STATE      SIZE    RAM     LANGUAGES   LICENCE     NAME",
        "tiny              available  1.1 GB  1.2 GB  en,zh,fr+1  Apache-2.0  Tiny",
        "a-much-longer-id  damaged    1.1 GB  1.2 GB  ?           MIT         Tiny",
    ]


def test_nothing_has_no_columns() -> None:
    assert as_lines([], head=True) == ""
    assert as_json([]) == "[]\n"


def test_a_download_says_how_much_of_it_is_here() -> None:
    partial = replace(MODEL, state="partial", here_bytes=840_000_000)
    unknown = replace(MODEL, state="installing", download_bytes=0)

    lines = as_lines([partial, unknown], head=False)

    assert "partial 42%" in lines
    assert "installing  " in lines


def test_programs_get_all_that_is_known() -> None:
    [found] = json.loads(as_json([MODEL]))

    assert ModelStatus(**{**found, "languages": MODEL.languages, "sources": MODEL.sources}) == MODEL


def test_figures_are_shown_as_far_as_they_are_known() -> None:
    assert how_far(ModelProgress("listing")) == ""
    assert how_far(ModelProgress("converting", 5, 10)) == ""
    assert how_far(ModelProgress("checking", 0, 10**6)) == "0 B of 1.0 MB"
    assert how_far(ModelProgress("copying", 0, 10**9, 1e6, 1000)) == (
        "0 B of 1.0 GB  1.0 MB/s  0:16:40 left"
    )


@given(st.integers(0, 10**15))
def test_a_size_is_close_to_what_it_says(n_bytes: int) -> None:
    number, unit = size(n_bytes).split()

    factor = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9}[unit]
    assert abs(float(number) * factor - n_bytes) <= 0.05 * factor
