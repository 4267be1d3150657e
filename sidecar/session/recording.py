"""The recording of one dictation, written while it is spoken.

What `append` was given is with the kernel when it returns, so no death of this process can
lose it. It reaches the disk within about a second, which a power cut may cost.
"""

from __future__ import annotations

import errno
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Literal

from sidecar.errors import DiskFullError
from sidecar.host.rundir import FileLock, LockHeldError
from sidecar.session.manifest import FILE, Manifest, RecordingInfo, write_manifest
from sidecar.session.syncing import Syncer
from sidecar.session.wav import HEADER_BYTES, SAMPLE_BYTES, header

AUDIO = "audio.wav"
LOCK = "lock"
NO_ROOM = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))


class Recording:
    """An open recording. End it with `finish`, `keep` or `discard`; the first of them counts.

    Safe from any thread. All of it works with files: nothing for an event loop.

    Attributes:
        name: what the journal calls it.

    Args:
        folder: where; made here. Its parent must be private.
        info: what is recorded.
        keep_finished: whether it stays when it is finished.
        on_kept: told once it is closed and stays.
    """

    def __init__(
        self,
        folder: Path,
        info: RecordingInfo,
        *,
        keep_finished: bool = False,
        on_kept: Callable[[], None] = lambda: None,
    ) -> None:
        """Begin it.

        Raises:
            OSError: it cannot be written; nothing is left of it.
        """
        self.name = folder.name
        self._folder = folder
        self._info = info
        self._keep_finished = keep_finished
        self._on_kept = on_kept
        self._at_file = threading.Lock()
        self._pcm_bytes = 0
        self._refused = False
        self._kept: bool | None = None  # None while it is open
        with ExitStack() as undo:
            folder.mkdir(mode=0o700)
            undo.callback(shutil.rmtree, folder, ignore_errors=True)
            self._lock = FileLock(folder / LOCK)
            undo.callback(self._lock.release)
            self._fd = os.open(folder / AUDIO, _NEW_FILE, 0o600)
            undo.callback(os.close, self._fd)
            _write_all(self._fd, header(info.rate_hz, None))
            write_manifest(folder, Manifest(state="open", info=info))
            self._syncer = Syncer(os.dup(self._fd), (folder / FILE, folder, folder.parent))
            undo.pop_all()

    def append(self, pcm: bytes) -> None:
        """Append whole 16-bit samples; they survive this process once this returns.

        Raises:
            DiskFullError: the disk takes no more. What it took stays; the rest of the
                dictation is not recorded, and nothing more is said about it.
        """
        with self._at_file:
            if self._kept is not None or self._refused:
                return
            try:
                self._syncer.check()
                self._write(pcm)
            except OSError as error:
                self._refused = True
                raise refusal(error) from error
        self._syncer.wake()

    def finish(self, *, keep: bool = False) -> bool:
        """The dictation has come to its end. Returns whether its recording stays.

        Args:
            keep: it stays in any case; if not as one that is finished, then to be recovered.
        """
        if self._keep_finished:
            return self._end("finished")
        return self.keep() if keep else self.discard()

    def keep(self) -> bool:
        """The dictation ends without a result. Returns whether there is anything to recover."""
        return self._end("interrupted") if self._pcm_bytes else self.discard()

    def discard(self) -> bool:
        """Delete it. Returns whether it stays all the same, because it was ended before."""
        with self._at_file:
            if self._kept is None:
                self._kept = False
                self._let_go()
                shutil.rmtree(self._folder, ignore_errors=True)
            return self._kept

    def _end(self, state: Literal["interrupted", "finished"]) -> bool:
        with self._at_file:
            if self._kept is not None:
                return self._kept
            self._kept = True
            with suppress(OSError):  # then it counts as interrupted and is read to its end
                os.lseek(self._fd, 0, os.SEEK_SET)
                _write_all(self._fd, header(self._info.rate_hz, self._pcm_bytes))
                os.fsync(self._fd)
                write_manifest(self._folder, Manifest(state=state, info=self._info))
            self._let_go()
        self._on_kept()
        return True

    def _write(self, pcm: bytes) -> None:
        before = self._pcm_bytes
        try:
            for n_bytes in _pieces(self._fd, pcm):
                self._pcm_bytes += n_bytes
        except OSError:
            half = (self._pcm_bytes - before) % SAMPLE_BYTES
            if half:
                self._pcm_bytes -= half
                with suppress(OSError):
                    os.ftruncate(self._fd, HEADER_BYTES + self._pcm_bytes)
            raise

    def _let_go(self) -> None:
        self._syncer.stop()
        os.close(self._fd)
        self._lock.release()


def refusal(error: OSError | LockHeldError) -> DiskFullError:
    """What to tell the person whose recording cannot be written, or not any more."""
    cause = error if isinstance(error, OSError) else error.__cause__
    number = getattr(cause, "errno", None) or 0
    if number in NO_ROOM:
        why = "There is no room on disk for the recording: free some space."
    else:
        why = f"The recording cannot be written ({os.strerror(number)}): check the disk."
    return DiskFullError(
        f"{why} The dictation goes on, but what follows could not be recovered after a crash.",
        detail=errno.errorcode.get(number),
    )


def _write_all(fd: int, data: bytes) -> None:
    for _ in _pieces(fd, data):
        pass


def _pieces(fd: int, data: bytes) -> Iterator[int]:
    """Write all of it; yields how many bytes each step has written."""
    rest = memoryview(data)
    while rest:
        n_bytes = os.write(fd, rest)
        yield n_bytes
        rest = rest[n_bytes:]


_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)  # Windows only
