"""The rows of entries, and the index that finds them. Each function is part of a transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from sidecar.domain import Segment
from sidecar.history.entry import Draft, Entry, Search, Source, Version
from sidecar.history.grams import grams, match_of, words_of

_COLUMNS = (
    "number, created_ms, text, recognised, source, language, engine, duration_ms, audio,"
    " starred, trashed_ms IS NOT NULL"
)
_FOUND = f"SELECT {_COLUMNS} FROM entries e WHERE "  # noqa: S608 (names of columns)

# Made here: msgspec crashes where two threads are the first to decode a type.
_SEGMENTS = msgspec.json.Decoder(tuple[Segment, ...])


def insert(db: sqlite3.Connection, draft: Draft, audio: str | None, now_ms: int) -> int:
    """Make an entry; gives its number."""
    polished = draft.text != draft.recognised
    source: Source = "polished" if polished else "recognised"
    cursor = db.execute(
        "INSERT INTO entries (created_ms, text, text_ms, source, recognised, language, engine,"
        " duration_ms, audio) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            now_ms,
            draft.text,
            now_ms,
            source,
            draft.recognised,
            draft.language,
            draft.engine,
            draft.duration_ms,
            audio,
        ),
    )
    number = cursor.lastrowid
    assert number is not None
    if polished:
        _add_version(db, number, Version(draft.recognised, now_ms, "recognised", draft.engine))
    _put_segments(db, number, draft.segments)
    _index(db, number, draft.text)
    return number


def find(db: sqlite3.Connection, number: int) -> Entry | None:
    """The entry of that number, trashed or not."""
    row = db.execute(f"{_FOUND} number = ?", (number,)).fetchone()
    return None if row is None else _entry(row)


def search(db: sqlite3.Connection, wanted: Search) -> Iterator[Entry]:
    """The entries of a page, newest first."""
    where, values = _condition(wanted)
    if wanted.before is not None:
        where, values = f"{where} AND number < ?", [*values, wanted.before]
    rows = db.execute(f"{_FOUND} {where} ORDER BY number DESC LIMIT ?", [*values, wanted.limit])
    return map(_entry, rows)


def count(db: sqlite3.Connection, wanted: Search) -> int:
    """How many entries there are on all pages of a search."""
    where, values = _condition(wanted)
    found = db.execute(f"SELECT count(*) FROM entries e WHERE {where}", values)  # noqa: S608
    return int(found.fetchone()[0])


def segments_of(db: sqlite3.Connection, number: int) -> tuple[Segment, ...]:
    """The segments of an entry's last recognition."""
    row = db.execute("SELECT content FROM segments WHERE number = ?", (number,)).fetchone()
    try:
        return () if row is None else _SEGMENTS.decode(row[0])
    except msgspec.DecodeError:  # a later version may write otherwise
        return ()


def versions_of(db: sqlite3.Connection, number: int) -> tuple[Version, ...]:
    """The earlier texts of an entry, oldest first."""
    rows = db.execute(
        "SELECT text, created_ms, source, engine FROM versions WHERE number = ? ORDER BY id",
        (number,),
    )
    return tuple(Version(*row) for row in rows)


def change_text(db: sqlite3.Connection, old: Entry, text: str, source: Source, now_ms: int) -> None:
    """Give an entry another text; the one it had is kept."""
    row = db.execute("SELECT text_ms FROM entries WHERE number = ?", (old.number,)).fetchone()
    engine = old.engine if old.source == "recognised" else None
    _add_version(db, old.number, Version(old.text, row[0], old.source, engine))
    db.execute(
        "UPDATE entries SET text = ?, source = ?, text_ms = ? WHERE number = ?",
        (text, source, now_ms, old.number),
    )
    _unindex(db, old.number, old.text)
    _index(db, old.number, text)


def note_recognised(db: sqlite3.Connection, number: int, text: str) -> None:
    """Note what was recognised. What people read is for `change_text`."""
    db.execute("UPDATE entries SET recognised = ? WHERE number = ?", (text, number))


def note_recognition(db: sqlite3.Connection, number: int, heard: Draft) -> None:
    """Note what was recognised by whom. What people read is for `change_text`."""
    note_recognised(db, number, heard.recognised)
    db.execute(
        "UPDATE entries SET engine = ?, language = ? WHERE number = ?",
        (heard.engine, heard.language, number),
    )
    _put_segments(db, number, heard.segments)


def star(db: sqlite3.Connection, number: int, starred: bool) -> None:
    """Star an entry, or not."""
    db.execute("UPDATE entries SET starred = ? WHERE number = ?", (starred, number))


def trash(db: sqlite3.Connection, number: int, now_ms: int | None) -> None:
    """Say when an entry was deleted; None restores it. One that was stays as long as it would."""
    db.execute(
        "UPDATE entries SET trashed_ms = CASE WHEN ?2 IS NULL THEN NULL"
        " ELSE coalesce(trashed_ms, ?2) END WHERE number = ?1",
        (number, now_ms),
    )


def remove(db: sqlite3.Connection, entry: Entry) -> None:
    """Forget an entry, and all about it but its sound file."""
    _unindex(db, entry.number, entry.text)
    db.execute("DELETE FROM entries WHERE number = ?", (entry.number,))


def trashed_before(db: sqlite3.Connection, limit_ms: int) -> tuple[Entry, ...]:
    """The entries that were deleted until then."""
    return tuple(map(_entry, db.execute(f"{_FOUND} trashed_ms <= ?", (limit_ms,))))


def forget_audio_before(db: sqlite3.Connection, limit_ms: int) -> bool:
    """Let go of the sound of entries that came until then, unless starred; whether there was any.

    The files are left for who deletes those that nobody names.
    """
    changed = db.execute(
        "UPDATE entries SET audio = NULL"
        " WHERE audio IS NOT NULL AND created_ms <= ? AND NOT starred",
        (limit_ms,),
    )
    return changed.rowcount > 0


def audio_files(db: sqlite3.Connection) -> frozenset[str]:
    """The names of all sound files that entries have."""
    rows = db.execute("SELECT audio FROM entries WHERE audio IS NOT NULL")
    return frozenset(name for (name,) in rows)


def _index(db: sqlite3.Connection, number: int, text: str) -> None:
    db.execute("INSERT INTO grams (rowid, text) VALUES (?, ?)", (number, grams(text)))


def _unindex(db: sqlite3.Connection, number: int, text: str) -> None:
    # An index without content must be told what to forget.
    forget = "INSERT INTO grams (grams, rowid, text) VALUES ('delete', ?, ?)"
    db.execute(forget, (number, grams(text)))


def _condition(wanted: Search) -> tuple[str, list[object]]:
    where = f"trashed_ms IS {'NOT ' if wanted.trashed else ''}NULL"
    values: list[object] = []
    if wanted.starred:
        where += " AND starred"
    words = words_of(wanted.query)
    if words:
        where += " AND number IN (SELECT rowid FROM grams WHERE grams MATCH ?)"
        values.append(match_of(words))
    return where, values


def _add_version(db: sqlite3.Connection, number: int, version: Version) -> None:
    db.execute(
        "INSERT INTO versions (number, text, created_ms, source, engine) VALUES (?, ?, ?, ?, ?)",
        (number, version.text, version.created_ms, version.source, version.engine),
    )


def _put_segments(db: sqlite3.Connection, number: int, segments: Iterable[Segment]) -> None:
    content = msgspec.json.encode(tuple(segments))
    db.execute("INSERT OR REPLACE INTO segments VALUES (?, ?)", (number, content))


def _entry(row: Sequence[Any]) -> Entry:
    *values, starred, trashed = row
    return Entry(*[*values, bool(starred), bool(trashed)])
