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

STEPS: tuple[tuple[str, ...], ...] = ((_PREFERENCES,),)
"""What each version adds to the one before, beginning with version 1."""
