"""The history and preferences through our own client and the command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sidecar.errors import InvalidParamsError, NoSessionError
from sidecar.history.database import Database
from sidecar.history.entry import Draft, Part
from sidecar.history.history import History
from sidecar.host.paths import private_dir
from sidecar.rpc.client import Client
from sidecar.session.journal import Journal, RecordingInfo
from tests.conftest import PATIENCE_S
from tests.process.talker import scripted


def remember(data: Path, *texts: str, pcm: bytes = b"") -> None:
    """Have dictations in the history, the last with its sound."""
    journal = Journal(private_dir(private_dir(data) / "journal"))
    sounds = private_dir(data / "history")
    database = Database(data / "history.db", sounds)
    history = History(database, sounds, journal, lambda: 30)
    for text in texts[:-1]:
        history.add(Draft(text, text, "builtin", 1000))
    recording = journal.begin(RecordingInfo(16_000, "builtin", None, (), 1.0))
    recording.append(pcm)
    recording.keep()
    history.add(Draft(texts[-1], texts[-1], "builtin", 1000), [Part(recording.name)])
    database.close()


async def test_a_client_does_all_that_the_history_can(tmp_path: Path, speech_pcm: bytes) -> None:
    remember(tmp_path / "data", "one", "two", pcm=speech_pcm)
    with scripted(tmp_path) as (_, info):
        async with await Client.connect(info) as client:
            history, events = client.history, list[object]()

            page = await history.list("TW")
            wav = await history.audio(2)
            again = await history.hear_again(2, on_event=events.append)
            versions = (await history.get(2)).versions
            deleted = await history.delete((1, 5))
            restored = await history.restore(1)
            text = await history.export((1, 2), "txt")

            assert [entry.entry for entry in page.entries] == [2]
            assert wav[80:] == speech_pcm
            assert again.text != "two"
            assert events
            assert [version.text for version in versions] == ["two"]
            assert (deleted, restored.trashed) == (1, False)
            assert text == f"one\n\n{again.text}\n"
            with pytest.raises(NoSessionError):
                await history.audio(1)


async def test_a_client_chooses(tmp_path: Path) -> None:
    with scripted(tmp_path) as (_, info):
        async with await Client.connect(info) as client:
            await client.history.choose("tail_ms", 300)

            with pytest.raises(InvalidParamsError, match="no such preference"):
                await client.history.choose("colour", "red")
            with pytest.raises(InvalidParamsError, match="tail_ms cannot be so"):
                await client.history.choose("tail_ms", "long")

            assert (await client.history.preferences())["tail_ms"] == 300


def test_the_command_says_what_there_is_not(run_dir: Path) -> None:
    def sotto(*arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "sidecar", *arguments],
            capture_output=True,
            text=True,
            timeout=4 * PATIENCE_S,
            check=False,
        )
        return done.returncode, done.stderr

    assert sotto("history", "delete", "7") == (
        1,
        "sotto: There is no such entry. List them with: sotto history\n",
    )
    assert sotto("config", "set", "theme", "sepia")[0] == 1
