"""Entries and their sound: nothing is lost, and nothing stays longer than it should."""

from __future__ import annotations

import os
import time
from dataclasses import replace

import pytest

from sidecar.domain import Segment, Word
from sidecar.errors import BusyError, DiskFullError, NoSessionError
from sidecar.history import entries, sound
from sidecar.history import history as history_module
from sidecar.history.entry import Part, Search
from sidecar.history.history import DAY_MS, Change
from sidecar.session.journal import RecordingInfo
from tests.unit.history.conftest import NOW_MS, Home, draft

PCM = bytes(range(200)) * 10


def numbers(home: Home, **search: object) -> list[int]:
    return [e.number for e in home.history.list(replace(Search(), **search)).entries]  # type: ignore[arg-type]


def test_an_entry_is_as_it_was_added(home: Home) -> None:
    segment = Segment(0.5, 1.25, "hello", (Word("hello", 0.5, 1.0, 0.9),), "en")
    wanted = replace(draft("Hello.", "hello"), segments=(segment,))

    entry = home.history.add(wanted)

    told = home.history.get(entry.number)
    assert told.entry == entry
    assert told.segments == (segment,)
    assert (entry.text, entry.recognised, entry.source) == ("Hello.", "hello", "polished")
    assert (entry.created_ms, entry.duration_ms, entry.language) == (NOW_MS, 1000, "en")
    assert (entry.audio, entry.starred, entry.trashed) == (None, False, False)


def test_recordings_leave_the_journal_once_they_are_in_the_history(home: Home) -> None:
    recording = home.recorded(PCM)

    entry = home.history.add(draft("text"), [Part(recording)])

    assert home.pcm(entry.number) == PCM
    assert home.recordings() == set()
    assert home.history.audio(entry.number).stat().st_mode & 0o077 == 0


def test_a_recording_that_cannot_leave_the_journal_does_so_later(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = home.recorded(PCM)

    def refuse(_: str) -> None:
        raise DiskFullError("open elsewhere")

    with monkeypatch.context() as patch:
        patch.setattr(home.journal, "discard", refuse)
        entry = home.history.add(draft("text"), [Part(recording)])
    kept = home.recordings()
    home.history.sweep()

    assert kept == {recording}
    assert home.recordings() == set()
    assert home.pcm(entry.number) == PCM


def test_a_recording_that_is_called_as_an_earlier_one_is_another(home: Home) -> None:
    info = RecordingInfo(16_000, "builtin", None, (), 1.0)
    name = home.recorded(PCM)
    home.history.add(draft("text"), [Part(name)])
    again = home.journal.begin(info, name)
    again.append(PCM)
    again.keep()

    home.history.sweep()

    assert home.recordings() == {name}
    assert home.history.add(draft("another"), [Part(name)]).text == "another"
    assert [e.text for e in home.history.list(Search()).entries] == ["another", "text"]
    assert home.recordings() == set()


def test_who_adds_the_same_recordings_again_gets_the_entry_with_the_new_text(home: Home) -> None:
    parts = [Part(home.recorded(PCM)), Part(home.recorded(PCM))]
    first = home.history.add(draft("um text"), parts)

    second = home.history.add(draft("Text.", "um text"), parts)

    assert second.number == first.number
    assert second.text == "Text."
    assert [v.text for v in home.history.get(first.number).versions] == ["um text"]
    assert len(list(home.sounds.iterdir())) == 1


def test_recordings_that_are_not_the_same_make_another_entry(home: Home) -> None:
    one, other = home.recorded(PCM), home.recorded(PCM)
    home.history.add(draft("text"), [Part(one)])

    with pytest.raises(NoSessionError):
        home.history.add(draft("text"), [Part(one), Part(other)])

    assert home.recordings() == {other}
    assert home.history.list(Search()).total == 1


def test_a_dictation_that_runs_is_busy(home: Home) -> None:
    recording = home.journal.begin(RecordingInfo(16_000, "builtin", None, (), 1.0))
    recording.append(PCM)

    with pytest.raises(BusyError):
        home.history.add(draft("text"), [Part(recording.name)])

    recording.keep()
    assert home.history.add(draft("text"), [Part(recording.name)]).audio


def test_where_no_audio_is_kept_the_recordings_leave_all_the_same(home: Home) -> None:
    home.keep_audio_days = 0

    entry = home.history.add(draft("text"), [Part(home.recorded(PCM))])

    assert entry.audio is None
    assert home.recordings() == set()
    assert list(home.sounds.iterdir()) == []


def test_a_full_disk_leaves_all_as_it_was(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    recording = home.recorded(PCM)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sound, "_write_wav", full)
    with pytest.raises(DiskFullError, match="stays where it was") as caught:
        home.history.add(draft("text"), [Part(recording)])

    assert caught.value.detail == "ENOSPC"
    assert home.recordings() == {recording}
    assert home.history.list(Search()).total == 0
    assert list(home.sounds.iterdir()) == []


def test_an_entry_that_cannot_be_written_leaves_no_sound(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = home.recorded(PCM)

    def busy(*_: object) -> None:
        raise BusyError("busy")

    monkeypatch.setattr(entries, "insert", busy)
    with pytest.raises(BusyError):
        home.history.add(draft("text"), [Part(recording)])

    assert home.recordings() == {recording}
    assert list(home.sounds.iterdir()) == []


def test_every_text_that_an_entry_had_is_kept(home: Home) -> None:
    number = home.history.add(draft("Polished.", "recognised")).number
    home.now_ms += 1
    home.history.update(number, Change(text="Edited."))
    home.now_ms += 1
    entry = home.history.hear_again(number, replace(draft("heard again"), engine="other"))

    versions = home.history.get(number).versions

    assert [(v.text, v.source, v.engine, v.created_ms - NOW_MS) for v in versions] == [
        ("recognised", "recognised", "builtin", 0),
        ("Polished.", "polished", None, 0),
        ("Edited.", "edited", None, 1),
    ]
    assert (entry.text, entry.recognised, entry.engine) == ("heard again", "heard again", "other")


def test_a_text_that_is_the_same_is_no_new_version(home: Home) -> None:
    number = home.history.add(draft("text")).number

    home.history.update(number, Change(text="text", starred=True))

    assert home.history.get(number).versions == ()
    assert home.history.get(number).entry.starred


def test_an_entry_is_found_by_its_present_text_alone(home: Home) -> None:
    number = home.history.add(draft("before")).number
    home.history.update(number, Change(text="after"))

    assert numbers(home, query="after") == [number]
    assert numbers(home, query="before") == []


def test_pages_follow_one_another(home: Home) -> None:
    added = [home.history.add(draft(f"text {n}")).number for n in range(7)]

    first = home.history.list(Search("text", limit=3))
    last = first.entries[-1].number
    second = home.history.list(Search("text", limit=50, before=last))

    assert [e.number for e in (*first.entries, *second.entries)] == added[::-1]
    assert first.total == second.total == 7


def test_a_page_of_long_texts_is_shorter(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_module, "PAGE_BYTES", 8 * 2500)
    for _ in range(5):
        home.history.add(draft("x" * 1000))

    page = home.history.list(Search())

    assert (len(page.entries), page.total) == (2, 5)


def test_starred_and_trashed_entries_are_listed_apart(home: Home) -> None:
    plain, starred, trashed = (home.history.add(draft("text")).number for _ in range(3))
    home.history.update(starred, Change(starred=True))
    home.history.delete([trashed])

    assert numbers(home) == [starred, plain]
    assert numbers(home, starred=True) == [starred]
    assert numbers(home, trashed=True) == [trashed]
    assert numbers(home, query="text", trashed=True) == [trashed]


def test_the_trash_is_emptied_after_thirty_days(home: Home) -> None:
    number = home.history.add(draft("text"), [Part(home.recorded(PCM))]).number
    audio = home.history.audio(number)
    home.history.update(number, Change(starred=True, trashed=True))
    home.now_ms += 29 * DAY_MS
    home.history.delete([number])  # again, which does not prolong it

    early = home.history.sweep()
    home.now_ms += DAY_MS
    os.utime(audio, (1, 1))
    late = home.history.sweep()

    assert (early, late) == (False, True)
    with pytest.raises(NoSessionError):
        home.history.get(number)
    assert not audio.exists()


def test_audio_goes_when_its_days_are_over_unless_the_entry_is_starred(home: Home) -> None:
    plain = home.history.add(draft("plain"), [Part(home.recorded(PCM))])
    starred = home.history.add(draft("starred"), [Part(home.recorded(PCM))])
    home.history.update(starred.number, Change(starred=True))
    for path in home.sounds.iterdir():
        os.utime(path, (1, 1))

    home.now_ms += 30 * DAY_MS

    assert home.history.sweep()
    assert home.history.get(plain.number).entry.audio is None
    assert home.pcm(starred.number) == PCM
    assert len(list(home.sounds.iterdir())) == 1
    assert not home.history.sweep()


def test_what_is_deleted_for_good_leaves_nothing(home: Home) -> None:
    recording = home.recorded(PCM)
    number = home.history.add(draft("text"), [Part(recording)]).number

    assert home.history.delete([number, number, number + 1], for_good=True) == 1

    assert list(home.sounds.iterdir()) == []
    with home.database.reading() as db:
        left = [
            db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("entries", "segments", "versions", "parts")
        ]
    assert left == [0, 0, 0, 0]
    assert numbers(home, query="text") == []
    assert home.history.add(draft("next")).number > number


def test_sound_that_nobody_names_is_swept_but_not_while_it_may_be_about_to(home: Home) -> None:
    home.now_ms = time.time_ns() // 1_000_000
    home.history.add(draft("text"))
    names = (f"{'a' * 32}.wav", f"{'b' * 32}.wav", f"{'c' * 32}.wav.part")
    fresh, old, part = (home.sounds / name for name in names)
    foreign = home.sounds / "notes.txt"
    for path in (fresh, old, part, foreign):
        path.touch()
    for path in (old, part, foreign):
        os.utime(path, (1, 1))

    home.history.sweep()

    assert set(home.sounds.iterdir()) == {fresh, foreign}


def test_a_sweep_that_fails_is_for_another_time(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(sound, "delete_all_but", fail)

    assert not home.history.sweep()


@pytest.mark.parametrize("number", [1, 2**53 - 1])
def test_an_entry_that_is_not_there_is_told(home: Home, number: int) -> None:
    for step in (
        lambda: home.history.get(number),
        lambda: home.history.audio(number),
        lambda: home.history.update(number, Change(starred=True)),
        lambda: home.history.hear_again(number, draft("text")),
    ):
        with pytest.raises(NoSessionError):
            step()


def test_sound_that_somebody_has_deleted_is_told(home: Home) -> None:
    number = home.history.add(draft("text"), [Part(home.recorded(PCM))]).number
    home.history.audio(number).unlink()

    with pytest.raises(NoSessionError):
        home.history.read_audio(number, 0, 10)


def test_sound_is_read_in_pieces(home: Home) -> None:
    number = home.history.add(draft("text"), [Part(home.recorded(PCM))]).number
    whole = home.history.audio(number).read_bytes()

    assert home.history.read_audio(number, 0, 100) == (len(whole), whole[:100])
    assert home.history.read_audio(number, 100, 10**6) == (len(whole), whole[100:])
    assert home.history.read_audio(number, len(whole) + 5, 10) == (len(whole), b"")
