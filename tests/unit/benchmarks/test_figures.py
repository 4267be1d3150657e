from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks._account import Account
from benchmarks._figures import ROWS, Found, figures_of, rows_of
from benchmarks._measured import Measured
from benchmarks._virtual import Replayed
from benchmarks._wer import Errors
from benchmarks._wire import Spoken
from sidecar.domain import Final, Level, Timings

ALWAYS_FIRST = [
    "level_p95_ms",
    "stop_to_final_p95_s",
    "retractions",
    "uncovered_samples",
    "wer_delta_points",
    "ne",
    "upwr",
    "commit_delay_p50_s",
    "commit_delay_vs_baseline",
    "noise_text_chars",
    "cpu_s_per_audio_s",
]


def policy(delay_s: float, n_errors: int) -> Measured:
    """A hundred words, each committed so much after its end."""
    words = tuple((float(n), n + delay_s) for n in range(100))
    return Measured("a.wav", Errors(n_errors, 100), 0, 0, 100, 0.1, 0.05, words, 0.5, 400)


def spoken(wait_s: float, lateness_s: float = 0.01) -> Spoken:
    """A second of speech in real time."""
    zeros = (0.0,) * 31
    level = Level(0.0, 0.032, zeros, zeros, zeros)
    end = Final("", None, "builtin", Timings(1.0, 1.0, 0.1, 1.0), "close", True)
    account = Account([(16_000, 1.0)], [(1.0 + lateness_s, level), (1.5 + wait_s, end)], 1.5)
    return Spoken(account, [], cpu_s=0.4, audio_s=1.0)


FOUND = Found(
    replayed=[Replayed(policy(1.2, 50), policy(2.0, 60), Errors(49, 100))],
    known=[Replayed(policy(0.9, 0), policy(1.8, 0), Errors(0, 100))],
    short=[spoken(0.2)] * 9,
    long=spoken(0.8, lateness_s=0.03),
    noise_chars=0,
    worker_kills_equal=50,
    sidecar_kills_equal=20,
    rss_growth_mb=3.0,
)


def test_the_figures_that_are_always_there_come_first() -> None:
    assert [*figures_of(FOUND)][: len(ALWAYS_FIRST)] == ALWAYS_FIRST


def test_policies_are_compared_with_each_engine() -> None:
    figures = figures_of(FOUND)

    assert figures["wer_delta_points"] == pytest.approx(1)
    assert figures["commit_delay_p50_s"] == pytest.approx(1.2)
    assert figures["commit_delay_vs_baseline"] == pytest.approx(0.6)
    assert figures["commit_delay_vs_baseline_oracle"] == pytest.approx(0.5)
    assert figures["baseline_wer"] == pytest.approx(0.6)


def test_sessions_in_real_time_are_judged_together_and_by_length() -> None:
    figures = figures_of(FOUND)

    assert figures["stop_to_final_short_p50_s"] == pytest.approx(0.2)
    assert figures["stop_to_final_10min_s"] == pytest.approx(0.8)
    assert 0.2 < figures["stop_to_final_p95_s"] < 0.8
    assert 10 < figures["level_p95_ms"] < 30
    assert figures["cpu_s_per_audio_s"] == pytest.approx(0.4)


def test_a_fault_in_any_dictation_is_a_fault() -> None:
    faulty = replace(policy(1.2, 50), retractions=1, uncovered=512)
    lost = replace(spoken(0.2), speech=[(0, 1_000)])

    figures = figures_of(replace(FOUND, known=[replace(FOUND.known[0], ours=faulty)], short=[lost]))

    assert figures["retractions"] == 1
    assert figures["uncovered_samples"] == 1_512


def test_the_faults_of_the_published_policy_are_not_ours() -> None:
    faulty = replace(policy(2.0, 60), retractions=3, uncovered=99)

    figures = figures_of(replace(FOUND, replayed=[replace(FOUND.replayed[0], baseline=faulty)]))

    assert (figures["retractions"], figures["uncovered_samples"]) == (0, 0)


def test_the_table_has_every_row_with_its_peer_and_whether_it_is_good_enough() -> None:
    rows = {row.what: row for row in rows_of(figures_of(FOUND))}

    assert len(rows) == len(ROWS)
    delay = rows["end of a word to its commit, p50"]
    assert delay.compared == pytest.approx(0.6)
    assert delay.ok == "yes"
    assert rows["samples not accounted for exactly once"].ok == "yes"
