"""No worker outlives its parent, whatever either of them is doing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from tests.conftest import PATIENCE_S
from tests.process.commands import mortal
from tests.process.pools import is_alive

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads processes from /proc")

PARENT = """
import asyncio, sys
import numpy as np
from sidecar.engine.base import SegmentOptions
from sidecar.engine.client import EnginePool, WorkerOptions
from sidecar.engine.registry import EngineRegistry

def told(name, state, reason):
    pid = next(s.pid for s in pool.status() if s.engine == "scripted")
    if state == sys.argv[1]:
        print(pid, flush=True)

async def main():
    global pool
    pool = EnginePool(EngineRegistry(), WorkerOptions(), told)
    samples = np.ones(16000, np.float32)
    await pool.recognise("scripted", samples, SegmentOptions(hotwords=tuple(sys.argv[2:])))
    await asyncio.sleep(600)

asyncio.run(main())
"""


@pytest.mark.usefixtures("scripted")
@pytest.mark.parametrize(
    ("state", "script"),
    [
        ("ready", "say:idle"),
        ("busy", "sleep:600"),
        ("busy", "stall:600"),
        ("busy", "hold:600"),
    ],
)
def test_a_worker_ends_with_a_parent_that_is_killed(state: str, script: str) -> None:
    command = [sys.executable, "-c", PARENT, state, script]
    with mortal(subprocess.Popen(command, stdout=subprocess.PIPE)) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        assert is_alive(worker)
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()

        deadline_s = time.monotonic() + PATIENCE_S
        while is_alive(worker) and time.monotonic() < deadline_s:
            time.sleep(0.01)
    assert not is_alive(worker)


@pytest.mark.usefixtures("scripted")
def test_a_worker_that_still_loads_ends_with_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOTTO_SCRIPT", "hold:600")
    code = PARENT.replace("if state ==", "print(0, flush=True)\n    if state ==")
    with mortal(
        subprocess.Popen([sys.executable, "-c", code, "ready"], stdout=subprocess.PIPE)
    ) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()  # it is starting
        workers = _until_children(parent.pid)
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()

        deadline_s = time.monotonic() + PATIENCE_S
        while any(map(is_alive, workers)) and time.monotonic() < deadline_s:
            time.sleep(0.01)
    assert not any(map(is_alive, workers))


def _until_children(pid: int) -> list[int]:
    """The children of a process, once it has some and they have had time to begin."""
    listing = f"/proc/{pid}/task/{pid}/children"
    deadline_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline_s:
        with open(listing, encoding="ascii") as file:  # noqa: PTH123
            children = [int(child) for child in file.read().split()]
        if children:
            return children
        time.sleep(0.01)
    raise AssertionError("no worker was started")


@pytest.mark.usefixtures("scripted")
def test_a_worker_ignores_the_ctrl_c_that_its_parent_gets() -> None:
    command = [sys.executable, "-c", PARENT, "busy", "sleep:600"]
    with mortal(subprocess.Popen(command, stdout=subprocess.PIPE)) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        for _ in range(3):
            os.kill(worker, signal.SIGINT)
        time.sleep(0.2)  # a deadline for what must not happen

        assert is_alive(worker)
        parent.kill()
