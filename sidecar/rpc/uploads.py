"""Recordings that arrive in parts: one 0600 file each, never held in memory.

What writes to the disk happens in a thread, one step at a time per upload and in the
order in which the parts came.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import shutil
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from sidecar.errors import (
    BusyError,
    DiskFullError,
    GapError,
    NoSessionError,
    TooLargeError,
)
from sidecar.protocol.messages import Limits

PART_BYTES = 1 << 20  # large enough to be cheap, small enough that other messages pass between
SMALL_BYTES = 16 << 20
NO_ROOM = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))


class Upload:
    """One recording on its way in."""

    def __init__(self, fd: int, path: Path) -> None:
        self.path = path
        self.received_bytes = 0
        self.next_seq = 0
        self.turn = asyncio.Lock()  # first come, first served
        self._fd: int | None = fd
        self._at_file = threading.Lock()  # a write that outlives its cancelled call

    @classmethod
    def create(cls, folder: Path, total_bytes: int) -> Upload:
        """Begin an empty file, where there is room for `total_bytes`."""
        if total_bytes > shutil.disk_usage(folder).free:
            raise OSError(errno.ENOSPC, "no room for what was announced")
        path = folder / os.urandom(16).hex()
        return cls(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600), path)

    def write(self, part: memoryview) -> None:
        """Append a part, all of it. Nothing happens after `finish`."""
        with self._at_file:
            while part and self._fd is not None:
                part = part[os.write(self._fd, part) :]

    def finish(self) -> Path:
        """No more parts: the file may be read. It is the caller's to delete."""
        with self._at_file:
            if self._fd is not None:
                os.close(self._fd)
                self._fd = None
        return self.path

    def delete(self) -> None:
        """Forget it. Harmless a second time."""
        self.finish().unlink(missing_ok=True)


class Uploads:
    """The uploads of one client.

    Args:
        folder: gives the private folder for them all; may have to make it first.
    """

    def __init__(self, limits: Limits, folder: Callable[[], Awaitable[Path]]) -> None:
        self._limits = limits
        self._folder = folder
        self._open: dict[int, Upload] = {}
        self._next = 0
        self._closed = False

    def __len__(self) -> int:
        return len(self._open)

    async def open(self, total_bytes: int) -> int:
        """Begin an upload and return its name. `total_bytes` is 0 where unknown.

        Raises:
            BusyError: this client has too many.
            TooLargeError: it will be larger than an upload may be.
            DiskFullError: there is no room for it.
        """
        self._check_size(total_bytes)
        folder = await self._folder()
        if self._closed:
            raise NoSessionError("The connection has ended.")
        if len(self) >= self._limits.max_uploads:
            raise BusyError("Too many uploads are open: finish or drop one.", retry_after_ms=1000)
        with _full_disk_told():
            upload = Upload.create(folder, total_bytes)
        name, self._next = self._next, self._next + 1
        self._open[name] = upload
        return name

    async def put(self, name: int, seq: int, part: memoryview) -> int:
        """Append a part; returns the bytes that are on disk now. An error drops the upload.

        Raises:
            NoSessionError: there is no such upload.
            GapError: this is not the part that comes next.
            TooLargeError: larger than an upload may be.
            DiskFullError: there is no room for it.
        """
        upload = self._find(name)
        async with upload.turn:
            self._find(name)
            try:
                self._check_part(upload, seq, len(part))
                upload.next_seq += 1
                with _full_disk_told():
                    # Shielded: a write goes on to its end also when nobody waits for it.
                    await asyncio.shield(asyncio.to_thread(upload.write, part))
            except BaseException:
                self.drop(name)
                raise
            upload.received_bytes += len(part)
            return upload.received_bytes

    async def take(self, name: int) -> Path:
        """The file of a complete upload, which is now the caller's to delete.

        Raises:
            NoSessionError: there is no such upload.
        """
        upload = self._find(name)
        try:
            await upload.turn.acquire()  # after the parts that are still being written
        except asyncio.CancelledError:
            self.drop(name)
            raise
        self._find(name)
        del self._open[name]
        return upload.finish()

    def drop(self, name: int) -> None:
        """Forget an upload. Unknown ones are ignored."""
        upload = self._open.pop(name, None)
        if upload is not None:
            delete_soon(upload.delete)

    def close(self) -> None:
        """Forget them all; the client is gone."""
        self._closed = True
        for name in list(self._open):
            self.drop(name)

    def _find(self, name: int) -> Upload:
        upload = self._open.get(name)
        if upload is None:
            raise NoSessionError("There is no such upload: call audio.open first.")
        return upload

    def _check_part(self, upload: Upload, seq: int, length: int) -> None:
        if seq != upload.next_seq:
            raise GapError(
                f"Part {upload.next_seq} should come next, not {seq}: upload the recording again.",
                detail=str(upload.next_seq),
            )
        self._check_size(upload.received_bytes + length)

    def _check_size(self, total_bytes: int) -> None:
        if total_bytes > self._limits.max_upload_bytes:
            most = self._limits.max_upload_bytes >> 20
            raise TooLargeError(f"An upload may have at most {most} MiB: split the recording.")


def discard(path: Path) -> None:
    """Delete a recording: a small one now, which takes less than asking a thread to."""
    with contextlib.suppress(OSError):  # the folder is swept at the next start at the latest
        if path.stat().st_size > SMALL_BYTES:
            delete_soon(path.unlink)
        else:
            path.unlink()


def delete_soon(delete: Callable[[], None]) -> None:
    """Delete in a thread: unlinking gigabytes takes a while on some file systems."""
    asyncio.get_running_loop().run_in_executor(None, _quietly(delete))


def _quietly(delete: Callable[[], None]) -> Callable[[], None]:
    def run() -> None:
        with contextlib.suppress(OSError):  # the folder is swept at the next start at the latest
            delete()

    return run


@contextlib.contextmanager
def _full_disk_told() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise DiskFullError(
            "There is no room on disk for the recording: free some space and try again.",
            retry_after_ms=10_000,
        ) from error


_BINARY = getattr(os, "O_BINARY", 0)  # Windows only
