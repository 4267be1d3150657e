"""Many clients call, cancel, run out of time and leave while workers are killed: all in disorder.

Whatever the order, every request of a client that stays gets exactly one answer, and in the
end nothing is left of any of them.
"""

from __future__ import annotations

import io
import os
import random
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from sidecar.host.connection import ConnectionInfo
from tests.process.dictations import chunks_of
from tests.process.files import files_below
from tests.process.test_streams import OPEN, push
from tests.process.wire import Wire, launched, outcome, until

DEMO = Path(__file__).parents[2] / "sidecar" / "cli" / "data" / "demo.flac"
ENGINES = Path(__file__).parents[1] / "data" / "engines"
STEPS = 600
MOST_POOLED_THREADS = min(32, (os.cpu_count() or 1) + 4)  # of asyncio's own executor
INLINE = {"audio": {"k": "inline", "data": {"$bin": 0}}}
SAMPLES, RATE_HZ = soundfile.read(DEMO, dtype="float32", frames=24_000)
EXPECTED = {
    *("result", "CANCELLED", "DEADLINE", "BUSY", "WORKER_CRASHED", "QUARANTINED"),
    *("GAP", "NO_SESSION", "BAD_AUDIO"),
}


class Caller:
    """A client that does what chance says, and remembers what it is owed."""

    def __init__(self, info: ConnectionInfo, chance: random.Random) -> None:
        self._info = info
        self._chance = chance
        self._join()

    def _join(self) -> None:
        self.wire = Wire(self._info)
        self.wire.hello()
        self.owed: list[int] = []

    def leave_and_return(self) -> None:
        self.wire.close()
        self._join()

    def transcribe(self) -> None:
        hotwords = [f"sleep:{self._chance.uniform(0, 0.1):.3f}"]
        self._request("asr.transcribe", INLINE | {"hotwords": hotwords}, speech(self._chance))

    def upload(self) -> None:
        number = self._chance.randrange(4)
        self._request("audio.open")
        self._request("audio.put", {"upload": number, "seq": 0, "data": {"$bin": 0}}, bytes(99_999))
        self._request("asr.transcribe", {"audio": {"k": "upload", "upload": number}})

    def dictate(self) -> None:
        """All at once; some have gone on to something else by the time it is heard."""
        opened = self.wire.call("asr.stream.open", OPEN)
        if isinstance(opened, dict):
            chunks = list(chunks_of(SAMPLES * np.float32(self._chance.uniform(0.5, 1))))
            for seq, chunk in enumerate(chunks):
                push(self.wire, opened["stream"], seq, chunk)
            if self._chance.random() < 0.8:
                count = {"stream": opened["stream"], "seq": len(chunks)}
                self._request("asr.stream.close", count)
        else:
            assert opened == "BUSY"

    def ping(self) -> None:
        self._request("sys.ping")

    def cancel(self) -> None:
        if self.owed:
            self.wire.cancel(self._chance.choice(self.owed))

    def call_and_cancel(self) -> None:
        """So close together that the work of some has not begun when it is cancelled."""
        for _ in range(8):
            self._request("audio.folder")
        for id_ in self.owed[-8:]:
            self.wire.cancel(id_)

    def _request(self, method: str, params: Any = None, *binaries: bytes) -> None:
        tmo = self._chance.choice((1, 50, 300, 20_000))
        self.owed.append(self.wire.request(method, params, binaries, tmo=tmo))

    def settle(self) -> Counter[str]:
        """Take one answer for each request; there must be no other."""
        found = (outcome(self.wire.answer(id_)) for id_ in self.owed)
        kinds = Counter("result" if isinstance(one, dict) else str(one) for one in found)
        assert self.wire.extra_answers() == 0
        return kinds


def speech(chance: random.Random) -> bytes:
    """Speech that no other call brings, so that no other is quarantined with it."""
    file = io.BytesIO()
    soundfile.write(file, SAMPLES * np.float32(chance.uniform(0.5, 1)), RATE_HZ, format="WAV")
    return file.getvalue()


def kill_a_worker(diag: Any) -> None:
    for worker in diag["workers"]:
        if "pid" in worker:
            os.kill(worker["pid"], signal.SIGKILL)


def run_in_disorder(info: ConnectionInfo, watcher: Wire, chance: random.Random) -> Counter[str]:
    callers = [Caller(info, chance) for _ in range(6)]
    actions = {
        Caller.transcribe: 20,
        Caller.ping: 20,
        Caller.cancel: 20,
        Caller.call_and_cancel: 10,
        Caller.upload: 5,
        Caller.dictate: 5,
        Caller.leave_and_return: 2,
    }
    for step in range(STEPS):
        (action,) = chance.choices(list(actions), list(actions.values()))
        action(chance.choice(callers))
        if step % 30 == 0:
            diag = watcher.call("sys.diag")
            if chance.random() < 0.5:
                kill_a_worker(diag)
        time.sleep(chance.choice((0, 0, 0.01)))
    kinds = sum((caller.settle() for caller in callers), Counter[str]())
    until(lambda: watcher.call("sys.diag")["pending"] == 0)
    for caller in callers:
        caller.wire.close()
    return kinds


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="kills, and counts what /proc has")
@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_happens_when_every_request_is_answered_once_and_nothing_is_left(
    tmp_path: Path, seed: int
) -> None:
    environment = {"PYTHONPATH": str(ENGINES), "PYTHONWARNINGS": "always"}
    with launched(tmp_path, engine="scripted", extra_env=environment) as (sidecar, info):
        with Wire(info) as watcher:
            watcher.hello()
            first = watcher.request("asr.transcribe", INLINE, [speech(random.Random(0))])
            assert "text" in outcome(watcher.answer(first))
            before = watcher.call("sys.diag")

            kinds = run_in_disorder(info, watcher, random.Random(seed))

            def at_rest() -> bool:
                after = watcher.call("sys.diag")
                return (
                    [after[name] for name in ("clients", "pending", "uploads", "streams")]
                    == [1, 0, 0, 0]
                    and after["fds"] <= before["fds"] + 1  # a worker may just be replaced
                    and after["threads"] <= before["threads"] + MOST_POOLED_THREADS
                    and not any(recordings(tmp_path).values())
                )

            until(at_rest)
            assert kinds["result"] > 0
            assert kinds["CANCELLED"] > 0
            assert kinds["DEADLINE"] > 0
            assert set(kinds) <= EXPECTED
        said = "\n".join(sidecar.stderr_tail())
    assert "request-failed" not in said
    assert "never awaited" not in said
    assert "never retrieved" not in said


def recordings(folder: Path) -> dict[Path, int]:
    """Those that wait, and their bytes."""
    return files_below(folder / "data" / "uploads")
