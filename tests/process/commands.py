"""Running the command `sotto`, and seeing what it leaves behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import AnyStr

from tests.conftest import PATIENCE_S

SOTTO = [sys.executable, "-m", "sidecar"]


@contextmanager
def mortal(process: subprocess.Popen[AnyStr]) -> Iterator[subprocess.Popen[AnyStr]]:
    """A process that does not outlive the `with`, also where a test fails in the middle of it.

    There `Popen` waits for the process, which nobody may be left to end.
    """
    try:
        with process:
            try:
                yield process
            except BaseException:
                process.kill()
                raise
    finally:  # also where it was waited for until the time of the test was over
        process.kill()


def sotto(*args: str | Path, stdin: bytes | None = None) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*SOTTO, *map(str, args)],
        input=stdin or b"",
        capture_output=True,
        timeout=4 * PATIENCE_S,  # some hear a recording to its end
        check=False,
    )
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
    )


def leftovers(run_dir: Path) -> list[str]:
    """The processes that work with this folder."""
    mark = f"SOTTO_RUNTIME_DIR={run_dir}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if int(folder.name) != os.getpid() and mark in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue  # it ended, or is not ours
    return found


def assert_nothing_left(run_dir: Path) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while leftovers(run_dir) and time.monotonic() < deadline_s:
        time.sleep(0.05)
    assert leftovers(run_dir) == []
    assert [path.name for path in run_dir.glob("run-*")] == []
