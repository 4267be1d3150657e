"""The command `sotto` where a disk is full, a terminal closes, or somebody kills a part of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import PATIENCE_S
from tests.process.commands import SOTTO, assert_nothing_left, mortal, sotto
from tests.process.terminal import heard_something, read_terminal

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc and /dev/full")


@contextmanager
def heard(*args: str | Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """`sotto transcribe` once it has text that is final; with its sidecar's process id."""
    with heard_something(*args) as (process, terminal, _):
        threading.Thread(target=read_to_the_end, args=(terminal,), daemon=True).start()
        try:
            yield process, sidecar_of(process.pid)
        finally:
            process.kill()


def read_to_the_end(terminal: int) -> None:
    """Read a terminal: whoever writes to one that nobody reads waits for ever once it is full."""
    while read_terminal(terminal):
        pass
    os.close(terminal)


def sidecar_of(pid: int) -> int:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[0])


@linux_only
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_whoever_ends_the_command_gets_what_was_final(run_dir: Path, long: Path, name: str) -> None:
    number = signal.Signals[name]

    with heard(long) as (process, _):
        process.send_signal(number)
        out, _ = process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 128 + number
    assert out.startswith(b"hello")
    assert_nothing_left(run_dir)


@linux_only
@pytest.mark.parametrize("name", ["SIGHUP", "SIGQUIT"])
def test_a_signal_to_all_of_a_terminal_leaves_no_recording_behind(
    run_dir: Path, long: Path, name: str, tmp_path: Path
) -> None:
    with heard(long) as (process, _):
        os.killpg(process.pid, signal.Signals[name])
        process.communicate(timeout=PATIENCE_S)

    assert_nothing_left(run_dir)
    assert list((tmp_path / "data" / "uploads").glob("run-*")) == []


@linux_only
def test_a_killed_sidecar_costs_neither_what_was_final_nor_the_next_recording(
    run_dir: Path, long: Path, short: Path
) -> None:
    with heard(long, short, "--format", "json") as (process, sidecar):
        os.kill(sidecar, signal.SIGKILL)
        out, _ = process.communicate(timeout=PATIENCE_S)

    first, second = map(json.loads, out.splitlines())
    assert process.returncode == 1
    assert (first["file"], first["partial"]) == (str(long), True)
    assert first["text"].startswith("hello")
    assert (second["file"], second["partial"]) == (str(short), False)


@linux_only
def test_a_full_disk_behind_stdout_is_told_in_a_sentence(run_dir: Path, short: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*SOTTO, "transcribe", str(short)],
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=PATIENCE_S,
            check=False,
        )

    assert done.returncode == 1
    assert b"stdout cannot be written (No space left on device)" in done.stderr
    assert b"Traceback" not in done.stderr


@linux_only
def test_a_full_disk_behind_stderr_costs_no_result(run_dir: Path, short: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*SOTTO, "transcribe", str(short)],
            stdout=subprocess.PIPE,
            stderr=full,
            timeout=PATIENCE_S,
            check=False,
        )

    assert (done.returncode, done.stdout[:5]) == (0, b"hello")


@pytest.mark.parametrize("command", ["doctor", "demo"])
def test_a_terminal_without_the_characters_gets_others(
    run_dir: Path, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii:strict")

    done = sotto(command)

    assert done.returncode == 0
    assert done.stdout.isascii()


def test_a_data_folder_that_cannot_be_used_is_named(
    run_dir: Path, short: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setenv("SOTTO_DATA_DIR", str(file))

    done = sotto("transcribe", short)

    assert (done.returncode, done.stdout) == (78, "")
    assert str(file) in done.stderr
    assert "SOTTO_DATA_DIR" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="such names cannot be given to a file")
def test_a_name_cannot_command_the_terminal(tmp_path: Path) -> None:
    done = sotto("transcribe", tmp_path / "gone\x1b]0;title\x07.wav")

    assert done.returncode == 1
    assert "gone\ufffd]0;title\ufffd.wav: cannot be read" in done.stderr


@linux_only
def test_a_name_too_long_for_the_system_is_no_traceback(short: Path, tmp_path: Path) -> None:
    done = sotto("transcribe", short, "--output", tmp_path / ("x" * 300))

    assert (done.returncode, done.stdout) == (1, "")
    assert "File name too long" in done.stderr


@linux_only
def test_a_terminal_that_closes_ends_a_server_cleanly(run_dir: Path) -> None:
    with mortal(
        subprocess.Popen([*SOTTO, "serve"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"Listening at ")

        process.send_signal(signal.SIGHUP)

        assert process.wait(timeout=PATIENCE_S) == 0
    assert not (run_dir / "conn.json").exists()
    assert list(run_dir.glob("run-*")) == []


@linux_only
def test_a_server_under_nohup_outlives_its_terminal(run_dir: Path) -> None:
    with mortal(
        subprocess.Popen(
            ["nohup", *SOTTO, "serve"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"Listening at ")

        process.send_signal(signal.SIGHUP)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=1)

        process.terminate()
        assert process.wait(timeout=PATIENCE_S) == 0


@linux_only
def test_a_recording_over_the_limit_is_refused_before_it_is_copied(
    run_dir: Path, tmp_path: Path
) -> None:
    huge = tmp_path / "huge.wav"
    with huge.open("wb") as file:
        file.truncate((4 << 30) + 1)  # takes no room on the disk until somebody copies it

    done = sotto("transcribe", huge)

    assert (done.returncode, done.stdout) == (1, "")
    assert "at most 4096 MiB: split it" in done.stderr


@linux_only
@pytest.mark.parametrize("n_files", [10, 12, 14])
def test_a_sidecar_that_cannot_be_started_is_told_in_a_sentence(
    run_dir: Path, short: Path, n_files: int
) -> None:
    done = subprocess.run(
        ["sh", "-c", f'ulimit -n {n_files}; exec "$@"', "sh", *SOTTO, "transcribe", str(short)],
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )

    assert (done.returncode, done.stdout) == (1, b"")
    assert b"Too many open files" in done.stderr
    assert b"Traceback" not in done.stderr
