"""The recordings of dictations: kept while one runs, and until it is recovered if it broke off.

A folder for each, with its audio, its manifest and a lock. Who records holds the lock, and
the system drops it however that process ends; so a recording that says it is open and whose
lock can be had was interrupted. All that looks into the journal takes turns at a lock of the
journal itself.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal

from sidecar.domain import KeptRecording
from sidecar.errors import BusyError, DiskFullError, NoSessionError
from sidecar.host.rundir import FileLock, LockHeldError
from sidecar.session.manifest import Manifest, RecordingInfo, read_manifest
from sidecar.session.recording import AUDIO, LOCK, Recording, refusal
from sidecar.session.retention import Retention, Stored, doomed
from sidecar.session.wav import HEADER_BYTES, SAMPLE_BYTES, rate_of
from sidecar.telemetry.logs import EventLog

__all__ = ["Journal", "Recording", "RecordingInfo"]

NAME = re.compile(r"[0-9a-f]{32}")


class Journal:
    """The recordings of one user. Works with files: nothing of it is for an event loop.

    Several sidecars may share one. What is in its folder and not a recording that could have
    been made here (links, foreign or damaged files) is left alone, and logged.

    Args:
        folder: a private folder.
        retention: how long recordings stay.
    """

    def __init__(
        self, folder: Path, retention: Retention | None = None, log: EventLog | None = None
    ) -> None:
        self._folder = folder
        self._retention = retention or Retention()
        self._log = log or EventLog()

    def begin(self, info: RecordingInfo, name: str | None = None) -> Recording:
        """Begin a recording, which is called so; None gives it a random name.

        Raises:
            DiskFullError: it cannot be written, or there is one of that name; the dictation
                can do without.
            ValueError: that is no name of a recording.
        """
        if name is not None and not NAME.fullmatch(name):
            raise ValueError(name)
        try:
            with self._turn():
                return Recording(
                    self._folder / (name or os.urandom(16).hex()),
                    info,
                    keep_finished=self._retention.finished_s > 0,
                    on_kept=self.sweep,
                )
        except (OSError, LockHeldError) as error:
            raise refusal(error) from error

    def recordings(self) -> tuple[KeptRecording, ...]:
        """All recordings, the newest first. Those without a single sample do not count."""
        with self._turn():
            stored = self._stored()
        kept = (each.recording for each in stored if each.recording.audio_s)
        return tuple(sorted(kept, key=lambda each: each.began_s, reverse=True))

    def find(self, name: str) -> KeptRecording:
        """One recording, which is not being written any more.

        Raises:
            NoSessionError: there is none of that name.
            BusyError: its dictation still runs.
        """
        with self._turn():
            return self._find(name)

    def audio(self, name: str) -> Path:
        """The sound file of a recording, in any state that a crash leaves.

        Raises:
            NoSessionError: there is none of that name.
            BusyError: its dictation still runs.
        """
        return self._folder / self.find(name).name / AUDIO

    def discard(self, name: str) -> None:
        """Delete a recording for good.

        Raises:
            NoSessionError: there is none of that name.
            BusyError: its dictation still runs.
            DiskFullError: the disk, or who has it open, does not let it go; it may still be there.
        """
        with self._turn():
            try:
                self._delete(self._find(name).name)
            except OSError as error:
                raise DiskFullError(
                    f"The recording cannot be deleted ({error.strerror}): close the programs that "
                    "have it open, and try again.",
                    detail=errno.errorcode.get(error.errno or 0),
                ) from error

    def sweep(self) -> None:
        """Delete what need not stay any longer."""
        try:
            with self._turn():
                for name in doomed(self._stored(), self._retention, time.time()):
                    self._try_to_delete(name)
        except OSError as error:  # another time, then
            self._log.fault("journal-not-swept", error)

    def _turn(self) -> FileLock:
        return FileLock(self._folder / LOCK, wait=True)

    def _find(self, name: str) -> KeptRecording:
        stored = self._look(self._folder / name) if NAME.fullmatch(name) else None
        if stored is None:
            raise NoSessionError("There is no such recording: list those that are kept.")
        if stored.recording.state == "open":
            raise BusyError("This dictation still runs: end it first.", retry_after_ms=1000)
        return stored.recording

    def _stored(self) -> tuple[Stored, ...]:
        return tuple(self._each())

    def _each(self) -> Iterator[Stored]:
        for folder in self._folder.iterdir():
            if NAME.fullmatch(folder.name):
                stored = self._look(folder)
                if stored is None:
                    self._log.warning("recording-unreadable", recording=folder.name)
                else:
                    yield stored

    def _try_to_delete(self, name: str) -> None:
        try:
            self._delete(name)
        except OSError as error:
            why = errno.errorcode.get(error.errno or 0, "unknown")
            self._log.warning("recording-not-deleted", recording=name, why=why)

    def _delete(self, name: str) -> None:
        with suppress(FileNotFoundError):
            shutil.rmtree(self._folder / name)
        self._log.info("recording-deleted", recording=name)

    def _look(self, folder: Path) -> Stored | None:
        """What is there, or None if it is no recording of ours that anybody could hear."""
        audio = folder / AUDIO
        try:
            if not _is_ours(folder.lstat()) or (folder / LOCK).is_symlink():
                return None
            found = audio.lstat()
            rate_hz = _rate_of(audio) if stat.S_ISREG(found.st_mode) else None
            is_open = _is_locked(folder / LOCK)
        except OSError:
            return None
        if rate_hz is None:
            return None
        audio_s = (found.st_size - HEADER_BYTES) // SAMPLE_BYTES / rate_hz
        recording = _described(folder.name, read_manifest(folder), is_open, audio_s, found.st_mtime)
        return Stored(recording, found.st_size, found.st_mtime)


def _is_ours(folder: os.stat_result) -> bool:
    private = sys.platform == "win32" or (
        folder.st_uid == os.geteuid() and not folder.st_mode & 0o077
    )
    return stat.S_ISDIR(folder.st_mode) and private


def _rate_of(audio: Path) -> int | None:
    with audio.open("rb") as file:
        return rate_of(file.read(HEADER_BYTES))


def _is_locked(lock: Path) -> bool:
    try:
        FileLock(lock).release()
    except LockHeldError:
        return True
    return False


def _described(
    name: str, manifest: Manifest | None, is_open: bool, audio_s: float, written_s: float
) -> KeptRecording:
    """What can be said of a recording, also where its manifest is lost."""
    finished = manifest is not None and manifest.state == "finished"
    state: Literal["open", "interrupted", "finished"] = (
        "open" if is_open else "finished" if finished else "interrupted"
    )
    if manifest is None:
        return KeptRecording(name, state, max(0.0, written_s - audio_s), audio_s, engine=None)
    info = manifest.info
    return KeptRecording(
        name, state, info.began_s, audio_s, info.engine, info.language, info.hotwords, info.live
    )
