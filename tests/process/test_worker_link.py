"""A worker alone, spoken to byte by byte."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
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
    Together,
    ToParent,
    ToWorker,
    encode,
    read_to_parent,
)
from sidecar.engine.process import worker_command
from tests.process.commands import mortal
from tests.process.pools import echoed, sound

SCRIPTED = "sidecar.testing.scripted:TogetherEngine"
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
    with started(SCRIPTED) as worker:
        yield worker


@contextmanager
def started(entry: str, folder: Path | None = None) -> Iterator[Worker]:
    command = worker_command(entry, BEAT_S, folder)
    with mortal(
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    ) as process:
        worker = Worker(process)
        assert isinstance(worker.receive(), Ready)
        yield worker
        process.kill()


def test_the_end_of_the_link_ends_a_worker_that_is_busy(worker: Worker) -> None:
    worker.send(Open(1, None, ("stall:600",), "", live=False), Decode(1, 1, True, "", ""))
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


def test_passes_that_come_together_are_answered_each_for_itself(worker: Worker) -> None:
    worker.send(Open(1, None, (), "", live=False), Feed(1, b"odd"))
    for segment in (2, 3):
        worker.send(Open(segment, None, ("meet:2",), "", live=False))
    worker.send(
        Feed(2, sound(2).tobytes()),
        Together(tuple(Decode(segment, segment, True, "", "") for segment in (1, 2, 3))),
    )

    answers = [worker.receive() for _ in range(3)]

    failed, *done = sorted(answers, key=lambda answer: getattr(answer, "job", 0))
    assert isinstance(failed, Failed)
    assert [each.text for each in done if isinstance(each, Done)] == [echoed(sound(2)), ""]


def test_an_abort_ends_one_of_several_passes(worker: Worker) -> None:
    for segment in (1, 2):
        worker.send(Open(segment, None, (), "", live=False), Feed(segment, sound().tobytes()))
    worker.send(Abort(8), Together((Decode(7, 1, True, "", ""), Decode(8, 2, True, "", ""))))

    answers = {getattr(answer, "job", 0): answer for answer in (worker.receive(), worker.receive())}

    assert isinstance(answers[7], Done)
    assert isinstance(answers[8], Failed)
    assert answers[8].kind == "CANCELLED"


FAULTY = """
from sidecar.testing.scripted import TogetherEngine

class Faulty(TogetherEngine):
    def decode_together(self, passes):
        yield next(super().decode_together(passes[:1]))
        if passes[0].ask.final:
            raise ValueError
"""


@pytest.mark.parametrize(
    ("final", "told"), [(True, "the log has it under"), (False, "gave no result")]
)
def test_passes_that_an_engine_leaves_without_a_result_fail(
    final: bool, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "faulty.py").write_text(FAULTY)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with started("faulty:Faulty") as worker:
        for segment in (1, 2):
            worker.send(Open(segment, None, (), "", live=False))
        worker.send(Together(tuple(Decode(n, n, final, "", "") for n in (1, 2))))
        first, second = worker.receive(), worker.receive()

    assert isinstance(first, Done)
    assert isinstance(second, Failed)
    assert told in second.message


def test_the_class_of_a_model_is_called_with_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kept.py").write_text(
        "from sidecar.testing.scripted import ScriptedEngine\n"
        "class Kept(ScriptedEngine):\n"
        "    def __init__(self, folder):\n"
        "        self.capabilities = type(self).capabilities\n"
        "        (folder / 'used').touch()\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    with started("kept:Kept", tmp_path) as worker:
        worker.send(Open(1, None, (), "", live=False), Decode(1, 1, True, "", ""))
        answer = worker.receive()

    assert isinstance(answer, Done)
    assert (tmp_path / "used").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_worker_gives_way_to_others_and_writes_no_core_file(worker: Worker) -> None:
    proc = Path(f"/proc/{worker.process.pid}")

    limits = (proc / "limits").read_text()
    nice = int((proc / "stat").read_text().rpartition(")")[2].split()[16])

    assert (proc / "oom_score_adj").read_text().strip() == "500"
    assert nice >= 5
    assert "Max core file size        0                    0 " in limits
