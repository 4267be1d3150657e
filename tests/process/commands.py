"""Running the command `sotto`, and seeing what it leaves behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

SOTTO = [sys.executable, "-m", "sidecar"]


def sotto(*args: str | Path, stdin: bytes | None = None) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*SOTTO, *map(str, args)],
        input=stdin or b"",
        capture_output=True,
        timeout=100,
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
    deadline_s = time.monotonic() + 5
    while leftovers(run_dir) and time.monotonic() < deadline_s:
        time.sleep(0.05)
    assert leftovers(run_dir) == []
    assert [path.name for path in run_dir.glob("run-*")] == []
