"""Where a model grows until it is whole: a folder beside its place, which takes that in one step.

Whatever ends the work, nothing half-made is ever found under the model's name. What a process
that was killed has left is removed by the next one that makes the same model.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sidecar.errors import BusyError, DiskFullError, InvalidParamsError
from sidecar.host.rundir import FileLock, LockHeldError

LOCK = "lock"
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def workplace(target: Path) -> Iterator[Path]:
    """A fresh folder, which becomes `target` at the end of the block, or is removed.

    Args:
        target: where the model goes; its parent exists.

    Raises:
        InvalidParamsError: there is something already.
        BusyError: another process is making the same model.
        DiskFullError: the block could not write what it had to.
    """
    if os.path.lexists(target):
        raise InvalidParamsError(f"There is something at {target.name} already. Remove it first.")
    folder = target.with_name(f".{target.name}.converting")
    lock = _claim(folder)
    try:
        yield folder
        _settle(folder)
        (folder / LOCK).unlink()
        lock.release()  # Windows moves no folder that has an open file
        folder.rename(target)
        _sync(target.parent)
    except OSError as error:
        if _no_room(error):
            raise DiskFullError(
                "There is no room for the model on disk. Delete what you do not need."
            ) from error
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # while nobody else can claim it
        lock.release()
        shutil.rmtree(folder, ignore_errors=True)  # Windows kept the lock's file until now


def _claim(folder: Path) -> FileLock:
    """Make the folder ours, and empty."""
    folder.mkdir(mode=0o700, exist_ok=True)
    try:
        lock = FileLock(folder / LOCK)
    except LockHeldError:
        raise BusyError("This model is being converted already. Wait for that.") from None
    for path in folder.iterdir():
        if path.name != LOCK:
            path.unlink()
    return lock


def _settle(folder: Path) -> None:
    """Have the system write everything to disk, so that the name never comes before it."""
    for path in folder.iterdir():
        _sync(path)
    _sync(folder)


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return  # Windows opens no folders
    fd = os.open(path, os.O_RDWR if path.is_file() else os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _no_room(error: OSError) -> bool:
    """Whether an error is of a full disk; numpy gives no number where it wrote too little."""
    return error.errno in _NO_ROOM or (error.errno is None and "written" in str(error))
