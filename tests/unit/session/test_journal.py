from __future__ import annotations

import errno
import io
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from sidecar.domain import KeptRecording
from sidecar.errors import BusyError, DiskFullError, NoSessionError
from sidecar.host.paths import private_dir
from sidecar.session.journal import Journal, RecordingInfo
from sidecar.session.manifest import FILE
from sidecar.session.recording import AUDIO, LOCK
from sidecar.session.retention import DAY_S, Retention
from sidecar.session.wav import HEADER_BYTES, header
from sidecar.telemetry.logs import EventLog

SECOND = b"\1\0" * 16_000

RECORD = """
import sys, time
from pathlib import Path
from sidecar.session.journal import Journal, RecordingInfo

recording = Journal(Path(sys.argv[1])).begin(RecordingInfo(16_000, "builtin", None, (), 5.0))
recording.append(bytes(32_000))
print(recording.name, flush=True)
time.sleep(60)
"""


def info(began_s: float = 1_700_000_000.0) -> RecordingInfo:
    return RecordingInfo(16_000, "builtin", "en", ("Sotto",), began_s)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return private_dir(tmp_path / "journal")


@pytest.fixture
def log() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def journal(folder: Path, log: io.StringIO) -> Journal:
    return Journal(folder, Retention(finished_s=DAY_S), EventLog(log))


def interrupted(journal: Journal, began_s: float = 1_700_000_000.0, seconds: int = 1) -> str:
    recording = journal.begin(info(began_s))
    for _ in range(seconds):
        recording.append(SECOND)
    recording.keep()
    return recording.name


def age(folder: Path, days: float) -> None:
    written_s = (folder / AUDIO).stat().st_mtime - days * DAY_S
    os.utime(folder / AUDIO, (written_s, written_s))


def test_recordings_are_listed_newest_first_with_what_became_of_them(journal: Journal) -> None:
    finished, running = journal.begin(info(1.0)), journal.begin(info(3.0))
    for recording in (finished, running):
        recording.append(SECOND)
    finished.finish()
    kept = interrupted(journal, 2.0, seconds=2)

    listed = journal.recordings()

    assert listed == (
        KeptRecording(running.name, "open", 3.0, 1.0, "builtin", "en", ("Sotto",)),
        KeptRecording(kept, "interrupted", 2.0, 2.0, "builtin", "en", ("Sotto",)),
        KeptRecording(finished.name, "finished", 1.0, 1.0, "builtin", "en", ("Sotto",)),
    )
    running.discard()


def test_an_empty_journal_lists_nothing(journal: Journal) -> None:
    assert journal.recordings() == ()


def test_a_recording_is_open_for_every_process_until_its_writer_dies(
    folder: Path, journal: Journal
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", RECORD, str(folder)], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        name = child.stdout.readline().strip()
        journal.sweep()
        before = journal.recordings()
        child.kill()
    after = journal.recordings()

    assert before == (KeptRecording(name, "open", 5.0, 1.0, "builtin"),)
    assert after == (KeptRecording(name, "interrupted", 5.0, 1.0, "builtin"),)
    assert journal.audio(name).read_bytes()[HEADER_BYTES:] == bytes(32_000)


def test_a_running_dictation_is_not_to_be_touched(journal: Journal) -> None:
    running = journal.begin(info())
    running.append(SECOND)

    for step in (journal.audio, journal.discard, journal.find):
        with pytest.raises(BusyError, match="end it first"):
            step(running.name)

    assert running.keep()


def test_a_recording_can_be_heard_until_it_is_discarded(journal: Journal) -> None:
    name = interrupted(journal)

    content = journal.audio(name).read_bytes()
    journal.discard(name)

    assert content == header(16_000, len(SECOND)) + SECOND
    assert journal.recordings() == ()
    with pytest.raises(NoSessionError):
        journal.discard(name)


@pytest.mark.parametrize("name", ["", "0" * 32, "..", "../journal", "lock", "G" * 32, "0" * 31])
def test_a_name_that_was_never_given_is_unknown(journal: Journal, name: str) -> None:
    for step in (journal.audio, journal.discard, journal.find):
        with pytest.raises(NoSessionError, match="list"):
            step(name)


@pytest.mark.parametrize(
    "manifest",
    [
        None,
        b"",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        b'{"x":' * 100_000,
        b'{"version":2,"state":"open"}',
        b'{"version":1,"state":"finished","info":{"rate_hz":16000,"engine":"NO SUCH",'
        b'"language":null,"hotwords":[],"began_s":1.0}}',
    ],
)
def test_audio_whose_manifest_is_lost_is_offered_all_the_same(
    folder: Path, journal: Journal, manifest: bytes | None
) -> None:
    name = interrupted(journal)
    (folder / name / FILE).unlink()
    if manifest is not None:
        (folder / name / FILE).write_bytes(manifest)
    os.utime(folder / name / AUDIO, (100.0, 100.0))

    [listed] = journal.recordings()

    assert listed == KeptRecording(name, "interrupted", 99.0, 1.0, engine=None)
    assert journal.audio(name).is_file()


def _linked_folder(folder: Path, name: str) -> None:
    (folder / name).rename(folder.parent / "elsewhere")
    (folder / name).symlink_to(folder.parent / "elsewhere")


def _linked_audio(folder: Path, name: str) -> None:
    (folder / name / AUDIO).rename(folder.parent / "elsewhere")
    (folder / name / AUDIO).symlink_to(folder.parent / "elsewhere")


def _linked_lock(folder: Path, name: str) -> None:
    (folder / name / LOCK).unlink()
    (folder / name / LOCK).symlink_to(folder.parent / "elsewhere")


def _open_to_others(folder: Path, name: str) -> None:
    (folder / name).chmod(0o755)


def _no_audio(folder: Path, name: str) -> None:
    (folder / name / AUDIO).unlink()


def _a_pipe(folder: Path, name: str) -> None:
    (folder / name / AUDIO).unlink()
    os.mkfifo(folder / name / AUDIO)


def _foreign_audio(folder: Path, name: str) -> None:
    (folder / name / AUDIO).write_bytes(b"RIFF" + bytes(100))


def _cut_header(folder: Path, name: str) -> None:
    (folder / name / AUDIO).write_bytes(header(16_000, None)[:-1])


def _a_file(folder: Path, name: str) -> None:
    shutil.rmtree(folder / name)
    (folder / name).touch()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes and links")
@pytest.mark.parametrize(
    "spoil",
    [
        _linked_folder,
        _linked_audio,
        _linked_lock,
        _open_to_others,
        _no_audio,
        _a_pipe,
        _foreign_audio,
        _cut_header,
        _a_file,
    ],
)
def test_what_could_not_have_been_made_here_is_logged_and_left_alone(
    folder: Path, log: io.StringIO, spoil: Callable[[Path, str], None]
) -> None:
    journal = Journal(folder, Retention(interrupted_s=0.0, max_bytes=0), EventLog(log))
    recording = journal.begin(info())
    recording.append(SECOND)
    spoil(folder, recording.name)
    before = sorted(path.name for path in folder.rglob("*"))
    recording._let_go()  # as the end of its process does

    journal.sweep()

    assert sorted(path.name for path in folder.rglob("*")) == before
    assert f'"ev":"recording-unreadable","recording":"{recording.name}"' in log.getvalue()
    assert journal.recordings() == ()
    with pytest.raises(NoSessionError):
        journal.audio(recording.name)


def test_a_sweep_deletes_what_is_too_old_and_what_has_no_sample(
    folder: Path, journal: Journal
) -> None:
    old, young = interrupted(journal), interrupted(journal)
    empty = journal.begin(info())
    empty._let_go()  # as the end of its process does
    age(folder / old, 31)

    journal.sweep()

    assert [each.name for each in journal.recordings()] == [young]
    assert not (folder / old).exists()
    assert not (folder / empty.name).exists()


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    """No sound file can be deleted, as on Windows while a player has it open."""
    unlink = os.unlink

    def refuse(path: str | Path, **place: int) -> None:
        if str(path).endswith(AUDIO):
            raise PermissionError(errno.EACCES, "Permission denied")
        unlink(path, **place)

    monkeypatch.setattr(os, "unlink", refuse)


@pytest.mark.usefixtures("stuck")
def test_a_recording_that_cannot_be_deleted_is_not_said_to_be(
    journal: Journal, log: io.StringIO
) -> None:
    name = interrupted(journal)

    with pytest.raises(DiskFullError, match=r"cannot be deleted \(Permission denied\): close"):
        journal.discard(name)

    assert [each.name for each in journal.recordings()] == [name]
    assert "recording-deleted" not in log.getvalue()


@pytest.mark.usefixtures("stuck")
def test_a_sweep_goes_on_after_what_cannot_be_deleted(
    folder: Path, journal: Journal, log: io.StringIO
) -> None:
    old = [interrupted(journal) for _ in range(2)]
    for name in old:
        age(folder / name, 31)

    journal.sweep()

    assert log.getvalue().count('"ev":"recording-not-deleted"') == 2
    assert "EACCES" in log.getvalue()
    assert "recording-deleted" not in log.getvalue()


def test_the_end_of_a_dictation_makes_room(folder: Path, log: io.StringIO) -> None:
    journal = Journal(folder, Retention(finished_s=DAY_S, max_bytes=3 * len(SECOND)), EventLog(log))
    today = interrupted(journal)
    finished = [journal.begin(info(began_s)) for began_s in (1.0, 2.0)]
    for recording in finished:
        recording.append(SECOND)
        recording.finish()

    left = {each.name for each in journal.recordings()}

    assert left == {today, finished[1].name}
    assert f'"recording-deleted","recording":"{finished[0].name}"' in log.getvalue()


def test_many_dictations_may_begin_and_end_at_once(folder: Path) -> None:
    journal = Journal(folder, Retention(finished_s=DAY_S))
    errors: list[Exception] = []

    def dictate() -> None:
        try:
            for end in ("finish", "keep", "discard"):
                recording = journal.begin(info())
                recording.append(SECOND)
                journal.recordings()
                getattr(recording, end)()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=dictate) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    states = sorted(each.state for each in journal.recordings())
    assert not errors
    assert states == ["finished"] * 4 + ["interrupted"] * 4


def test_a_journal_that_cannot_be_written_is_told_with_a_sentence(
    folder: Path, journal: Journal, log: io.StringIO
) -> None:
    shutil.rmtree(folder)

    with pytest.raises(DiskFullError, match="check the disk"):
        journal.begin(info())
    journal.sweep()

    assert "journal-not-swept" in log.getvalue()
