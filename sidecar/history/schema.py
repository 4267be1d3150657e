"""The tables of the database, as steps from one version of them to the next.

The version is SQLite's `user_version`. Steps up to `LAST_COMPATIBLE` may only add to what is
here, so that an older program can go on with what a newer one has made.
"""

from __future__ import annotations

LAST_COMPATIBLE = 99

_PREFERENCES = """
CREATE TABLE preferences (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL  -- JSON
) WITHOUT ROWID
"""

_ENTRIES = """
CREATE TABLE entries (
    number INTEGER PRIMARY KEY AUTOINCREMENT,  -- so that no number is used twice
    created_ms INTEGER NOT NULL,
    text TEXT NOT NULL,
    text_ms INTEGER NOT NULL,  -- when the text became so
    source TEXT NOT NULL,  -- of the text
    recognised TEXT NOT NULL,
    language TEXT,
    engine TEXT NOT NULL,
    duration_ms INTEGER NOT NULL,
    audio TEXT,  -- name of a file beside the database
    starred INTEGER NOT NULL DEFAULT 0,
    trashed_ms INTEGER
)
"""

# Apart from the entries: a list of them reads none of it.
_SEGMENTS = """
CREATE TABLE segments (
    number INTEGER PRIMARY KEY REFERENCES entries ON DELETE CASCADE,
    content BLOB NOT NULL  -- JSON
)
"""

_VERSIONS = """
CREATE TABLE versions (
    id INTEGER PRIMARY KEY,
    number INTEGER NOT NULL REFERENCES entries ON DELETE CASCADE,
    text TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    source TEXT NOT NULL,
    engine TEXT
)
"""

_PARTS = """
CREATE TABLE parts (  -- recordings of the journal that entries were made of
    recording TEXT PRIMARY KEY,
    number INTEGER NOT NULL REFERENCES entries ON DELETE CASCADE,
    discarded INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID
"""

# It keeps no text: `entries` has it, and what is found is only a number.
_GRAMS = "CREATE VIRTUAL TABLE grams USING fts5(text, content='', tokenize='ascii')"

STEPS: tuple[tuple[str, ...], ...] = (
    (_PREFERENCES,),
    (
        _ENTRIES,
        _SEGMENTS,
        _VERSIONS,
        "CREATE INDEX versions_of ON versions (number)",
        _PARTS,
        "CREATE INDEX parts_of ON parts (number)",
        # Counted without reading a text.
        "CREATE INDEX by_state ON entries (trashed_ms, starred)",
        "CREATE INDEX with_audio ON entries (audio) WHERE audio IS NOT NULL",
        _GRAMS,
    ),
)
"""What each version adds to the one before, beginning with version 1."""
