from __future__ import annotations

import errno
from pathlib import Path

import pytest

from sidecar.convert.workplace import LOCK, workplace
from sidecar.errors import BusyError, DiskFullError, InvalidParamsError
from sidecar.host.rundir import FileLock


def test_what_was_made_appears_at_the_end(tmp_path: Path) -> None:
    target = tmp_path / "model"

    with workplace(target) as folder:
        (folder / "file").write_text("whole")
        seen = target.exists()

    assert not seen
    assert [path.name for path in target.iterdir()] == ["file"]
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, MemoryError])
def test_what_broke_off_leaves_nothing(tmp_path: Path, error: type[BaseException]) -> None:
    def work() -> None:
        with workplace(tmp_path / "model") as folder:
            (folder / "file").write_text("half")
            raise error

    with pytest.raises(error):
        work()

    assert list(tmp_path.iterdir()) == []


def test_what_is_there_already_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "model").write_text("kept")

    with pytest.raises(InvalidParamsError, match="Remove it first"), workplace(tmp_path / "model"):
        pass

    assert (tmp_path / "model").read_text() == "kept"


def test_what_a_killed_process_left_is_swept(tmp_path: Path) -> None:
    left = tmp_path / ".model.converting"
    left.mkdir()
    (left / LOCK).touch()
    (left / "half.gguf").write_text("half")

    with workplace(tmp_path / "model") as folder:
        found = {path.name for path in folder.iterdir()}

    assert found == {LOCK}


def test_two_do_not_make_the_same_model_at_once(tmp_path: Path) -> None:
    left = tmp_path / ".model.converting"
    left.mkdir()

    with FileLock(left / LOCK), pytest.raises(BusyError), workplace(tmp_path / "model"):
        pass

    assert left.is_dir()  # it is the other's


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        OSError("10 requested and 0 written"),  # numpy
    ],
)
def test_a_full_disk_is_told_as_such(tmp_path: Path, error: OSError) -> None:
    with pytest.raises(DiskFullError), workplace(tmp_path / "model"):
        raise error

    assert list(tmp_path.iterdir()) == []


def test_other_errors_of_the_system_stay_what_they_are(tmp_path: Path) -> None:
    with pytest.raises(PermissionError), workplace(tmp_path / "model"):
        raise PermissionError(errno.EACCES, "Permission denied")
