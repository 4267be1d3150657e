"""Room on the disk, and putting folders in place so that they are whole or not there."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from sidecar.errors import DiskFullError
from sidecar.model_store.manifest import BLOCK_BYTES, Report, Stored

_NO_ROOM = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))


def check_room(folder: Path, needed_bytes: int, spare_bytes: int) -> None:
    """Refuse to begin what would not fit.

    Raises:
        DiskFullError: it would leave less than `spare_bytes` free.
    """
    free = shutil.disk_usage(folder).free
    if needed_bytes + spare_bytes > free:
        raise DiskFullError(
            f"This needs {gigabytes(needed_bytes + spare_bytes)} on disk and {gigabytes(free)} are"
            " free: make room, or give SOTTO_DATA_DIR a folder on a larger disk."
        )


def gigabytes(n_bytes: int) -> str:
    """A size for people.

    >>> gigabytes(1_880_000_000), gigabytes(330)
    ('1.9 GB', '0.0 GB')
    """
    return f"{n_bytes / 1e9:.1f} GB"


@contextlib.contextmanager
def written() -> Iterator[None]:
    """Name what goes wrong with the disk.

    Raises:
        DiskFullError: there is no room, or nothing can be written.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise DiskFullError(
                "The disk is full: make room and do it again; what came is kept."
            ) from error
        raise DiskFullError(
            f"The folder of the models cannot be used ({error.strerror}): see that it can be"
            " written, or give SOTTO_DATA_DIR another one."
        ) from error


def copy_file(source: Path, target: Path, report: Report) -> Stored:
    """Copy a file; gives what was written. A link is not followed.

    Raises:
        OSError: it cannot be read, or not be written.
    """
    digest, done = hashlib.sha256(), 0
    fd = os.open(source, os.O_RDONLY | _BINARY | _NO_LINKS)
    with os.fdopen(fd, "rb") as content, target.open("xb") as copy:
        total = os.fstat(content.fileno()).st_size
        while block := content.read(BLOCK_BYTES):
            copy.write(block)
            digest.update(block)
            done += len(block)
            report(done, total)
    return Stored(done, digest.hexdigest())


def publish(folder: Path, place: Path, aside: Path) -> None:
    """Move a folder to its place in one step, once all of it is on the disk.

    What is in its place is moved to `aside`, which is on the same disk and not there yet.

    Raises:
        OSError: it cannot be.
    """
    for path in folder.iterdir():
        _sync(path)
    _sync(folder)
    if place.exists():
        place.rename(aside)
    folder.rename(place)
    _sync(place.parent)


def _sync(path: Path) -> None:
    try:
        fd = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    except PermissionError:
        return  # Windows opens no folders
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


_BINARY: int = getattr(os, "O_BINARY", 0)  # only Windows has it
_NO_LINKS: int = getattr(os, "O_NOFOLLOW", 0)  # and only Windows has not
