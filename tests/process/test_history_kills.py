"""Whenever a sidecar dies while it keeps a dictation, there is the recording or the entry."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sidecar.host.connection import ConnectionInfo
from sidecar.host.launch import RunningSidecar
from tests.conftest import ENGINES
from tests.process.talker import CHUNK_BYTES, hello, recordings, scripted
from tests.process.test_history import add, audio_of, dictated, pcm_of
from tests.process.wire import Wire, until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Unix signals")

# Where it dies: before the sound file has its name, before its row, within the row's
# transaction, after that, and before it is noted that the recordings have left.
POINTS = (
    "sidecar.history.sound._write_wav",
    "sidecar.history.sound._sync_folder",
    "sidecar.history.entries.insert",
    "sidecar.history.origins.note",
    "sidecar.history.history.History._discard",
    "sidecar.session.journal.Journal.discard",
    "sidecar.history.origins.note_discarded",
)

# Read by Python when the sidecar starts: kills it where SOTTO_DIE_AT says, once that is called.
DIE = """
import importlib, os, signal, threading

def arm():
    where = os.environ.get("SOTTO_DIE_AT", "")
    if not where:
        return
    owner, _, name = where.rpartition(".")
    try:
        holder = importlib.import_module(owner)
    except ModuleNotFoundError:
        module, _, kind = owner.rpartition(".")
        holder = getattr(importlib.import_module(module), kind)
    there = getattr(holder, name)

    def die(*args, **kwargs):
        if os.environ["SOTTO_DIE_WHEN"] == "after":
            there(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(holder, name, die)

import sidecar.rpc.history as handlers
real = handlers.HistoryHandlers.add

def add(self, call, params):
    arm()
    return real(self, call, params)

handlers.HistoryHandlers.add = add
"""


@contextmanager
def dying(folder: Path, at: str, when: str) -> Iterator[tuple[RunningSidecar, ConnectionInfo]]:
    """A sidecar that is killed there when it is first asked to add something."""
    hook = folder / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(
        f"import sys\nif '--supervised' in sys.orig_argv:\n    exec({DIE!r})\n"
    )
    path = os.pathsep.join((str(hook), str(ENGINES)))
    variables = {"PYTHONPATH": path, "SOTTO_DIE_AT": at, "SOTTO_DIE_WHEN": when}
    with scripted(folder, **variables) as running:
        yield running


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("point", POINTS)
def test_nothing_is_lost_and_nothing_is_there_twice(
    tmp_path: Path, speech_pcm: bytes, point: str, when: str
) -> None:
    said = speech_pcm[: 20 * CHUNK_BYTES]
    with dying(tmp_path, point, when) as (sidecar, info), Wire(info) as wire:
        hello(wire)
        part = {"recording": dictated(wire, info, said)["recording"]}
        params = {"text": "kept", "engine": "scripted", "duration_ms": 1000, "parts": [part]}
        wire.request("history.add", params)
        assert sidecar.process.wait(60) == -signal.SIGKILL

    with scripted(tmp_path) as (_, info), Wire(info) as wire:
        hello(wire)
        entries = wire.call("history.list")["entries"]
        if not entries:
            assert [each["recording"] for each in recordings(wire)] == [part["recording"]]
        again = add(wire, "kept", part)
        until(lambda: recordings(wire) == [])

        assert wire.call("history.list")["total"] == 1
        assert again in (entries or [again])
        assert pcm_of(audio_of(wire, again["entry"])) == said
