"""Entries as one file that people and programs read: txt, json, srt, vtt."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

from sidecar.domain import Segment
from sidecar.history.entry import Details
from sidecar.text.formats import Format, json_of, render_readable
from sidecar.text.spacing import join_pieces


def export(form: Format, found: Sequence[Details]) -> str:
    """The content of a file with these entries, in this order; ends with a newline unless empty.

    In subtitles the sound of each entry begins where that of the one before has ended.
    """
    if form is Format.JSON:
        entries = [_fields(details) for details in found]
        return json.dumps(entries, ensure_ascii=False, indent=1) + "\n"
    text = "\n\n".join(details.entry.text for details in found if details.entry.text)
    return render_readable(form, text, _one_after_another(found))


def _one_after_another(found: Iterable[Details]) -> Iterator[Segment]:
    begin_s = 0.0
    for details in found:
        yield from (_moved(segment, begin_s) for segment in _segments(details))
        begin_s += details.entry.duration_ms / 1000


def _segments(details: Details) -> tuple[Segment, ...]:
    """Segments whose text is the entry's: one for all of it where nobody knows the times.

    Those that were recognised do not tell when the words of a polished or edited text are said.
    """
    entry = details.entry
    if join_pieces(segment.text for segment in details.segments) == entry.text:
        return details.segments
    return (Segment(0.0, entry.duration_ms / 1000, entry.text),)


def _moved(segment: Segment, by_s: float) -> Segment:
    words = tuple(
        replace(word, start_s=word.start_s + by_s, end_s=word.end_s + by_s)
        for word in segment.words
    )
    return replace(segment, start_s=segment.start_s + by_s, end_s=segment.end_s + by_s, words=words)


def _fields(details: Details) -> dict[str, Any]:
    entry = details.entry
    return {
        "entry": entry.number,
        "created_ms": entry.created_ms,
        "text": entry.text,
        "raw_text": entry.recognised,
        "source": entry.source,
        "language": entry.language,
        "engine": entry.engine,
        "duration_ms": entry.duration_ms,
        "has_audio": entry.audio is not None,
        "starred": entry.starred,
        "trashed": entry.trashed,
        "segments": [json_of(segment) for segment in details.segments],
        "versions": [asdict(version) for version in details.versions],
    }
