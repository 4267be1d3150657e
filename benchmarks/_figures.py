"""From everything that was found out to figures, and a table of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks._account import level_delays_s, retractions
from benchmarks._coverage import uncovered_samples
from benchmarks._measured import Measured, delays_of, p50, p95, per_unit, rate_of
from benchmarks._report import Row
from benchmarks._virtual import Replayed
from benchmarks._wer import Errors
from benchmarks._wire import Spoken


@dataclass(frozen=True, slots=True)
class Found:
    """Everything that was found out.

    Attributes:
        replayed: with the built-in engine, on a virtual clock.
        known: the same with the engine that knows the references.
        short: sessions in real time.
        long: the one of ten minutes.
        noise_chars: heard where nobody speaks.
        worker_kills_equal, sidecar_kills_equal: killings that left no trace in the text.
        rss_growth_mb: over an hour.
    """

    replayed: Sequence[Replayed]
    known: Sequence[Replayed]
    short: Sequence[Spoken]
    long: Spoken
    noise_chars: int
    worker_kills_equal: int
    sidecar_kills_equal: int
    rss_growth_mb: float


# What each is, its unit, and what it, or its ratio to the published policy's, must not exceed.
ROWS: Mapping[str, tuple[str, str, float | None]] = {
    "level_p95_ms": ("push of a chunk to its level, p95", "ms", 50),
    "stop_to_final_p95_s": ("stop to final text, p95 of all sessions", "s", 1.5),
    "stop_to_final_short_p50_s": ("the same, p50 of short sessions", "s", None),
    "stop_to_final_10min_s": ("the same after ten minutes", "s", 1.5),
    "retractions": ("committed text that was contradicted", "times", 0),
    "uncovered_samples": ("samples not accounted for exactly once", "", 0),
    "wer_delta_points": ("word error rate, dictated less offline", "points", 2),
    "wer": ("word error rate, dictated", "", 1),
    "ne": ("text taken back, per word", "words", None),
    "upwr": ("text changed, per word", "words", None),
    "commit_delay_p50_s": ("end of a word to its commit, p50", "s", 0.8),
    "commit_delay_p95_s": ("the same, p95", "s", None),
    "first_text_p50_s": ("first sound to first text, p50", "s", None),
    "wer_oracle": ("oracle: error rate", "", None),
    "ne_oracle": ("oracle: text taken back, per word", "words", None),
    "commit_delay_p50_s_oracle": ("oracle: end of a word to its commit, p50", "s", 0.8),
    "drift_ms_per_min": ("oracle: how that grows in ten minutes", "ms/min", 5),
    "noise_text_chars": ("text where nobody speaks", "chars", 0),
    "cpu_s_per_audio_s": ("processor time of a second of audio", "s", None),
    "rss_growth_mb": ("growth of memory in an hour", "MB", 20),
    "worker_kills_equal": ("texts that a killed worker did not change", "of 50", None),
    "sidecar_kills_equal": ("recordings that a killed sidecar did not cost", "of 20", None),
}


def figures_of(found: Found) -> dict[str, float]:
    """All figures; those that are always there come first."""
    ours, known = _ours(found.replayed), _ours(found.known)
    spoken = [*found.short, found.long]
    policy = _compared(found.replayed)
    oracle = {f"{key}_oracle": value for key, value in _compared(found.known).items()}
    offline = sum((one.offline for one in found.replayed), Errors()).rate
    return {
        "level_p95_ms": 1e3 * p95([s for one in spoken for s in level_delays_s(one.account)]),
        "stop_to_final_p95_s": p95([one.account.stop_to_final_s for one in spoken]),
        "retractions": sum(one.retractions for one in [*ours, *known])
        + sum(retractions(one.account) for one in spoken),
        "uncovered_samples": sum(one.uncovered for one in [*ours, *known])
        + sum(uncovered_samples(one.account, one.speech) for one in spoken),
        "wer_delta_points": 100 * (rate_of(ours) - offline),
        "ne": policy.pop("ne"),
        "upwr": policy.pop("upwr"),
        "commit_delay_p50_s": policy.pop("commit_delay_p50_s"),
        "commit_delay_vs_baseline": policy.pop("commit_delay_vs_baseline"),
        "noise_text_chars": found.noise_chars,
        "cpu_s_per_audio_s": sum(one.cpu_s for one in spoken) / sum(one.audio_s for one in spoken),
        **policy,
        **oracle,
        "stop_to_final_short_p50_s": p50([one.account.stop_to_final_s for one in found.short]),
        "stop_to_final_10min_s": found.long.account.stop_to_final_s,
        "drift_ms_per_min": delays_of([max(known, key=lambda one: one.n_units)]).drift_ms_per_min,
        "rss_growth_mb": found.rss_growth_mb,
        "worker_kills_equal": found.worker_kills_equal,
        "sidecar_kills_equal": found.sidecar_kills_equal,
    }


def rows_of(figures: Mapping[str, float]) -> list[Row]:
    """The table for people."""
    return [
        Row(what, figures[key], unit, figures.get(f"baseline_{key}"), goal=goal)
        for key, (what, unit, goal) in ROWS.items()
    ]


def _ours(replayed: Sequence[Replayed]) -> list[Measured]:
    return [one.ours for one in replayed]


def _compared(replayed: Sequence[Replayed]) -> dict[str, float]:
    """Our policy's figures and the published one's, and their ratio."""
    ours = _policy(_ours(replayed))
    baseline = _policy([one.baseline for one in replayed])
    return {
        **ours,
        **{f"baseline_{key}": value for key, value in baseline.items()},
        "commit_delay_vs_baseline": ours["commit_delay_p50_s"] / baseline["commit_delay_p50_s"],
    }


def _policy(measured: Sequence[Measured]) -> dict[str, float]:
    delays = delays_of(measured)
    first_s = [one.first_text_s for one in measured if one.first_text_s is not None]
    return {
        "wer": rate_of(measured),
        "ne": per_unit(measured, lambda one: one.ne),
        "upwr": per_unit(measured, lambda one: one.upwr),
        "commit_delay_p50_s": delays.p50_s,
        "commit_delay_p95_s": delays.p95_s,
        "first_text_p50_s": p50(first_s),
    }
