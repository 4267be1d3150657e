"""A file that is partly there: its bytes in any order, and a journal of which they are.

`NAME.part` holds the bytes and `NAME.ranges` a line for each piece that has come, so that
whoever comes after us, however we ended, goes on from there. The journal need not be true
to be safe: the hash of the whole decides, and it is computed from what is on the disk.

All methods block for as long as the disk takes. They may be called from several threads.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from contextlib import suppress
from pathlib import Path

from sidecar.model_store.plan import PlannedFile
from sidecar.model_store.ranges import Ranges, Span

READ_BYTES = 1 << 20
MAX_JOURNAL_BYTES = 64 << 20


class PartialFile:
    """One file on its way in.

    Attributes:
        file: what it is to be.
        etag: the version that its source calls it, where one has been told.
        resumed: it was begun before.

    Args:
        folder: an existing folder that nobody else writes to.
    """

    def __init__(self, folder: Path, file: PlannedFile) -> None:
        self.file = file
        self._target = folder / file.name
        self._target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._data_path = _part_of(self._target)
        self._journal_path = _journal_of(self._target)
        self._lock = threading.Lock()
        self._data: int | None = None
        self._ranges, self.etag = read_journal(self._journal_path, file.bytes)
        self._journal = _open(self._journal_path, os.O_WRONLY | os.O_APPEND)
        try:
            self._data = _open(self._data_path, os.O_RDWR)
        except OSError:
            os.close(self._journal)
            raise
        if self._ranges.n_bytes and os.fstat(self._data).st_size < self._last_byte():
            self._forget()  # the journal is of a file that is gone
        self.resumed = bool(self._ranges.n_bytes)
        self._hash = _Hash(file)

    @property
    def n_bytes(self) -> int:
        """How much of it is there."""
        return self._ranges.n_bytes

    def gaps(self) -> tuple[Span, ...]:
        """What is missing, in order."""
        return tuple(self._ranges.gaps(self.file.bytes))

    def write(self, offset: int, content: bytes | bytearray) -> None:
        """Keep a piece. Nothing happens after `close`.

        Raises:
            OSError: it cannot be written.
        """
        with self._lock:
            if self._data is None:
                return
            os.lseek(self._data, offset, os.SEEK_SET)
            _write_all(self._data, content)
            end = offset + len(content)
            _write_all(self._journal, f"{offset} {end}\n".encode())
            self._ranges.add(offset, end)
            self._hash_up_to(self._ranges.head)

    def name_version(self, etag: str) -> None:
        """Remember the version that its source calls it."""
        with self._lock:
            if self._data is not None and etag != self.etag:
                _write_all(self._journal, f"etag {json.dumps(etag)}\n".encode())
                self.etag = etag

    def reset(self) -> None:
        """Drop what has come.

        Raises:
            OSError: it cannot be written.
        """
        with self._lock:
            if self._data is not None:
                self._forget()
                self._hash = _Hash(self.file)

    def is_right(self) -> bool:
        """Whether it is complete, and has the hash it must have."""
        with self._lock:
            if self._data is None or tuple(self._ranges.gaps(self.file.bytes)):
                return False
            self._hash_up_to(self.file.bytes)
            return self._hash.is_right()

    def finish(self) -> None:
        """Give it its name, once it is right; it is on the disk then.

        Raises:
            OSError: it cannot be.
        """
        with self._lock:
            if self._data is None:
                return
            os.ftruncate(self._data, self.file.bytes)
            os.fsync(self._data)
            self._close()
            self._data_path.replace(self._target)
            self._journal_path.unlink()

    def close(self) -> None:
        """Write no more; what has come stays. Harmless a second time."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._data is not None:
            os.close(self._data)
            os.close(self._journal)
        self._data = None

    def _forget(self) -> None:
        assert self._data is not None
        os.ftruncate(self._journal, 0)  # first: bytes without a line are merely fetched again
        os.ftruncate(self._data, 0)
        self._ranges = Ranges()
        self.etag = ""

    def _last_byte(self) -> int:
        return max(end for _, end in self._ranges.spans())

    def _hash_up_to(self, end: int) -> None:
        assert self._data is not None
        while self._hash.n_bytes < end:
            os.lseek(self._data, self._hash.n_bytes, os.SEEK_SET)
            content = os.read(self._data, min(READ_BYTES, end - self._hash.n_bytes))
            if not content:
                return  # somebody has cut it off: it is not right then
            self._hash.update(content)


def read_journal(path: Path, size: int) -> tuple[Ranges, str]:
    """What has come of a file of that size, and its version; a line that was cut off ends it."""
    ranges, etag, lines = Ranges(), "", b""
    with suppress(FileNotFoundError), path.open("rb") as file:
        lines = file.read(MAX_JOURNAL_BYTES)
    whole, _, _ = lines.rpartition(b"\n")
    for line in whole.split(b"\n") if whole else ():
        try:
            word, _, rest = line.decode().partition(" ")
            if word == "etag":
                etag = str(json.loads(rest))
            else:
                ranges.add(*_within(size, int(word), int(rest)))
        except ValueError:
            break
    return ranges, etag


def bytes_there(folder: Path, file: PlannedFile) -> int:
    """How much of a file has come, by what is written of it; nothing is read to check it."""
    try:
        return (folder / file.name).stat().st_size
    except OSError:
        return read_journal(_journal_of(folder / file.name), file.bytes)[0].n_bytes


def discard(folder: Path, file: PlannedFile) -> None:
    """Delete what has come of a file."""
    target = folder / file.name
    for path in (_journal_of(target), _part_of(target), target):
        path.unlink(missing_ok=True)


class _Hash:
    """The hash of the content so far, of the kind that the plan has."""

    def __init__(self, file: PlannedFile) -> None:
        self._wanted = file.sha256 or file.git_oid
        self.n_bytes = 0
        if file.sha256:
            self._digest = hashlib.sha256()
        else:  # git's own names for files, which hubs give for those that git holds
            self._digest = hashlib.sha1(f"blob {file.bytes}\0".encode(), usedforsecurity=False)

    def update(self, content: bytes) -> None:
        """Take more of it, in order."""
        self._digest.update(content)
        self.n_bytes += len(content)

    def is_right(self) -> bool:
        """Whether what was taken is what it must be."""
        return self._digest.hexdigest() == self._wanted


def is_whole(path: Path, file: PlannedFile) -> bool:
    """Whether the file at `path` is there and is what it must be."""
    try:
        with path.open("rb", buffering=0) as content:
            if os.fstat(content.fileno()).st_size != file.bytes:
                return False
            digest = _Hash(file)
            while chunk := content.read(READ_BYTES):
                digest.update(chunk)
    except OSError:
        return False
    return digest.is_right()


def _part_of(target: Path) -> Path:
    return target.with_name(f"{target.name}.part")


def _journal_of(target: Path) -> Path:
    return target.with_name(f"{target.name}.ranges")


def _within(size: int, start: int, end: int) -> Span:
    if not 0 <= start <= end <= size:
        raise ValueError("out of bounds")
    return start, end


def _open(path: Path, flags: int) -> int:
    return os.open(path, flags | os.O_CREAT | _BINARY | _NO_LINKS, 0o600)


def _write_all(fd: int, content: bytes | bytearray) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(fd, rest) :]


_BINARY: int = getattr(os, "O_BINARY", 0)  # only Windows has it
_NO_LINKS: int = getattr(os, "O_NOFOLLOW", 0)  # and only Windows has not
