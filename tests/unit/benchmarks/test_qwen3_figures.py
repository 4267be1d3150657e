from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from benchmarks._qwen3_figures import (
    OURS,
    PUBLISHED,
    STAGES,
    TORCH,
    Found,
    Limits,
    Sided,
    Work,
    figures_of,
    rows_of,
    split_of,
)
from benchmarks._qwen3_sides import Turn
from benchmarks._report import Rounds


def turns(*totals_s: float, **stages: float) -> list[Turn]:
    return [Turn({"took_s": total_s, "stages": stages}, 0.01) for total_s in totals_s]


def side(measured: Sequence[Turn], *, rss_gb: float, ready_s: float = 1.0) -> Sided:
    return Sided(measured, [ready_s, 9.0, ready_s], int(rss_gb * 1e9), "int8")


FOUND = Found(
    work=Work(audio_s=30.0, n_new=61, encoder_flop=270e9, decoder_bytes=400_000_000),
    sides={
        OURS: side(
            turns(3.0, 9.0, 3.0, stem=0.4, encoder=0.5, prefill=0.6, generate=1.5), rss_gb=1.0
        ),
        TORCH: side(turns(15.0, 45.0, 15.0, encoder=3.0), rss_gb=4.0),
        PUBLISHED: side(turns(6.0, 18.0, 6.0), rss_gb=2.5),
    },
    passes={"partial": turns(0.5, stem=0.1, generate=0.2)},
    limits=Limits(bytes_per_s=20e9, int8_per_s=300e9, fp32_per_s=150e9),
    rounds={
        "partial": Rounds({"partial": [0.5, 0.5], "full": [2.0, 2.0]}),
        "stream": Rounds({"stream": [9.0], "naive": [45.0]}),
        "stop": Rounds({"stop": [0.6], "batch": [3.0]}),
        "together": Rounds({"together": [10.0], "alone": [12.0]}),
    },
    convert_s=100.0,
    convert_rss_bytes=3_000_000_000,
    foreign=0.02,
)


def test_speed_is_compared_within_rounds_so_that_a_slow_one_cancels_out() -> None:
    figures = figures_of(FOUND)

    assert figures["vs_pytorch"] == 5.0
    assert figures["vs_published"] == 2.0
    assert figures["batch4_throughput"] == pytest.approx(1.2)


def test_the_first_token_comes_with_the_prefill() -> None:
    assert FOUND.token_s == 1.5 / 60


def test_limits_are_what_the_machine_needs_for_the_same_bytes_and_operations() -> None:
    figures = figures_of(FOUND)

    assert figures["decoder_vs_limit"] == pytest.approx(0.025 / (0.4 / 20))
    assert figures["encoder_vs_limit"] == pytest.approx(0.9 / (270 / 300))


def test_other_ratios_are_ours_by_the_peers() -> None:
    figures = figures_of(FOUND)

    assert figures["rss_vs_pytorch"] == 0.25
    assert figures["partial_vs_full"] == 0.25
    assert figures["stream_cpu_vs_naive"] == 0.2
    assert figures["stop_vs_batch"] == pytest.approx(0.2)
    assert figures["rtf"] == pytest.approx(0.1)
    assert figures["load_s"] == 1.0


def test_the_best_limit_counts_whenever_it_was_reached() -> None:
    names = ("bytes_per_s", "int8_per_s", "fp32_per_s")
    answers = [dict(zip(names, numbers, strict=True)) for numbers in [(1, 5, 6), (4, 2, 3)]]

    limits = Limits.best_of([Turn(answer, 0.0) for answer in answers])

    assert limits == Limits(4.0, 5.0, 6.0)


def test_every_goal_is_judged() -> None:
    judged = {row.what: row.ok for row in rows_of(FOUND)}

    assert len(judged) == 12
    assert set(judged.values()) == {"yes"}
    slow = Limits(bytes_per_s=40e9, int8_per_s=900e9, fp32_per_s=150e9)
    worse = replace(FOUND, limits=slow, convert_rss_bytes=5_000_000_000)
    missed = {row.what for row in rows_of(worse) if row.ok == "NO"}
    assert missed == {"a generated token, peer: limit", "encoder, peer: limit", "peak memory of it"}


def test_the_split_has_a_line_for_each_side_and_no_time_where_it_has_no_stage() -> None:
    heading, ours, torch, _, partial = split_of(FOUND)

    assert heading[1 : 1 + len(STAGES)] == list(STAGES)
    assert ours == ["ours (int8)", "-", "0.4", "0.5", "0.6", "1.5", "3", "0.1", "1", "1"]
    assert torch[2:4] == ["-", "3"]
    assert partial == ["partial", "-", "0.1", "-", "-", "0.2", "0.5"]
