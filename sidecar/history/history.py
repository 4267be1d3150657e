"""The history: texts that were dictated, what they once were, and the sound of them.

Rows are in the database, sound files in a folder beside it. A file is there before the row
that names it, and is deleted after that row has gone; a file that nobody names is swept.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sidecar.errors import BusyError, DiskFullError, NoSessionError, SottoError
from sidecar.history import entries, origins, sound
from sidecar.history.database import Database
from sidecar.history.entry import Details, Draft, Entry, Page, Part, Search, Source
from sidecar.session.journal import Journal
from sidecar.telemetry.logs import EventLog

DAY_MS = 86_400_000
TRASH_DAYS = 30
UNNAMED_S = 3600.0  # a sound file that nobody names for so long was left by who died
PAGE_BYTES = 6 << 20  # of texts: a page must fit into one answer


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Change:
    """What is to become of an entry; None leaves that as it is. `text` is made by `source`."""

    text: str | None = None
    source: Source = "edited"
    starred: bool | None = None
    trashed: bool | None = None


class History:
    """The history of one user. Safe from any thread; it blocks: nothing for an event loop.

    All of it raises what `Database.reading` and `Database.writing` do.

    Args:
        database: where the rows are.
        folder: a private one for sound files.
        journal: whose recordings entries are made of.
        keep_audio_days: gives for how long sound is kept; 0 for not at all.
        now_ms: gives the Unix time.
    """

    def __init__(
        self,
        database: Database,
        folder: Path,
        journal: Journal,
        keep_audio_days: Callable[[], int],
        log: EventLog | None = None,
        *,
        now_ms: Callable[[], int] = _now_ms,
    ) -> None:
        self._database = database
        self._folder = folder
        self._journal = journal
        self._keep_audio_days = keep_audio_days
        self._log = log or EventLog()
        self._now_ms = now_ms

    def add(self, draft: Draft, parts: Sequence[Part] = ()) -> Entry:
        """Make an entry of a text and of recordings, which leave the journal with that.

        Where there is an entry of just these recordings, it is that which is given, with the
        new text if it differs: whoever had no answer may ask again.

        Raises:
            NoSessionError: there is no such recording.
            BusyError: its dictation still runs.
            DiskFullError: there is no room. Recordings and history are as they were.
        """
        recordings = tuple(dict.fromkeys(part.recording for part in parts))
        self._forget_namesakes(recordings)
        with self._database.reading() as db:
            known = origins.entry_made_of(db, recordings)
        audio = self._joined(parts) if known is None else None
        try:
            with self._database.writing() as db:
                # Looked for again: somebody may have asked for the same just now.
                number = origins.entry_made_of(db, recordings)
                if number is None:
                    number = entries.insert(db, draft, audio, self._now_ms())
                    origins.note(db, number, recordings)
                else:
                    self._change(db, number, Change(text=draft.text, source=_source(draft)))
                entry = _found(db, number)
        except BaseException:
            self._drop_unnamed(audio)
            raise
        if entry.audio != audio:
            self._drop(audio)
        self._discard(recordings)
        return entry

    def list(self, search: Search) -> Page:
        """A page of entries, shorter than asked for where their texts are long."""
        with self._database.reading() as db:
            total = entries.count(db, search)
            found: list[Entry] = []
            left = PAGE_BYTES
            for entry in entries.search(db, search):
                left -= 4 * (len(entry.text) + len(entry.recognised))
                if found and left < 0:
                    break
                found.append(entry)
        return Page(tuple(found), total)

    def get(self, number: int) -> Details:
        """All about an entry.

        Raises:
            NoSessionError: there is none of that number.
        """
        with self._database.reading() as db:
            entry = _found(db, number)
            segments = entries.segments_of(db, number)
            return Details(entry, segments, entries.versions_of(db, number))

    def update(self, number: int, change: Change) -> Entry:
        """Change an entry. A text that it had is kept.

        Raises:
            NoSessionError: there is none of that number.
        """
        with self._database.writing() as db:
            return self._change(db, number, change)

    def hear_again(self, number: int, heard: Draft) -> Entry:
        """Give an entry the text that its sound has been recognised as now.

        Raises:
            NoSessionError: it was deleted for good meanwhile.
        """
        with self._database.writing() as db:
            self._change(db, number, Change(text=heard.text, source="recognised"))
            entries.note_recognition(db, number, heard)
            return _found(db, number)

    def delete(self, numbers: Iterable[int], *, for_good: bool = False) -> int:
        """Put entries into the trash, or delete them for good; gives how many there were."""
        with self._database.writing() as db:
            found = [entry for n in dict.fromkeys(numbers) if (entry := entries.find(db, n))]
            for entry in found:
                if for_good:
                    entries.remove(db, entry)
                else:
                    entries.trash(db, entry.number, self._now_ms())
        if for_good:
            for entry in found:
                self._drop(entry.audio)
        return len(found)

    def audio(self, number: int) -> Path:
        """The sound file of an entry.

        Raises:
            NoSessionError: there is no such entry, or no sound of it.
        """
        with self._database.reading() as db:
            entry = _found(db, number)
        if entry.audio is None:
            raise NoSessionError("No audio of this entry is kept.")
        return self._folder / entry.audio

    def read_audio(self, number: int, offset: int, max_bytes: int) -> tuple[int, bytes]:
        """How large the sound file of an entry is, and a piece of it.

        Raises:
            NoSessionError: there is no such entry, or no sound of it.
        """
        return sound.read(self.audio(number), offset, max_bytes)

    def sweep(self) -> bool:
        """Delete what has been kept for long enough; whether that has changed what people see.

        What cannot be deleted now is left for another time.
        """
        try:
            return self._sweep()
        except (SottoError, OSError) as error:
            self._log.fault("history-not-swept", error)
            return False

    def _sweep(self) -> bool:
        now_ms = self._now_ms()
        silent_ms = now_ms - self._keep_audio_days() * DAY_MS
        with self._database.reading(quiet=True) as db:
            left_over = origins.to_discard(db)
        self._discard(left_over)
        with self._database.writing(quiet=True) as db:
            outdated = entries.trashed_before(db, now_ms - TRASH_DAYS * DAY_MS)
            for entry in outdated:
                entries.remove(db, entry)
            silenced = entries.forget_audio_before(db, silent_ms)
            kept = entries.audio_files(db)
        sound.delete_all_but(self._folder, kept, now_ms / 1000 - UNNAMED_S)
        return bool(outdated) or silenced

    def _forget_namesakes(self, recordings: Sequence[str]) -> None:
        """Take recordings that are called as earlier ones, which have left, for what they are."""
        with self._database.reading() as db:
            left = origins.discarded(db, recordings)
        namesakes = [name for name in left if self._is_in_journal(name)]
        if namesakes:
            with self._database.writing() as db:
                origins.forget(db, namesakes)

    def _is_in_journal(self, name: str) -> bool:
        try:
            self._journal.find(name)
        except NoSessionError:
            return False
        except BusyError:
            pass  # its dictation runs
        return True

    def _joined(self, parts: Sequence[Part]) -> str | None:
        """The name of a sound file with all recordings, or None where none is to be kept."""
        sources = [(self._journal.audio(part.recording), part.end_ms) for part in parts]
        if not sources or self._keep_audio_days() == 0:
            return None
        return sound.join(sources, self._folder)

    def _change(self, db: sqlite3.Connection, number: int, change: Change) -> Entry:
        old = _found(db, number)
        if change.text is not None and change.text != old.text:
            entries.change_text(db, old, change.text, change.source, self._now_ms())
            if change.source == "recognised":
                entries.note_recognised(db, number, change.text)
        if change.starred is not None:
            entries.star(db, number, change.starred)
        if change.trashed is not None:
            entries.trash(db, number, self._now_ms() if change.trashed else None)
        return _found(db, number)

    def _discard(self, recordings: Sequence[str]) -> None:
        """Have recordings leave the journal; those that do not are tried by the next sweep."""
        gone = []
        for recording in recordings:
            try:
                with suppress(NoSessionError):
                    self._journal.discard(recording)
                gone.append(recording)
            except (BusyError, DiskFullError) as error:
                self._log.warning("recording-not-discarded", kind=error.kind)
        if gone:
            with suppress(SottoError), self._database.writing(quiet=True) as db:
                origins.note_discarded(db, gone)

    def _drop_unnamed(self, audio: str | None) -> None:
        """Delete a sound file, unless its row was committed although that seemed to fail."""
        with suppress(Exception), self._database.reading() as db:
            if audio not in entries.audio_files(db):
                self._drop(audio)

    def _drop(self, audio: str | None) -> None:
        if audio is not None:
            sound.delete(self._folder, audio)


def _found(db: sqlite3.Connection, number: int) -> Entry:
    entry = entries.find(db, number)
    if entry is None:
        raise NoSessionError("There is no such entry in the history: list those there are.")
    return entry


def _source(draft: Draft) -> Source:
    return "recognised" if draft.text == draft.recognised else "polished"
