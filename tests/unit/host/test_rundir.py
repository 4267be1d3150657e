from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sidecar.host.rundir import FileLock, LockHeldError, RunDir, sweep

CLAIM_AND_DIE = (
    "import os, sys; from pathlib import Path; from sidecar.host.rundir import RunDir;"
    "folder = RunDir.claim(Path(sys.argv[1])); (folder.path / 'file').touch();"
    "print(folder.path.name, flush=True); os._exit(1)"
)


def test_a_lock_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    with FileLock(tmp_path / "lock") as lock:
        with pytest.raises(LockHeldError):
            FileLock(tmp_path / "lock")
        assert lock.held

    FileLock(tmp_path / "lock").release()


def test_a_folder_lives_until_it_is_removed(tmp_path: Path) -> None:
    folder = RunDir.claim(tmp_path)
    (folder.path / "file").touch()

    sweep(tmp_path)
    kept = folder.path.exists()
    folder.remove()
    folder.remove()

    assert kept
    assert not folder.path.exists()


def test_two_live_folders_do_not_disturb_each_other(tmp_path: Path) -> None:
    one, two = RunDir.claim(tmp_path), RunDir.claim(tmp_path)

    one.remove()

    assert two.path.exists()
    two.remove()


def test_the_folder_of_a_dead_process_is_swept_by_the_next_claim(tmp_path: Path) -> None:
    died = subprocess.run(
        [sys.executable, "-c", CLAIM_AND_DIE, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    orphan = tmp_path / died.stdout.strip()
    assert (orphan / "file").exists()

    folder = RunDir.claim(tmp_path)

    assert not orphan.exists()
    folder.remove()


def test_sweeping_leaves_everything_else_alone(tmp_path: Path) -> None:
    (tmp_path / "run-file").touch()
    (tmp_path / "other").mkdir()

    sweep(tmp_path)

    assert {path.name for path in tmp_path.iterdir()} == {"run-file", "other"}
