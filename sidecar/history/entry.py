"""What the history knows of a dictation. Times of the day are in Unix time, in milliseconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from sidecar.domain import Segment

Source: TypeAlias = Literal["recognised", "polished", "edited"]
"""What made a text: an engine, a language model, or a person."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry to be made.

    Attributes:
        text: what a person is to read.
        recognised: what the engine recognised; the same, unless somebody has polished it.
        engine: who recognised it.
        duration_ms: how long the audio is.
        language: BCP 47 tag, or None where nobody knows.
        segments: of what was recognised.
    """

    text: str
    recognised: str
    engine: str
    duration_ms: int
    language: str | None = None
    segments: tuple[Segment, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A recording of the journal, up to `end_ms`; None: all of it."""

    recording: str
    end_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A dictation as it is now.

    Attributes:
        number: names it; later entries have larger ones, and none is used twice.
        created_ms: when it came.
        text: as it is now.
        recognised: what was recognised last.
        source: what made the text.
        engine: who recognised it last.
        duration_ms: how long the audio is, also where it is not kept.
        audio: name of its sound file; None where there is none.
        trashed: it is deleted, and can still be restored.
    """

    number: int
    created_ms: int
    text: str
    recognised: str
    source: Source
    language: str | None
    engine: str
    duration_ms: int
    audio: str | None
    starred: bool
    trashed: bool


@dataclass(frozen=True, slots=True)
class Version:
    """A text that an entry had; `engine` recognised it, unless something else made it."""

    text: str
    created_ms: int
    source: Source
    engine: str | None


@dataclass(frozen=True, slots=True)
class Details:
    """All about an entry: the segments last recognised, and its earlier texts, oldest first."""

    entry: Entry
    segments: tuple[Segment, ...]
    versions: tuple[Version, ...]


@dataclass(frozen=True, slots=True)
class Search:
    """Which entries: those whose text has all words of `query`, older than number `before`.

    `trashed` ones instead of the others, or only `starred` ones of them.
    """

    query: str = ""
    before: int | None = None
    limit: int = 50
    starred: bool = False
    trashed: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Entries, newest first, and how many there are on all pages together."""

    entries: tuple[Entry, ...]
    total: int
