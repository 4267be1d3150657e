"""What is done with a damaged database: it is set aside, and what can be read of it is kept."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from sidecar.history.grams import grams
from sidecar.host.paths import private_dir

TABLES = ("preferences", "entries", "segments", "versions", "parts")  # referred to comes first
TYPES = {"INTEGER": int, "TEXT": str, "BLOB": bytes}
BESIDE = ("-wal", "-shm")  # files of SQLite's own


def set_aside(database: Path, stamp: str) -> Path:
    """Give a database another name, and what SQLite has beside it; gives the path it has then.

    Raises:
        OSError: it cannot be moved, say because another program has it open (on Windows).
    """
    target = database.with_name(f"{database.stem}.damaged-{stamp}{database.suffix}")
    database.replace(target)
    for end in BESIDE:
        with suppress(FileNotFoundError):
            Path(f"{database}{end}").replace(f"{target}{end}")
    return target


def rescue(damaged: Path, fresh: sqlite3.Connection) -> int:
    """Copy what can be read into a database that is empty; gives the number of entries.

    It is part of a transaction of `fresh`.

    Rows behind a damaged page are read from the other end. Those between two such pages are
    only in the damaged file then, which is left as it is.
    """
    with closing(sqlite3.connect(damaged)) as old:
        old.execute("PRAGMA query_only=ON")
        for table in TABLES:
            _copy(table, old, fresh)
        for number, text in fresh.execute("SELECT number, text FROM entries").fetchall():
            fresh.execute("INSERT INTO grams (rowid, text) VALUES (?, ?)", (number, grams(text)))
    return int(fresh.execute("SELECT count(*) FROM entries").fetchone()[0])


def set_apart_unnamed(sounds: Path, named: frozenset[str], stamp: str) -> None:
    """Move sound files that no entry names, but one may have named, to where nothing is swept."""
    apart = sounds.with_name(f"{sounds.name}.damaged-{stamp}")
    with suppress(FileNotFoundError):
        for path in list(sounds.iterdir()):
            if path.name not in named:
                path.replace(private_dir(apart) / path.name)


def _copy(table: str, old: sqlite3.Connection, fresh: sqlite3.Connection) -> None:
    columns = {row[1]: TYPES[row[2]] for row in fresh.execute(f"PRAGMA table_info({table})")}
    names, marks = ", ".join(columns), ", ".join("?" * len(columns))
    insert = f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 (our own)
    select = f"SELECT {names} FROM {table} ORDER BY {next(iter(columns))}"  # noqa: S608
    for row in _readable(select, old):
        if all(v is None or type(v) is kind for v, kind in zip(row, columns.values(), strict=True)):
            with suppress(sqlite3.IntegrityError):  # it is of an entry that cannot be read
                fresh.execute(insert, row)


def _readable(select: str, old: sqlite3.Connection) -> Iterator[tuple[object, ...]]:
    for direction in ("ASC", "DESC"):
        with suppress(sqlite3.Error):
            yield from old.execute(f"{select} {direction}")
            return
