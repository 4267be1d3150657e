"""Private folders: where sockets, the connection file and waiting audio live."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from sidecar.config import ConfigError

APP = "sotto"
SOCKET_PATH_BYTES = 103  # sun_path is 104 bytes on macOS and 108 on Linux, with the final zero


def runtime_dir(override: Path | None = None) -> Path:
    """The folder of this user for what lives only as long as a sidecar; made if absent.

    By hand rather than with platformdirs, whose answer for macOS is too long for a socket
    path and whose import costs a tenth of our start.

    Raises:
        ConfigError: the folder cannot be made, or others could read it.
    """
    if override is not None:
        return private_dir(override)
    if sys.platform == "win32":
        return private_dir(data_dir() / "run")
    base = os.environ.get("XDG_RUNTIME_DIR", "")
    if base and Path(base).is_dir():
        return private_dir(Path(base) / APP)
    return _short_dir()


def data_dir(override: Path | None = None) -> Path:
    """The folder of this user for what is large or outlives a sidecar; made if absent.

    Raises:
        ConfigError: the folder cannot be made, or others could read it.
    """
    if override is not None:
        return private_dir(override)
    import platformdirs

    return private_dir(Path(platformdirs.user_data_dir(APP, appauthor=False)))


def private_dir(path: Path) -> Path:
    """Make a folder that only this user can enter, or check that an existing one is so.

    Raises:
        ConfigError: it cannot be made, is a link, belongs to another user or is open to others.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)
        found = path.lstat()
    except OSError as error:
        raise ConfigError(
            f"A folder that the sidecar needs cannot be made ({error.strerror}): {path}."
            " SOTTO_RUNTIME_DIR and SOTTO_DATA_DIR can name others."
        ) from error
    if not stat.S_ISDIR(found.st_mode):
        raise ConfigError(f"This must be a folder and not a link: {path}")
    if sys.platform != "win32" and (found.st_uid != os.geteuid() or found.st_mode & 0o077):
        raise ConfigError(f"Only you may have access to this folder (chmod 700): {path}")
    return path


def socket_dir_parent(runtime: Path) -> Path:
    """Where the folder of one socket goes: `runtime`, or a short one if that is too deep."""
    longest = len(os.fsencode(runtime)) + len("/run-01234567/rpc")
    if longest <= SOCKET_PATH_BYTES:
        return runtime
    return _short_dir()


def _short_dir() -> Path:
    return private_dir(Path("/tmp") / f"{APP}-{os.getuid()}")  # noqa: S108 (checked to be ours)
