"""Whatever is done to the history in whatever order, it has what a simple model has."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)

from sidecar.errors import NoSessionError
from sidecar.history.entry import Draft, Part, Search
from sidecar.history.grams import folded, words_of
from sidecar.history.history import DAY_MS, TRASH_DAYS, Change
from sidecar.host.paths import private_dir
from tests.unit.history.conftest import Home

TEXTS = st.text(st.sampled_from('aAbé语音识 ".*-'), max_size=8)
QUERIES = st.text(st.sampled_from('aAbé语音识 ".*-'), max_size=3)
PIECES = st.binary(min_size=1, max_size=20).map(lambda half: half + half)


@dataclass
class Kept:
    """An entry of the model."""

    text: str
    created_ms: int
    pcm: bytes | None
    earlier: list[str] = field(default_factory=list)
    starred: bool = False
    trashed_ms: int | None = None


class AnyOrder(RuleBasedStateMachine):
    """The history and its model, side by side."""

    entries = Bundle("entries")
    recordings = Bundle("recordings")

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.home = Home(private_dir(self.folder / "data"))
        self.model: dict[int, Kept] = {}
        self.journal: dict[str, bytes] = {}

    def teardown(self) -> None:
        self.home.database.close()
        shutil.rmtree(self.folder)

    @rule(target=recordings, pcm=PIECES)
    def record(self, pcm: bytes) -> str:
        name = self.home.recorded(pcm)
        self.journal[name] = pcm
        return name

    @rule(target=entries, text=TEXTS, raw=TEXTS)
    def add(self, text: str, raw: str) -> int:
        return self._add(text, raw, [])

    @rule(target=entries, text=TEXTS, names=st.lists(consumes(recordings), min_size=1, max_size=3))
    def add_recordings(self, text: str, names: list[str]) -> int:
        number = self._add(text, text, names)
        for name in names:
            del self.journal[name]
        again = self.home.history.add(Draft(text, text, "e", 0), [Part(name) for name in names])
        assert again.number == number
        return number

    def _add(self, text: str, raw: str, names: list[str]) -> int:
        number = self.home.history.add(Draft(text, raw, "e", 0), [Part(n) for n in names]).number
        assert number > max(self.model, default=0)
        pcm = b"".join(self.journal[name] for name in names) if names else None
        earlier = [raw] if raw != text else []
        self.model[number] = Kept(text, self.home.now_ms, pcm, earlier)
        return number

    @rule(number=entries, text=TEXTS)
    def edit(self, number: int, text: str) -> None:
        kept = self.model.get(number)
        if kept is None:
            with pytest.raises(NoSessionError):
                self.home.history.update(number, Change(text=text))
            return
        self.home.history.update(number, Change(text=text))
        if text != kept.text:
            kept.earlier.append(kept.text)
            kept.text = text

    @rule(number=entries, starred=st.booleans())
    def star(self, number: int, starred: bool) -> None:
        if number in self.model:
            self.home.history.update(number, Change(starred=starred))
            self.model[number].starred = starred

    @rule(numbers=st.lists(entries, max_size=3))
    def trash(self, numbers: list[int]) -> None:
        there = {number for number in numbers if number in self.model}
        assert self.home.history.delete(numbers) == len(there)
        for number in there:
            kept = self.model[number]
            if kept.trashed_ms is None:
                kept.trashed_ms = self.home.now_ms

    @rule(number=entries)
    def restore(self, number: int) -> None:
        if number in self.model:
            self.home.history.update(number, Change(trashed=False))
            self.model[number].trashed_ms = None

    @rule(target=entries, number=consumes(entries))
    def delete_for_good(self, number: int) -> object:
        there = self.model.pop(number, None) is not None
        assert self.home.history.delete([number], for_good=True) == there
        return multiple(number)  # so that it is asked for again

    @rule(days=st.integers(0, 31))
    def wait_and_sweep(self, days: int) -> None:
        self.home.now_ms += days * DAY_MS
        for path in self.home.sounds.iterdir():
            os.utime(path, (1, 1))
        self.home.history.sweep()
        now_ms = self.home.now_ms
        for number, kept in list(self.model.items()):
            if kept.trashed_ms is not None and now_ms - kept.trashed_ms >= TRASH_DAYS * DAY_MS:
                del self.model[number]
            elif not kept.starred and now_ms - kept.created_ms >= 30 * DAY_MS:
                kept.pcm = None
        sounds = sum(kept.pcm is not None for kept in self.model.values())
        assert len(list(self.home.sounds.iterdir())) == sounds

    @rule()
    def open_again(self) -> None:
        self.home.database.close()
        self.home.open()

    @rule(query=QUERIES, trashed=st.booleans(), starred=st.booleans(), limit=st.integers(1, 3))
    def search(self, query: str, trashed: bool, starred: bool, limit: int) -> None:
        wanted = [
            number
            for number, kept in sorted(self.model.items(), reverse=True)
            if (kept.trashed_ms is not None) == trashed
            and (kept.starred or not starred)
            and all(word in folded(kept.text) for word in words_of(query))
        ]
        found: list[int] = []
        while True:
            before = found[-1] if found else None
            page = self.home.history.list(Search(query, before, limit, starred, trashed))
            assert page.total == len(wanted)
            found += [entry.number for entry in page.entries]
            if not page.entries:
                break
        assert found == wanted

    @rule(number=entries)
    def look(self, number: int) -> None:
        kept = self.model.get(number)
        if kept is None:
            with pytest.raises(NoSessionError):
                self.home.history.get(number)
            return
        told = self.home.history.get(number)
        assert told.entry.text == kept.text
        assert [version.text for version in told.versions] == kept.earlier
        assert (told.entry.audio is not None) == (kept.pcm is not None)
        if kept.pcm is not None:
            assert self.home.pcm(number) == kept.pcm

    @invariant()
    def nothing_leaves_the_journal_but_into_the_history(self) -> None:
        if hasattr(self, "home"):
            assert self.home.recordings() == set(self.journal)


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)
