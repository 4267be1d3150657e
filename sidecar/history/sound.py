"""The sound files of entries: recordings of the journal, cut and joined."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from sidecar.domain import SAMPLE_RATE_HZ, Samples
from sidecar.errors import BadAudioError, DiskFullError, NoSessionError
from sidecar.session.wav import HEADER_BYTES, SAMPLE_BYTES, header, rate_of

NAME = re.compile(r"[0-9a-f]{32}\.wav")
COPY_BYTES = 1 << 20


def join(sources: Sequence[tuple[Path, int | None]], folder: Path) -> str:
    """Write recordings one after the other into a file of that folder; gives its name.

    Args:
        sources: each with the milliseconds after which it is cut, or None.
        folder: a private one.

    Raises:
        NoSessionError: a recording is not there any more.
        BadAudioError: it is none.
        DiskFullError: there is no room, or the disk fails. Nothing is left.
    """
    rates = [_rate_of(path) for path, _ in sources]
    rate_hz = rates[0] if len(set(rates)) == 1 else SAMPLE_RATE_HZ
    pieces = (
        piece
        for (path, end_ms), own_hz in zip(sources, rates, strict=True)
        for piece in _at_rate(_pcm(path, own_hz, end_ms), own_hz, rate_hz)
    )
    return _write(folder, rate_hz, pieces)


def read(path: Path, offset: int, max_bytes: int) -> tuple[int, bytes]:
    """How large a file is, and a piece of it.

    Raises:
        NoSessionError: it is not there any more.
    """
    try:
        with path.open("rb") as file:
            file.seek(offset)
            return os.fstat(file.fileno()).st_size, file.read(max_bytes)
    except OSError as error:
        raise NoSessionError("The audio of this entry is not there any more.") from error


def delete_all_but(folder: Path, kept: frozenset[str], older_than_s: float) -> None:
    """Delete the sound files that nobody names, unless somebody may be about to.

    Args:
        folder: where.
        kept: the names of those that stay.
        older_than_s: in Unix time; what is newer stays.
    """
    for path in folder.iterdir():
        ours = NAME.fullmatch(path.name.removesuffix(".part"))
        with suppress(OSError):  # another process does the same, or has it open
            if ours and path.name not in kept and path.lstat().st_mtime < older_than_s:
                path.unlink()


def delete(folder: Path, name: str) -> None:
    """Delete a sound file; where that fails `delete_all_but` does it another time."""
    with suppress(OSError):
        (folder / name).unlink()


def _write(folder: Path, rate_hz: int, pieces: Iterable[bytes]) -> str:
    name = f"{os.urandom(16).hex()}.wav"
    unfinished = folder / f"{name}.part"
    try:
        try:
            with os.fdopen(os.open(unfinished, _NEW_FILE, 0o600), "wb") as file:
                _write_wav(file, rate_hz, pieces)
            unfinished.replace(folder / name)
            _sync_folder(folder)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise DiskFullError(
            f"The recording cannot be copied into the history ({os.strerror(error.errno or 0)}):"
            " free some space, or check the disk. It stays where it was.",
            detail=errno.errorcode.get(error.errno or 0),
        ) from error
    return name


def _write_wav(file: BinaryIO, rate_hz: int, pieces: Iterable[bytes]) -> None:
    file.write(header(rate_hz, None))
    n_bytes = sum(map(file.write, pieces))
    file.seek(0)
    file.write(header(rate_hz, n_bytes))
    file.flush()
    os.fsync(file.fileno())


def _rate_of(path: Path) -> int:
    try:
        with path.open("rb") as file:
            rate_hz = rate_of(file.read(HEADER_BYTES))
    except OSError as error:
        raise NoSessionError("There is no such recording any more.") from error
    if rate_hz is None:
        raise BadAudioError("The recording is damaged: it does not begin as one.", detail="header")
    return rate_hz


def _pcm(path: Path, rate_hz: int, end_ms: int | None) -> Iterator[bytes]:
    """The samples before `end_ms`, in pieces of whole ones."""
    with path.open("rb") as file:
        left = os.fstat(file.fileno()).st_size - HEADER_BYTES
        if end_ms is not None:
            left = min(left, end_ms * rate_hz // 1000 * SAMPLE_BYTES)
        left -= left % SAMPLE_BYTES
        file.seek(HEADER_BYTES)
        while left > 0 and (piece := file.read(min(left, COPY_BYTES))):
            left -= len(piece)
            yield piece


def _at_rate(pcm: Iterator[bytes], rate_hz: int, wanted_hz: int) -> Iterator[bytes]:
    if rate_hz == wanted_hz:
        yield from pcm
        return
    import numpy as np

    from sidecar.audio.resample import Resampler

    resampler = Resampler(rate_hz)
    full = np.float32(1 << 15)

    def as_pcm(samples: Samples) -> bytes:
        return bytes(np.clip(np.rint(samples * full), -full, full - 1).astype("<i2"))

    for piece in pcm:
        yield as_pcm(resampler.push(np.frombuffer(piece, "<i2").astype(np.float32) / full))
    yield as_pcm(resampler.flush())


def _sync_folder(folder: Path) -> None:
    """Make sure that the file will be found after a power cut."""
    with suppress(OSError):  # Windows opens no folders
        fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)  # Windows only
