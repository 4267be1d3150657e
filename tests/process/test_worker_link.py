"""A worker alone, spoken to byte by byte."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from sidecar.engine.link import (
    Abort,
    Close,
    Decode,
    Done,
    Failed,
    Feed,
    Open,
    Ready,
    ToParent,
    ToWorker,
    encode,
    read_to_parent,
)
from sidecar.engine.process import worker_command
from tests.process.pools import echoed, sound

SCRIPTED = "sidecar.testing.scripted:ScriptedEngine"
BEAT_S = 60.0  # none, while these tests run


class Worker:
    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.process = process
        self.stdin: IO[bytes] = process.stdin
        self.stdout: IO[bytes] = process.stdout

    def send(self, *messages: ToWorker) -> None:
        self.stdin.write(b"".join(map(encode, messages)))
        self.stdin.flush()

    def receive(self) -> ToParent | None:
        return read_to_parent(self.stdout)


@pytest.fixture
def worker() -> Iterator[Worker]:
    command = worker_command(SCRIPTED, BEAT_S)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        worker = Worker(process)
        assert isinstance(worker.receive(), Ready)
        yield worker
        process.kill()


def test_the_end_of_the_link_ends_a_worker_that_is_busy(worker: Worker) -> None:
    worker.send(Open(1, None, ("stall:60",), "", live=False), Decode(1, 1, True, "", ""))
    worker.stdin.close()

    assert worker.process.wait(10) == 0


def test_garbage_on_the_link_ends_the_worker(worker: Worker) -> None:
    worker.stdin.write(b"\x05\0\0\0hello")
    worker.stdin.flush()

    assert worker.receive() is None
    assert worker.process.wait(10) == 0


def test_an_abort_that_comes_before_its_pass_ends_it_at_once(worker: Worker) -> None:
    worker.send(Open(1, None, (), "", live=False), Abort(7), Decode(7, 1, True, "", ""))

    answer = worker.receive()

    assert isinstance(answer, Failed)
    assert (answer.job, answer.kind) == (7, "CANCELLED")


def test_an_abort_that_comes_too_late_does_not_touch_the_next_pass(worker: Worker) -> None:
    worker.send(Open(1, None, (), "", live=False), Decode(1, 1, False, "", ""))
    assert isinstance(worker.receive(), Done)
    worker.send(Abort(1), Feed(1, sound().tobytes()), Decode(2, 1, True, "", ""))

    answer = worker.receive()

    assert isinstance(answer, Done)
    assert (answer.job, answer.text) == (2, echoed(sound()))


def test_audio_that_the_engine_cannot_take_fails_the_passes_of_that_segment(worker: Worker) -> None:
    worker.send(
        Open(1, None, (), "", live=False), Feed(1, b"odd"), Decode(1, 1, True, "", ""), Close(1)
    )
    worker.send(Open(2, None, (), "", live=False), Decode(2, 2, True, "", ""))

    first, second = worker.receive(), worker.receive()

    assert isinstance(first, Failed)
    assert first.kind == "INTERNAL"
    assert isinstance(second, Done)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_worker_gives_way_to_others_and_writes_no_core_file(worker: Worker) -> None:
    proc = Path(f"/proc/{worker.process.pid}")

    limits = (proc / "limits").read_text()
    nice = int((proc / "stat").read_text().rpartition(")")[2].split()[16])

    assert (proc / "oom_score_adj").read_text().strip() == "500"
    assert nice >= 5
    assert "Max core file size        0                    0 " in limits
