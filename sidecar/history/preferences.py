"""What a person has chosen, by name. What the names and values may be is not known here."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from sidecar.errors import HistoryDamagedError
from sidecar.history.database import Database

T = TypeVar("T")


class PreferenceStore:
    """The choices in the database. Only what differs from the defaults was ever written."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> dict[str, Any]:
        """All values that are stored. Those that are no JSON any more are left out.

        Raises as `Database.reading` does, but for damage: that is for who asks for the history.
        """
        return _twice(self._all)

    def _all(self) -> dict[str, Any]:
        with self._database.reading(quiet=True) as connection:
            rows = connection.execute("SELECT name, value FROM preferences").fetchall()
        return dict(_readable(rows))

    def change(self, changes: Mapping[str, Any]) -> None:
        """Store these values; the others stay.

        Raises as `all` does.
        """
        _twice(lambda: self._change(changes))

    def _change(self, changes: Mapping[str, Any]) -> None:
        with self._database.writing(quiet=True) as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO preferences (name, value) VALUES (?, ?)",
                [(name, json.dumps(value)) for name, value in changes.items()],
            )


def _twice(step: Callable[[], T]) -> T:
    """Do it, and once more on a database that was begun anew since the old one was damaged."""
    try:
        return step()
    except HistoryDamagedError:
        return step()


def _readable(rows: list[tuple[str, str]]) -> list[tuple[str, Any]]:
    found = []
    for name, value in rows:
        try:
            found.append((name, json.loads(value)))
        except ValueError:  # a later version may write otherwise
            continue
    return found
