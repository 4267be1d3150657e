"""Which recordings of the journal entries were made of, so that none is lost or taken twice.

An entry is made first, and its recordings leave the journal then. Whoever dies in between
leaves a note of what is still to be discarded; whoever asks again, having had no answer, gets
the entry that is there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable


def entry_made_of(db: sqlite3.Connection, recordings: Iterable[str]) -> int | None:
    """The number of the entry that was made of exactly these recordings."""
    wanted = set(recordings)
    for name in wanted:
        row = db.execute("SELECT number FROM parts WHERE recording = ?", (name,)).fetchone()
        if row is None:
            return None
        named = db.execute("SELECT recording FROM parts WHERE number = ?", row)
        return int(row[0]) if {recording for (recording,) in named} == wanted else None
    return None


def note(db: sqlite3.Connection, number: int, recordings: Iterable[str]) -> None:
    """Note what an entry is made of, all of which is still in the journal."""
    db.executemany(
        "INSERT OR REPLACE INTO parts (recording, number) VALUES (?, ?)",
        [(recording, number) for recording in recordings],
    )


def discarded(db: sqlite3.Connection, recordings: Iterable[str]) -> tuple[str, ...]:
    """Those of the recordings that are in an entry, and that the journal does not have since."""
    select = "SELECT 1 FROM parts WHERE recording = ? AND discarded"
    return tuple(name for name in recordings if db.execute(select, (name,)).fetchone())


def forget(db: sqlite3.Connection, recordings: Iterable[str]) -> None:
    """Forget that entries were made of recordings of these names."""
    db.executemany("DELETE FROM parts WHERE recording = ?", [(name,) for name in recordings])


def to_discard(db: sqlite3.Connection) -> tuple[str, ...]:
    """The recordings that are in entries and may still be in the journal."""
    rows = db.execute("SELECT recording FROM parts WHERE NOT discarded")
    return tuple(recording for (recording,) in rows)


def note_discarded(db: sqlite3.Connection, recordings: Iterable[str]) -> None:
    """Note that the journal does not have these any more."""
    db.executemany(
        "UPDATE parts SET discarded = 1 WHERE recording = ?",
        [(recording,) for recording in recordings],
    )
