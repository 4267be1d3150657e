"""The database: private, durable, shared, and set aside when it is damaged."""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path

import pytest

from sidecar.errors import BusyError, DiskFullError, HistoryDamagedError, VersionError
from sidecar.history import database as database_module
from sidecar.history.database import Database
from sidecar.history.entry import Part, Search
from sidecar.history.preferences import PreferenceStore
from sidecar.history.rescue import rescue
from sidecar.history.schema import LAST_COMPATIBLE, STEPS
from tests.unit.history.conftest import Home, draft


def opened(folder: Path) -> Database:
    return Database(folder / "history.db", folder / "history")


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return opened(tmp_path)


def texts(home: Home) -> list[str]:
    return [entry.text for entry in home.history.list(Search(limit=200)).entries]


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


def test_tables_of_an_older_version_are_brought_up_to_date(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "history.db") as connection:
        for statement in STEPS[0]:
            connection.execute(statement)
        connection.execute("INSERT INTO preferences VALUES ('theme', '\"dark\"')")
        connection.execute("PRAGMA user_version=1")
    connection.close()
    database = opened(tmp_path)

    with database.reading() as db:
        [version] = db.execute("PRAGMA user_version").fetchone()

    assert version == len(STEPS)
    assert PreferenceStore(database).all() == {"theme": "dark"}
    database.close()


@pytest.mark.parametrize("version", [len(STEPS) + 1, LAST_COMPATIBLE])
def test_what_a_newer_version_has_added_to_is_used_all_the_same(home: Home, version: int) -> None:
    home.history.add(draft("kept"))
    with home.database.writing() as db:
        db.execute("ALTER TABLE entries ADD COLUMN later TEXT")
        db.execute(f"PRAGMA user_version={version}")
    home.database.close()

    home.history.add(draft("added"))

    assert texts(home) == ["added", "kept"]


def test_what_a_much_newer_version_has_made_is_left_alone(database: Database) -> None:
    with sqlite3.connect(database.path) as connection:
        connection.execute(f"PRAGMA user_version={LAST_COMPATIBLE + 1}")
    connection.close()

    with pytest.raises(VersionError, match="newer Sotto"), database.reading():
        pass


def test_who_writes_waits_for_others_and_gives_up_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "BUSY_S", 0.05)
    one, other = opened(tmp_path), opened(tmp_path)
    PreferenceStore(other).all()

    with one.writing(), pytest.raises(BusyError) as caught:
        PreferenceStore(other).change({"theme": "dark"})

    assert caught.value.retry_after_ms == 1000
    assert PreferenceStore(other).all() == {}
    one.close()
    other.close()


def test_who_reads_does_not_wait_for_who_writes(tmp_path: Path) -> None:
    one, other = opened(tmp_path), opened(tmp_path)
    PreferenceStore(one).change({"theme": "dark"})

    with one.writing():
        assert PreferenceStore(other).all() == {"theme": "dark"}

    one.close()
    other.close()


def test_threads_share_it(home: Home) -> None:
    def add(name: int) -> None:
        for number in range(10):
            home.history.add(draft(f"{name}-{number}"))

    threads = [threading.Thread(target=add, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(texts(home))) == 40


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DiskFullError), opened(tmp_path / "none").reading():
        pass


def test_a_file_that_is_no_database_is_set_aside_with_the_sound(home: Home) -> None:
    home.history.add(draft("lost"), [Part(home.recorded(b"\1\0" * 100))])
    home.database.close()
    home.database.path.write_bytes(b"no database" * 1000)

    with pytest.raises(HistoryDamagedError, match="0 entries") as caught:
        home.history.list(Search())

    assert texts(home) == []
    assert (home.folder / str(caught.value.detail)).read_bytes().startswith(b"no database")
    [apart] = home.folder.glob("history.damaged-*/*.wav")
    assert apart.stat().st_size == 280
    assert list(home.sounds.iterdir()) == []


def test_a_file_that_was_emptied_leaves_the_sound(home: Home) -> None:
    home.history.add(draft("lost"), [Part(home.recorded(b"\1\0" * 100))])
    home.database.close()
    home.database.path.write_bytes(b"")

    assert texts(home) == []

    assert len(list(home.folder.glob("history.damaged-*/*.wav"))) == 1


@pytest.mark.parametrize("late", [False, True])
def test_who_dies_while_a_damaged_file_is_read_leaves_the_sound(
    home: Home, monkeypatch: pytest.MonkeyPatch, late: bool
) -> None:
    home.history.add(draft("lost"), [Part(home.recorded(b"\1\0" * 100))])
    home.database.close()
    home.database.path.write_bytes(b"no database" * 1000)

    def die(damaged: Path, fresh: sqlite3.Connection) -> int:
        if late:
            rescue(damaged, fresh)
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(database_module, "rescue", die)
        with pytest.raises(SystemExit):
            home.history.list(Search())
    home.open()
    home.now_ms = time.time_ns() // 1_000_000 + 2 * 3_600_000
    home.history.sweep()

    assert len(list(home.folder.glob("**/*.wav"))) == 1


def test_what_can_be_read_of_a_damaged_file_is_kept(home: Home) -> None:
    wanted = [f"{number} {'语音 ' * 200}" for number in range(100)]
    for text in wanted:
        home.history.add(draft(text))
    with_sound = home.history.add(draft("sound"), [Part(home.recorded(b"\1\0" * 100))])
    PreferenceStore(home.database).change({"theme": "dark"})
    home.database.close()
    content = bytearray(home.database.path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = b"\xff" * 4096
    home.database.path.write_bytes(content)

    home.database.check()
    with pytest.raises(HistoryDamagedError):
        home.history.list(Search())

    kept = texts(home)
    assert len(kept) > 50
    assert set(kept) < {*wanted, "sound"}
    assert home.history.list(Search(query="语")).total == len(kept) - 1
    assert home.pcm(with_sound.number) == b"\1\0" * 100
    assert PreferenceStore(home.database).all() == {"theme": "dark"}
    assert home.history.add(draft("more")).number > with_sound.number


def test_who_asks_for_preferences_is_served_and_damage_told_to_who_asks_for_the_history(
    home: Home,
) -> None:
    PreferenceStore(home.database).change({"theme": "dark"})
    home.database.close()
    home.database.path.write_bytes(b"no database" * 1000)

    PreferenceStore(home.database).change({"theme": "light"})
    home.history.sweep()

    assert PreferenceStore(home.database).all() == {"theme": "light"}
    with pytest.raises(HistoryDamagedError):
        home.history.get(1)
    assert home.history.list(Search()).total == 0


def test_damage_that_another_process_has_dealt_with_is_not_dealt_with_again(home: Home) -> None:
    home.history.add(draft("old"))
    other = Home(home.folder)
    assert texts(other) == ["old"]
    home.database.close()
    other.database.close()
    home.database.path.write_bytes(b"no database" * 1000)
    with pytest.raises(HistoryDamagedError):
        home.history.list(Search())
    home.history.add(draft("new"))

    assert texts(other) == ["new"]

    assert len(list(home.folder.glob("history.damaged-*.db"))) == 1
    other.database.close()


def test_a_database_without_damage_is_not_touched_by_a_check(home: Home) -> None:
    home.history.add(draft("kept"))

    home.database.check()

    assert texts(home) == ["kept"]
