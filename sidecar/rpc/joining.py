"""Events that may be made one while they wait: same content, fewer messages."""

from __future__ import annotations

from sidecar.protocol.messages import DeltaEvent, Event, LevelEvent

MAX_BINS = 1024  # the schema's, of one event
MAX_DELTA = 131_072


def join_events(older: Event, newer: Event) -> Event | None:
    """One event that says what the two say, or None where there is none."""
    if isinstance(older, DeltaEvent) and isinstance(newer, DeltaEvent):
        text = older.text + newer.text
        return DeltaEvent(text=text) if len(text) <= MAX_DELTA else None
    if not isinstance(older, LevelEvent) or not isinstance(newer, LevelEvent):
        return None
    n_bins = len(older.peak_permille)
    end_ms = older.start_ms + n_bins * older.bin_ms
    follows = newer.bin_ms == older.bin_ms and newer.start_ms == end_ms
    if not follows or n_bins + len(newer.peak_permille) > MAX_BINS:
        return None
    return LevelEvent(
        start_ms=older.start_ms,
        bin_ms=older.bin_ms,
        peak_permille=(*older.peak_permille, *newer.peak_permille),
        rms_permille=(*older.rms_permille, *newer.rms_permille),
        speech_permille=(*older.speech_permille, *newer.speech_permille),
    )
