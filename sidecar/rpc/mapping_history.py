"""The history's values as messages, and back."""

from __future__ import annotations

from dataclasses import replace

from msgspec import UNSET

from sidecar.history.entry import Details, Draft, Entry, Part, Search, Version
from sidecar.history.grams import excerpt, words_of
from sidecar.history.history import Change
from sidecar.protocol import messages
from sidecar.rpc.mapping import segment_from_wire, segment_to_wire, tag_to_wire

MAX_MATCH = 512  # what the schema allows
MAX_VERSIONS = 1024
# Of what a message may have, so that all about an entry fits into one.
WORDS_BYTES, VERSIONS_BYTES = 4 << 20, 1 << 20
WORD_BYTES = 64  # what a word with its times takes


def entry_to_wire(entry: Entry, query: str = "") -> messages.HistoryEntry:
    """An entry as a message, with the line of its text that `query` finds."""
    polished = entry.recognised != entry.text
    match = excerpt(entry.text, words_of(query)) if query else ""
    return messages.HistoryEntry(
        entry=entry.number,
        created_ms=entry.created_ms,
        text=entry.text,
        raw_text=entry.recognised if polished else UNSET,
        language=tag_to_wire(entry.language),
        engine=entry.engine,
        duration_ms=entry.duration_ms,
        has_audio=entry.audio is not None,
        starred=entry.starred,
        trashed=entry.trashed,
        match=match[:MAX_MATCH] or UNSET,
    )


def details_to_wire(details: Details) -> messages.HistoryGetResult:
    """All about an entry as a message: without words or its oldest texts where it would not fit."""
    segments = details.segments
    if WORD_BYTES * sum(len(segment.words) for segment in segments) > WORDS_BYTES:
        segments = tuple(replace(segment, words=()) for segment in segments)
    return messages.HistoryGetResult(
        entry=entry_to_wire(details.entry),
        segments=tuple(map(segment_to_wire, segments)),
        versions=tuple(map(_version_to_wire, _newest(details.versions))),
    )


def draft_from_wire(params: messages.HistoryAddParams) -> Draft:
    """What is to be added."""
    return Draft(
        text=params.text,
        recognised=params.text if params.raw_text is UNSET else params.raw_text,
        engine=params.engine,
        duration_ms=params.duration_ms,
        language=params.language or None,
        segments=tuple(map(segment_from_wire, params.segments or ())),
    )


def parts_from_wire(params: messages.HistoryAddParams) -> tuple[Part, ...]:
    """The recordings it is made of."""
    return tuple(
        Part(part.recording, None if part.end_ms is UNSET else part.end_ms)
        for part in params.parts or ()
    )


def heard_from_wire(result: messages.TranscribeResult) -> Draft:
    """What was recognised, as an entry has it."""
    return Draft(
        text=result.text,
        recognised=result.text,
        engine=result.engine,
        duration_ms=result.timings.audio_ms,
        language=result.language or None,
        segments=tuple(map(segment_from_wire, result.segments)),
    )


def search_from_wire(params: messages.HistoryListParams) -> Search:
    """Which entries are asked for."""
    return Search(
        query=params.query or "",
        before=params.before or None,
        limit=params.limit or 50,
        starred=bool(params.starred),
        trashed=bool(params.trashed),
    )


def change_from_wire(params: messages.HistoryUpdateParams) -> Change:
    """What is to become of an entry."""
    return Change(
        text=None if params.text is UNSET else params.text,
        source=params.source or "edited",
        starred=None if params.starred is UNSET else params.starred,
        trashed=None if params.trashed is UNSET else params.trashed,
    )


def _version_to_wire(version: Version) -> messages.HistoryVersion:
    return messages.HistoryVersion(
        text=version.text,
        created_ms=version.created_ms,
        source=version.source,
        engine=version.engine or UNSET,
    )


def _newest(versions: tuple[Version, ...]) -> tuple[Version, ...]:
    left, first = VERSIONS_BYTES, len(versions)
    while first and len(versions) - first < MAX_VERSIONS:
        left -= len(versions[first - 1].text.encode())
        if left < 0:
            break
        first -= 1
    return versions[first:]
