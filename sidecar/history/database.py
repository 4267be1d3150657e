"""The SQLite database of this user: opened when first used, shared by processes and threads.

It is in WAL mode, so that who reads waits for nobody. `synchronous` is FULL rather than
NORMAL: once a text is committed here the recording it came from is deleted, so a commit that a
power cut could take back would lose both. One `fsync` for each dictation is little.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sidecar.errors import BusyError, DiskFullError, VersionError
from sidecar.history.schema import LAST_COMPATIBLE, STEPS

BUSY_S = 5.0  # for others' transactions, which are short


class Database:
    """One database. Safe from any thread, one at a time; it blocks: nothing for an event loop.

    Args:
        path: where; made when first used. Its folder must be private.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._turn = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._inode = 0

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees one state of the data.

        Raises:
            BusyError: other programs keep it from us.
            DiskFullError: it cannot be read or made.
            VersionError: a program that is too new for us has made it.
        """
        with self._turn, _told_plainly():
            connection = self._open()
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A connection whose changes are on the disk, all of them or none, after the block.

        Raises as `reading` does.
        """
        with self._turn, _told_plainly():
            connection = self._open()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # SQLite may have done so already
                    connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Close it. It is opened again when it is used again."""
        with self._turn:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _open(self) -> sqlite3.Connection:
        if self._connection is not None and self._inode == _inode_of(self.path):
            return self._connection
        self.close()  # somebody has moved the file away
        _make_private(self.path)
        connection = _connect(self.path)
        try:
            _migrate(connection)
        except BaseException:
            connection.close()
            raise
        self._connection, self._inode = connection, _inode_of(self.path)
        return connection


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=BUSY_S, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA journal_size_limit=1048576")
    except BaseException:
        connection.close()
        raise
    return connection


def _migrate(connection: sqlite3.Connection) -> None:
    """Bring the tables to the version that we know.

    Raises:
        VersionError: they are of one that we cannot know.
    """
    if _version_of(connection) == len(STEPS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        found = _version_of(connection)  # another process may just have done it
        if found > LAST_COMPATIBLE:
            raise VersionError("The history was made by a newer Sotto: update this one.")
        for number, step in enumerate(STEPS[found:], start=found + 1):
            for statement in step:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version={number}")
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def _version_of(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _make_private(path: Path) -> None:
    """Make the file, if it is not there, so that nobody else can ever have read it."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise DiskFullError(
            f"The history cannot be written ({os.strerror(error.errno or 0)}): check the disk."
        ) from error


def _inode_of(path: Path) -> int:
    try:
        return path.stat().st_ino
    except OSError:
        return 0


@contextmanager
def _told_plainly() -> Iterator[None]:
    """Say in errors of ours what SQLite has met."""
    try:
        yield
    except sqlite3.OperationalError as error:
        code = error.sqlite_errorcode & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise BusyError(
                "Other programs keep the history busy: try again.", retry_after_ms=1000
            ) from error
        if code in _UNWRITABLE:
            raise DiskFullError(
                "The history cannot be written: free some space, or check the disk.",
                detail=error.sqlite_errorname,
            ) from error
        raise


_UNWRITABLE = (
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
)
