"""`sotto recordings`, and how a person learns of them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from sidecar.host.paths import private_dir
from sidecar.session.journal import Journal, RecordingInfo
from tests.conftest import ENGINES
from tests.process.commands import SOTTO, assert_nothing_left, mortal, sotto
from tests.process.talker import CHUNK_BYTES

BEGAN_S = 1_700_000_000.0


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folders of a sidecar that runs, which commands join."""
    home = tmp_path_factory.mktemp("recordings")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOTTO_RUNTIME_DIR", str(home / "run"))
        patch.setenv("SOTTO_DATA_DIR", str(home / "data"))
        environment = {**os.environ, "SOTTO_ENGINE": "scripted", "PYTHONPATH": str(ENGINES)}
        with mortal(
            subprocess.Popen([*SOTTO, "serve"], env=environment, stdout=subprocess.PIPE)
        ) as serving:
            assert serving.stdout is not None
            assert serving.stdout.readline().startswith(b"Listening")
            yield home
            serving.terminate()


@pytest.fixture
def journal(home: Path) -> Iterator[Journal]:
    """The journal of that sidecar, empty before and after."""
    folder = private_dir(private_dir(home / "data") / "journal")
    yield Journal(folder)
    for recording in folder.glob("?" * 32):
        shutil.rmtree(recording)


def interrupted(journal: Journal, pcm: bytes, *script: str, began_s: float = BEGAN_S) -> str:
    recording = journal.begin(RecordingInfo(16_000, "scripted", "en", script, began_s))
    recording.append(pcm)
    recording.keep()
    return recording.name


def test_an_empty_journal_is_told(journal: Journal) -> None:
    done = sotto("recordings")

    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "sotto: No recordings are kept.\n"


def test_recordings_are_listed_newest_first(journal: Journal) -> None:
    older = interrupted(journal, bytes(32_000 * 75))
    newer = interrupted(journal, bytes(32_000), began_s=BEGAN_S + 3600)

    done = sotto("recordings")

    times = [datetime.fromtimestamp(s).astimezone() for s in (BEGAN_S + 3600, BEGAN_S)]
    assert done.returncode == 0
    assert [line.split() for line in done.stdout.splitlines()] == [
        [newer, f"{times[0]:%Y-%m-%d}", f"{times[0]:%H:%M}", "0:00:01", "interrupted"],
        [older, f"{times[1]:%Y-%m-%d}", f"{times[1]:%H:%M}", "0:01:15", "interrupted"],
    ]


def test_the_last_dictation_is_recovered_and_then_discarded(
    journal: Journal, speech_pcm: bytes
) -> None:
    interrupted(journal, speech_pcm[: 30 * CHUNK_BYTES], "say:older")
    name = interrupted(journal, speech_pcm[: 30 * CHUNK_BYTES], "say:newer", began_s=BEGAN_S + 1)

    recovered = sotto("recordings", "recover", "--last")
    discarded = sotto("recordings", "discard", name[:8])
    after = sotto("recordings", "recover", "--last")

    assert (recovered.returncode, recovered.stdout) == (0, "newer\n")
    assert f"delete it with: sotto recordings discard {name}" in recovered.stderr
    assert (discarded.returncode, discarded.stdout, discarded.stderr) == (0, "", "")
    assert after.stdout == "older\n"


def test_a_recording_is_recovered_as_sotto_transcribe_would(
    journal: Journal, speech_pcm: bytes, tmp_path: Path
) -> None:
    name = interrupted(journal, speech_pcm[: 30 * CHUNK_BYTES], "say:meant")
    options = ("--format", "json", "--output", tmp_path, "--hotword", "say:other", "-l", "fr")

    done = sotto("recordings", "recover", name, *options)
    refused = sotto("recordings", "recover", name, *options)

    transcript = json.loads((tmp_path / f"{name}.json").read_text())
    assert (done.returncode, done.stdout) == (0, "")
    assert (transcript["file"], transcript["text"], transcript["language"]) == (name, "other", "fr")
    assert refused.returncode == 2
    assert "--force" in refused.stderr


def test_what_went_wrong_with_a_recovery_is_told(journal: Journal, speech_pcm: bytes) -> None:
    name = interrupted(journal, speech_pcm[: 30 * CHUNK_BYTES])

    failed = sotto("recordings", "recover", name, "--engine", "no-such")

    assert failed.returncode == 1
    assert "sotto doctor" in failed.stderr
    assert [each.name for each in journal.recordings()] == [name]


def test_a_recording_that_is_not_there_is_told(journal: Journal) -> None:
    unknown = sotto("recordings", "recover", "abcd")
    nothing = sotto("recordings", "recover", "--last")

    assert (unknown.returncode, nothing.returncode) == (1, 1)
    assert "List them with: sotto recordings" in unknown.stderr
    assert "nothing to recover" in nothing.stderr


def test_a_beginning_that_two_names_have_is_refused(journal: Journal) -> None:
    one = interrupted(journal, bytes(3200))
    folder = journal.audio(one).parent
    folder.rename(folder.with_name("abcd" + "0" * 28))
    two = journal.audio(interrupted(journal, bytes(3200))).parent
    two.rename(two.with_name("abcd" + "1" * 28))

    refused = sotto("recordings", "discard", "abcd")
    done = sotto("recordings", "discard", "abcd0")

    assert refused.returncode == 2
    assert "give more" in refused.stderr
    assert done.returncode == 0
    assert [each.name for each in journal.recordings()] == ["abcd" + "1" * 28]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to catch")
def test_who_starts_a_sidecar_is_told_what_waits(run_dir: Path) -> None:
    journal = Journal(private_dir(private_dir(run_dir.parent / "data") / "journal"))
    interrupted(journal, bytes(32 * CHUNK_BYTES))

    with mortal(
        subprocess.Popen(
            [*SOTTO, "serve"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
    ) as serving:
        assert serving.stderr is not None
        told = next(line for line in serving.stderr if not line.startswith("{"))
        serving.terminate()
        serving.communicate(timeout=20)

    assert told == (
        "sotto: A dictation of 0:00:03 broke off and can be recovered:"
        " sotto recordings recover --last\n"
    )
    assert serving.returncode == 0


def test_who_dictates_is_told_what_waits(journal: Journal, short: Path) -> None:
    interrupted(journal, bytes(32 * CHUNK_BYTES))

    done = sotto("listen", "--from", short, "--pace", "max", "--hotword", "say:heard")

    assert (done.returncode, done.stdout) == (0, "heard\n")
    assert "A dictation of 0:00:03 broke off and can be recovered" in done.stderr
    assert len(journal.recordings()) == 1


def test_a_command_starts_a_sidecar_where_none_runs(run_dir: Path) -> None:
    journal = Journal(private_dir(private_dir(run_dir.parent / "data") / "journal"))
    name = interrupted(journal, bytes(32_000))

    listed = sotto("recordings")

    assert listed.stdout.startswith(name)
    assert_nothing_left(run_dir)
