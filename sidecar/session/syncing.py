"""Bringing to the disk what is with the kernel, without anybody waiting for it."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

SYNC_S = 1.0


class Syncer:
    """Syncs a file that grows, at most every `SYNC_S`, in a thread of its own.

    Args:
        fd: of the file; closed in the end.
        names: folders and small files that are synced once, at the start.
    """

    def __init__(self, fd: int, names: Iterable[Path]) -> None:
        self._fd = fd
        self._names = tuple(names)
        self._grown = threading.Event()
        self._stopped = threading.Event()
        self._failed: OSError | None = None
        self._thread = threading.Thread(target=self._run, name="journal-sync", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Raise the OSError that a sync has met, if any: not all that was written is safe."""
        if self._failed is not None:
            raise self._failed

    def wake(self) -> None:
        """Say that the file has grown."""
        if not self._grown.is_set():
            self._grown.set()

    def stop(self) -> None:
        """Sync no more. Waits for a sync that runs only where the file could not be deleted."""
        self._stopped.set()
        self._grown.set()
        if sys.platform == "win32":
            self._thread.join()

    def _run(self) -> None:
        try:
            self._sync_names()
            while not self._stopped.is_set():
                _sync(self._fd)
                self._stopped.wait(SYNC_S)
                self._grown.wait()
                self._grown.clear()
        except OSError as error:
            self._failed = error
        finally:
            os.close(self._fd)

    def _sync_names(self) -> None:
        """Make sure that the file will be found."""
        for path in self._names:
            with suppress(OSError):  # Windows opens no folders; or it is discarded already
                fd = os.open(path, os.O_RDONLY)
                try:
                    os.fsync(fd)
                finally:
                    os.close(fd)


_sync = getattr(os, "fdatasync", os.fsync)  # macOS and Windows have only the latter
