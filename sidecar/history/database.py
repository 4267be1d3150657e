"""The SQLite database of this user: opened when first used, shared by processes and threads.

It is in WAL mode, so that who reads waits for nobody. `synchronous` is FULL rather than
NORMAL: once a text is committed here the recording it came from is deleted, so a commit that a
power cut could take back would lose both. One `fsync` for each dictation is little.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sidecar.errors import BusyError, DiskFullError, HistoryDamagedError, VersionError
from sidecar.history.entries import audio_files
from sidecar.history.rescue import rescue, set_apart_unnamed, set_aside
from sidecar.history.schema import LAST_COMPATIBLE, STEPS
from sidecar.host.rundir import FileLock
from sidecar.telemetry.logs import EventLog

BUSY_S = 10.0  # for others' transactions, which are short
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class Database:
    """One database. Safe from any thread, one at a time; it blocks: nothing for an event loop.

    One that is damaged is set aside, and begun anew with what can be read of it. Who met that
    is told, or, if that was somebody `quiet`, the next who is not.

    Args:
        path: where; made when first used. Its folder must be private.
        sounds: the folder of the sound files that its rows name.
    """

    def __init__(self, path: Path, sounds: Path, log: EventLog | None = None) -> None:
        self.path = path
        self._sounds = sounds
        self._log = log or EventLog()
        self._turn = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._inode = 0
        self._untold: HistoryDamagedError | None = None

    @contextmanager
    def reading(self, *, quiet: bool = False) -> Iterator[sqlite3.Connection]:
        """A connection that sees one state of the data.

        Raises:
            BusyError: other programs keep it from us.
            DiskFullError: it cannot be read or made.
            HistoryDamagedError: it was damaged, now or before. Try again.
            VersionError: a program that is too new for us has made it.
        """
        with self._turn, self._minding_damage(quiet=quiet), _told_plainly():
            connection = self._open()
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")

    @contextmanager
    def writing(self, *, quiet: bool = False) -> Iterator[sqlite3.Connection]:
        """A connection whose changes are on the disk, all of them or none, after the block.

        Raises as `reading` does.
        """
        with self._turn, self._minding_damage(quiet=quiet), _told_plainly():
            connection = self._open()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # SQLite may have done so already
                    connection.execute("ROLLBACK")
                raise

    def check(self) -> None:
        """Look for damage, which takes a second for each few hundred megabytes.

        Raises as `reading` does; what it finds is told to who comes next.
        """
        with suppress(HistoryDamagedError), self.reading(quiet=True) as connection:
            if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                raise _DamagedError

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
        self._inode = _inode_of(self.path)
        connection = _connect(self.path)
        try:
            if _migrate(connection) == 0:
                # It is new: what is there of sound belongs to one that is lost.
                set_apart_unnamed(self._sounds, frozenset(), _stamp())
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        return connection

    @contextmanager
    def _minding_damage(self, *, quiet: bool) -> Iterator[None]:
        if not quiet:
            self._tell()
        try:
            yield
        except (sqlite3.DatabaseError, _DamagedError) as error:
            if isinstance(error, sqlite3.DatabaseError) and _code_of(error) not in DAMAGED:
                raise
            with _told_plainly():
                self._untold = self._begin_anew()
            if not quiet:
                self._tell()
            raise self._untold from error

    def _tell(self) -> None:
        untold, self._untold = self._untold, None
        if untold is not None:
            raise untold

    def _begin_anew(self) -> HistoryDamagedError:
        """Set the database aside and keep what can be read of it, unless somebody has just done so.

        Raises:
            DiskFullError: that cannot be done.
        """
        self.close()
        try:
            with FileLock(self.path.with_suffix(".lock"), wait=True):
                if _inode_of(self.path) != self._inode:
                    return HistoryDamagedError("The history was damaged, and begun anew.")
                return self._rescued()
        except OSError as error:
            raise DiskFullError(
                "The history is damaged, and cannot be set aside: close other programs that use"
                f" it, or check the disk ({os.strerror(error.errno or 0)})."
            ) from error

    def _rescued(self) -> HistoryDamagedError:
        stamp = _stamp()
        damaged = set_aside(self.path, stamp)
        _make_private(self.path)
        connection = _connect(self.path)
        try:
            # All of it or nothing: whoever dies leaves a new database, beside which no sound stays.
            connection.execute("BEGIN IMMEDIATE")
            _step_up(connection)
            n_entries = rescue(damaged, connection)
            set_apart_unnamed(self._sounds, audio_files(connection), stamp)
            connection.execute("COMMIT")
        finally:
            connection.close()
        self._log.warning("history-damaged", rescued=n_entries)
        return HistoryDamagedError(
            f"The history was damaged: {n_entries} entries could be read, and are kept. The"
            " damaged file is kept too, under another name.",
            detail=damaged.name,
        )


class _DamagedError(Exception):
    """SQLite would only have noticed later."""


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=BUSY_S, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA secure_delete=ON")  # what is deleted for good is overwritten
        connection.execute("PRAGMA journal_size_limit=1048576")
    except BaseException:
        connection.close()
        raise
    return connection


def _migrate(connection: sqlite3.Connection) -> int:
    """Bring the tables to the version that we know; gives the one they had.

    Raises:
        VersionError: they are of one that we cannot know.
    """
    found = _version_of(connection)
    if found == len(STEPS):
        return found
    connection.execute("BEGIN IMMEDIATE")
    try:
        found = _step_up(connection)
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise
    return found


def _step_up(connection: sqlite3.Connection) -> int:
    """As `_migrate`, within a transaction."""
    found = _version_of(connection)  # another process may just have done it
    if found > LAST_COMPATIBLE:
        raise VersionError("The history was made by a newer Sotto: update this one.")
    for number, step in enumerate(STEPS[found:], start=found + 1):
        for statement in step:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version={number}")
    return found


def _stamp() -> str:
    return f"{time.strftime('%Y%m%d-%H%M%S')}-{os.urandom(2).hex()}"  # never that of another


def _code_of(error: sqlite3.DatabaseError) -> int:
    """SQLite's primary code; 0 for an error that is the Python module's own."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


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
        code = _code_of(error)
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
