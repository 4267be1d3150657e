"""`sotto convert` as people and programs run it: what it says, how it ends, what it leaves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from sidecar.model_store.manifest import verify
from tests.process.commands import SOTTO, sotto
from tests.unit.checkpoints import write_checkpoint
from tests.unit.models import tiny_asr

# Files of 150 KiB, or 300 where a shell counts so: the decoder in half precision is larger.
WITH_SMALL_FILES = ("sh", "-c", 'ulimit -f 300; exec "$@"', "sh")
PIPE = "merges.txt"  # read once for its content, and once for its hash


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_checkpoint(tmp_path_factory.mktemp("from"), tiny_asr(), layout="original")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "models" / "tiny"


def left(target: Path) -> list[str]:
    """What is where models go."""
    return [path.name for path in target.parent.glob("*")]


def started(checkpoint: Path, target: Path, *within: str) -> subprocess.Popen[bytes]:
    """A conversion for a program, which lasts as long as its stdin."""
    arguments = ("convert", str(checkpoint), str(target), "--id", "tiny", "--progress", "json")
    return subprocess.Popen(
        [*within, *SOTTO, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def lines_of(process: subprocess.Popen[bytes]) -> list[Any]:
    """What it says from now on, until it ends."""
    assert process.stdout is not None
    return [json.loads(line) for line in process.stdout]


@contextmanager
def converting(checkpoint: Path, target: Path, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A conversion that stands in its middle until `released`: a file of its source is a pipe."""
    slow = folder / "slow"
    slow.mkdir(exist_ok=True)
    for path in checkpoint.iterdir():
        (slow / path.name).unlink(missing_ok=True)
        if path.name == PIPE:
            os.mkfifo(slow / PIPE)
        else:
            (slow / path.name).symlink_to(path)
    with started(slow, target) as process:
        try:
            (slow / PIPE).write_bytes((checkpoint / PIPE).read_bytes())
            assert process.stdout is not None
            assert json.loads(process.stdout.readline())["phase"] == "converting"
            yield process
        finally:
            process.kill()


def released(process: subprocess.Popen[bytes], folder: Path) -> list[Any]:
    """Let it read on, and wait for its end. What it still said."""
    while process.poll() is None:
        with suppress(OSError):  # it does not read the pipe yet, or not any more
            os.close(os.open(folder / "slow" / PIPE, os.O_WRONLY | os.O_NONBLOCK))
        time.sleep(0.01)
    return lines_of(process)


def test_a_person_is_told_what_came_of_it(checkpoint: Path, target: Path) -> None:
    done = sotto("convert", checkpoint, target, "--id", "tiny", "--decoder", "q8_0")

    assert (done.returncode, done.stdout) == (0, "")
    assert "sotto: tiny is ready: " in done.stderr
    assert verify(target).decoder.quantization == "q8_0"


def test_a_program_is_told_each_step(checkpoint: Path, target: Path) -> None:
    with started(checkpoint, target) as process:
        lines = lines_of(process)

    assert process.returncode == 0
    phases = [line["phase"] for line in lines]
    assert phases == sorted(phases, key=["converting", "checking"].index)
    for phase in ("converting", "checking"):
        steps = [(line["done"], line["total"]) for line in lines if line["phase"] == phase]
        assert [done for done, _ in steps] == sorted({done for done, _ in steps})
        assert len({total for _, total in steps}) == 1
    assert lines[-1]["done"] == lines[-1]["total"]
    verify(target)


def test_what_cannot_be_converted_is_told_to_people(tmp_path: Path, target: Path) -> None:
    done = sotto("convert", tmp_path, target, "--id", "tiny")

    assert done.returncode == 1
    assert "sotto: There is no config.json in that folder." in done.stderr
    assert left(target) == []


def test_what_cannot_be_converted_is_told_to_programs(tmp_path: Path, target: Path) -> None:
    done = sotto("convert", tmp_path, target, "--id", "tiny", "--progress", "json")

    [line] = done.stdout.splitlines()
    assert done.returncode == 1
    assert json.loads(line)["error"]["kind"] == "LOAD_FAILED"
    assert left(target) == []


def test_a_missing_library_is_named(checkpoint: Path, target: Path) -> None:
    script = (
        "import sys; sys.modules['gguf'] = None; from sidecar.__main__ import main;"
        "sys.argv[0] = 'sotto'; main()"
    )
    arguments = ("convert", str(checkpoint), str(target), "--id", "tiny")

    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert "Converting needs gguf; install Sotto with its extra 'convert'." in done.stderr


def test_a_name_that_no_engine_can_have_is_refused(checkpoint: Path, target: Path) -> None:
    done = sotto("convert", checkpoint, target, "--id", "Tiny Model")

    assert done.returncode == 2
    assert not target.parent.exists()


def test_a_file_that_does_not_fit_on_disk_leaves_nothing(checkpoint: Path, target: Path) -> None:
    with started(checkpoint, target, *WITH_SMALL_FILES) as process:
        lines = lines_of(process)

    assert lines[-1]["error"]["kind"] == "DISK_FULL"
    assert process.returncode == 1
    assert left(target) == []


def end_by_stdin(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    process.stdin.close()


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (end_by_stdin, 1),
        (lambda process: process.send_signal(signal.SIGTERM), 128 + signal.SIGTERM),
        (lambda process: process.send_signal(signal.SIGINT), 128 + signal.SIGINT),
    ],
    ids=["stdin", "SIGTERM", "SIGINT"],
)
def test_a_conversion_that_is_ended_in_its_middle_leaves_nothing(
    checkpoint: Path,
    target: Path,
    tmp_path: Path,
    end: Callable[[subprocess.Popen[bytes]], None],
    code: int,
) -> None:
    with converting(checkpoint, target, tmp_path) as process:
        end(process)
        lines = released(process, tmp_path)

    assert process.returncode == code
    assert [line["error"]["kind"] for line in lines if "error" in line] == ["CANCELLED"][
        : code == 1
    ]
    assert left(target) == []


def test_what_a_killed_conversion_left_is_swept_by_the_next(
    checkpoint: Path, target: Path, tmp_path: Path
) -> None:
    with converting(checkpoint, target, tmp_path) as process:
        process.kill()
        process.wait()
    found = left(target)

    done = sotto("convert", checkpoint, target, "--id", "tiny")

    assert found == [".tiny.converting"]
    assert done.returncode == 0
    assert left(target) == ["tiny"]
