"""The connection file: how another program of the same user joins a running sidecar.

It holds a client key pair, so it is 0600 in a 0700 folder and removed at exit. Whoever
publishes holds a lock beside it for life: one published sidecar per user, and a file
without a held lock is what a killed sidecar left behind.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from sidecar.host.rundir import FileLock, LockHeldError

FILE = "conn.json"
LOCK = "conn.lock"


class AlreadyRunningError(Exception):
    """Another sidecar of this user is published already."""


@dataclass(frozen=True, slots=True)
class ConnectionInfo:
    """All that a client needs to connect. Keys are Z85; `secret_key` is never shown.

    Attributes:
        endpoint: ZeroMQ address of the sidecar.
        server_key: the sidecar's public key, which proves that it is the one.
        public_key: the client's public key, which the sidecar admits.
        secret_key: the client's secret key.
        epoch: names this run of the sidecar.
        pid: the sidecar's process.
    """

    endpoint: str
    server_key: str
    public_key: str
    secret_key: str = field(repr=False)
    epoch: str
    pid: int


class Publication:
    """Our own connection file, for as long as this object is not withdrawn."""

    def __init__(self, folder: Path) -> None:
        """Become the published sidecar of this user; the file follows with `write`.

        Raises:
            AlreadyRunningError: another sidecar is.
        """
        try:
            self._lock = FileLock(folder / LOCK)
        except LockHeldError as error:
            raise AlreadyRunningError(
                "A sidecar is running already: use it, or stop it first."
            ) from error
        self._path = folder / FILE
        self._path.unlink(missing_ok=True)  # left by a sidecar that was killed

    def write(self, info: ConnectionInfo) -> None:
        """Put the file in place in one step, readable by this user alone."""
        fresh = self._path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(msgspec.json.encode(info))
        fresh.replace(self._path)

    def withdraw(self) -> None:
        """Remove the file and let another sidecar publish. Harmless a second time."""
        if self._lock.held:
            self._path.unlink(missing_ok=True)
            self._lock.release()


def read_connection(folder: Path) -> ConnectionInfo | None:
    """The published sidecar, or None where there is none or the file cannot be trusted.

    The sidecar may have been killed since: connecting finds out.
    """
    path = folder / FILE
    try:
        if sys.platform != "win32" and not _is_ours_alone(path):
            return None
        return msgspec.json.decode(path.read_bytes(), type=ConnectionInfo)
    except (OSError, msgspec.DecodeError):
        return None


def _is_ours_alone(path: Path) -> bool:
    found = path.lstat()
    return found.st_uid == os.geteuid() and not found.st_mode & 0o077
