"""Models as lines for people and as JSON for programs, and how far the work on one is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import timedelta

from sidecar.model_store.progress import ModelProgress
from sidecar.model_store.status import ModelStatus

HEAD = ("ID", "STATE", "SIZE", "RAM", "LANGUAGES", "LICENCE", "NAME")
SHOWN_LANGUAGES = 3
_DOING = {
    "listing": "looking for it",
    "downloading": "downloading",
    "copying": "copying",
    "checking": "checking",
    "converting": "converting",
}


def as_json(models: Sequence[ModelStatus]) -> str:
    """All that is known of models, as one JSON array."""
    return json.dumps([asdict(model) for model in models], ensure_ascii=False, indent=2) + "\n"


def as_lines(models: Sequence[ModelStatus], *, head: bool) -> str:
    """A line for each model, in columns; with a line that names those if `head`."""
    rows = [_row(model) for model in models]
    if head and rows:
        rows.insert(0, HEAD)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "".join(f"{_line(row, widths)}\n" for row in rows)


def doing(model: str, progress: ModelProgress) -> str:
    """What is being done to a model, in words.

    >>> doing("tiny", ModelProgress("converting"))
    'tiny: converting'
    """
    return f"{model}: {_DOING[progress.phase]}"


def how_far(progress: ModelProgress) -> str:
    """How far the work is, in figures; empty where there are none.

    >>> how_far(ModelProgress("downloading", 500_000_000, 2_000_000_000, 5_000_000, 300))
    '0.5 GB of 2.0 GB  5.0 MB/s  0:05:00 left'
    """
    if progress.total is None or progress.phase == "converting":
        return ""
    parts = [f"{size(progress.done)} of {size(progress.total)}"]
    if progress.bytes_per_s is not None:
        parts.append(f"{size(round(progress.bytes_per_s))}/s")
    if progress.left_s is not None:
        parts.append(f"{timedelta(seconds=round(progress.left_s))} left")
    return "  ".join(parts)


def size(n_bytes: int) -> str:
    """A size for people, in decimal units as hubs and disks have them.

    >>> size(1_880_559_542), size(5_000_000), size(330)
    ('1.9 GB', '5.0 MB', '330 B')
    """
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if n_bytes >= factor * 0.1 and n_bytes >= 1000:
            return f"{n_bytes / factor:.1f} {unit}"
    return f"{n_bytes} B"


def _row(model: ModelStatus) -> tuple[str, ...]:
    return (
        model.id,
        _state(model),
        size(model.installed_bytes),
        size(model.ram_bytes),
        _languages(model.languages),
        model.licence,
        model.name,
    )


def _state(model: ModelStatus) -> str:
    if model.state in ("partial", "installing") and model.download_bytes:
        return f"{model.state} {100 * model.here_bytes // model.download_bytes}%"
    return model.state


def _languages(tags: Sequence[str]) -> str:
    more = len(tags) - SHOWN_LANGUAGES
    shown = ",".join(tags[:SHOWN_LANGUAGES])
    return (f"{shown}+{more}" if more > 0 else shown) or "?"


def _line(row: Iterable[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
