"""What a person has chosen, by name. What the names and values may be is not known here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sidecar.history.database import Database


class PreferenceStore:
    """The choices in the database. Only what differs from the defaults was ever written."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> dict[str, Any]:
        """All values that are stored. Those that are no JSON any more are left out.

        Raises as `Database.reading` does.
        """
        with self._database.reading() as connection:
            rows = connection.execute("SELECT name, value FROM preferences").fetchall()
        return dict(_readable(rows))

    def change(self, changes: Mapping[str, Any]) -> None:
        """Store these values; the others stay.

        Raises as `Database.writing` does.
        """
        with self._database.writing() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO preferences (name, value) VALUES (?, ?)",
                [(name, json.dumps(value)) for name, value in changes.items()],
            )


def _readable(rows: list[tuple[str, str]]) -> list[tuple[str, Any]]:
    found = []
    for name, value in rows:
        try:
            found.append((name, json.loads(value)))
        except ValueError:  # a later version may write otherwise
            continue
    return found
