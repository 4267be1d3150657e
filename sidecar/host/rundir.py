"""A folder that lives as long as its process, and is swept by the next one if need be.

Each folder holds a lock file that its owner keeps locked. The system drops the lock when
the process ends, however it ends, so a folder whose lock can be had is an orphan. Process
ids are not asked: they are used again.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from types import TracebackType

PREFIX = "run-"
LOCK = "lock"


class LockHeldError(Exception):
    """Another process holds the lock."""


class FileLock:
    """An exclusive lock on a file, held until `release` or the end of the process."""

    def __init__(self, path: Path, *, wait: bool = False) -> None:
        """Take the lock.

        Raises:
            LockHeldError: another process holds it, and `wait` is False.
        """
        self._fd: int | None = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(self._fd, wait=wait)
        except OSError as error:
            self.release()
            raise LockHeldError from error

    @property
    def held(self) -> bool:
        """Whether this object still holds the lock."""
        return self._fd is not None

    def release(self) -> None:
        """Let go of it. Harmless a second time."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def __enter__(self) -> FileLock:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


class RunDir:
    """A fresh 0700 folder inside `parent`, which must be private itself."""

    def __init__(self, path: Path, lock: FileLock) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def claim(cls, parent: Path) -> RunDir:
        """Remove what dead processes left in `parent`, then make a folder of our own.

        One process at a time does this, so that nobody sweeps a folder whose lock is
        about to be taken.
        """
        with FileLock(parent / LOCK, wait=True):
            sweep(parent)
            path = parent / f"{PREFIX}{os.urandom(4).hex()}"
            path.mkdir(mode=0o700)
            return cls(path, FileLock(path / LOCK))

    def remove(self) -> None:
        """Delete the folder and all in it. Harmless a second time."""
        self._lock.release()
        shutil.rmtree(self.path, ignore_errors=True)


def sweep(parent: Path) -> None:
    """Delete the folders in `parent` whose owners are gone."""
    for folder in parent.glob(f"{PREFIX}*"):
        try:
            FileLock(folder / LOCK).release()
        except (LockHeldError, OSError):
            continue
        shutil.rmtree(folder, ignore_errors=True)


if sys.platform == "win32":
    import msvcrt

    def _lock(fd: int, *, wait: bool) -> None:
        msvcrt.locking(fd, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(fd: int, *, wait: bool) -> None:
        fcntl.flock(fd, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
