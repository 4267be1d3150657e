"""A history in a folder of its own, with a journal and a clock that tests own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sidecar.history.database import Database
from sidecar.history.entry import Draft
from sidecar.history.history import History
from sidecar.host.paths import private_dir
from sidecar.session.journal import Journal, RecordingInfo
from sidecar.session.retention import DAY_S, Retention
from sidecar.session.wav import HEADER_BYTES

NOW_MS = 1_764_000_000_000


@dataclass
class Home:
    """A data folder, as a sidecar has it."""

    folder: Path
    now_ms: int = NOW_MS
    keep_audio_days: int = 30
    database: Database = field(init=False)
    journal: Journal = field(init=False)
    history: History = field(init=False)

    def __post_init__(self) -> None:
        self.journal = Journal(private_dir(self.folder / "journal"), Retention(finished_s=DAY_S))
        self.open()

    def open(self) -> None:
        """Open the history anew, as the next sidecar does."""
        self.database = Database(self.folder / "history.db", self.sounds)
        self.history = History(
            self.database,
            self.sounds,
            self.journal,
            lambda: self.keep_audio_days,
            now_ms=lambda: self.now_ms,
        )

    @property
    def sounds(self) -> Path:
        return private_dir(self.folder / "history")

    def recorded(self, pcm: bytes, rate_hz: int = 16_000) -> str:
        """The name of a recording that is in the journal."""
        recording = self.journal.begin(RecordingInfo(rate_hz, "builtin", None, (), 1.0))
        recording.append(pcm)
        recording.keep()
        return recording.name

    def recordings(self) -> set[str]:
        return {kept.name for kept in self.journal.recordings()}

    def pcm(self, number: int) -> bytes:
        """The samples of an entry's sound."""
        return self.history.audio(number).read_bytes()[HEADER_BYTES:]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(private_dir(tmp_path / "data"))
    yield home
    home.database.close()


def draft(text: str, recognised: str | None = None) -> Draft:
    return Draft(text, text if recognised is None else recognised, "builtin", 1000, "en")
