"""What a person has chosen outlives whoever chose it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sidecar.history.database import Database
from sidecar.history.preferences import PreferenceStore
from sidecar.rpc.config import DEFAULTS, preferences_of


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "history.db", tmp_path / "history")


def test_nothing_is_stored_at_first(database: Database) -> None:
    assert PreferenceStore(database).all() == {}
    database.close()


def test_what_is_changed_is_there_when_the_database_is_opened_again(database: Database) -> None:
    PreferenceStore(database).change({"theme": "dark", "hotwords": ["Zürich", "语音"]})
    PreferenceStore(database).change({"theme": "light"})
    database.close()

    again = Database(database.path, database.path.with_name("history"))

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
    one, other = (Database(tmp_path / "history.db", tmp_path / "history") for _ in range(2))

    for number in range(20):
        PreferenceStore(one).change({f"one-{number}": number})
        PreferenceStore(other).change({f"other-{number}": number})

    assert len(PreferenceStore(one).all()) == 40
    one.close()
    other.close()


def test_the_defaults_are_what_the_schema_allows() -> None:
    assert preferences_of({}) == DEFAULTS
