"""What a person has chosen outlives whoever chose it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from sidecar.history.database import Database
from sidecar.history.preferences import PreferenceStore
from sidecar.rpc.config import DEFAULTS, preferences_of


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "history.db")


def test_nothing_is_stored_at_first(database: Database) -> None:
    assert PreferenceStore(database).all() == {}
    database.close()


def test_what_is_changed_is_there_when_the_database_is_opened_again(database: Database) -> None:
    PreferenceStore(database).change({"theme": "dark", "hotwords": ["Zürich", "语音"]})
    PreferenceStore(database).change({"theme": "light"})
    database.close()

    again = Database(database.path)

    assert PreferenceStore(again).all() == {"theme": "light", "hotwords": ["Zürich", "语音"]}
    again.close()


def test_a_value_that_is_no_json_is_left_out(database: Database) -> None:
    PreferenceStore(database).change({"theme": "dark"})
    with database.writing() as connection:
        connection.execute("INSERT INTO preferences VALUES ('sounds', '{')")

    assert PreferenceStore(database).all() == {"theme": "dark"}
    database.close()


def test_what_does_not_fit_any_more_falls_back_to_the_default_field_by_field() -> None:
    stored = {"theme": "sepia", "tail_ms": 2001, "sounds": 1, "later": True, "mode": "batch"}

    found = preferences_of(stored)

    assert (found.theme, found.tail_ms, found.sounds) == ("system", 200, True)
    assert found.mode == "batch"


def test_what_is_stored_by_two_processes_at_once_is_all_there(tmp_path: Path) -> None:
    one, other = (Database(tmp_path / "history.db") for _ in range(2))

    for number in range(20):
        PreferenceStore(one).change({f"one-{number}": number})
        PreferenceStore(other).change({f"other-{number}": number})

    assert len(PreferenceStore(one).all()) == 40
    one.close()
    other.close()


def test_the_defaults_are_what_the_schema_allows() -> None:
    assert preferences_of({}) == DEFAULTS


def test_the_database_is_this_users_alone(database: Database) -> None:
    PreferenceStore(database).change({"theme": "dark"})

    files = list(database.path.parent.glob("history.db*"))

    assert {file.stat().st_mode & 0o077 for file in files} == {0}
    database.close()


def test_a_database_is_written_to_the_disk_before_it_says_so(database: Database) -> None:
    with database.reading() as connection:
        [mode] = connection.execute("PRAGMA journal_mode").fetchone()
        [synchronous] = connection.execute("PRAGMA synchronous").fetchone()
    database.close()

    assert (mode, synchronous) == ("wal", 2)


def test_a_change_that_fails_leaves_nothing(database: Database) -> None:
    row = "INSERT INTO preferences VALUES (?, '1')"

    with pytest.raises(sqlite3.IntegrityError), database.writing() as connection:
        connection.executemany(row, [("mode",), ("theme",), ("theme",)])

    assert PreferenceStore(database).all() == {}
    database.close()


def test_a_file_that_was_moved_away_is_not_written_to(database: Database, tmp_path: Path) -> None:
    PreferenceStore(database).change({"theme": "dark"})
    database.path.rename(tmp_path / "away.db")
    (tmp_path / "history.db-wal").rename(tmp_path / "away.db-wal")
    (tmp_path / "history.db-shm").rename(tmp_path / "away.db-shm")

    PreferenceStore(database).change({"theme": "light"})
    database.close()

    with sqlite3.connect(tmp_path / "history.db") as connection:
        assert connection.execute("SELECT value FROM preferences").fetchone() == ('"light"',)
    connection.close()
