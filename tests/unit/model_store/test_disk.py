from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from sidecar.errors import DiskFullError
from sidecar.model_store.disk import check_room, copy_file, publish, written
from sidecar.model_store.manifest import describe


def nobody(*_: int) -> None:
    pass


def test_what_fits_may_begin(tmp_path: Path) -> None:
    check_room(tmp_path, 1, 1)

    with pytest.raises(DiskFullError, match=r"needs 1000000000\.0 GB"):
        check_room(tmp_path, 10**18, 0)


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EFBIG, "disk is full"),
        (errno.EACCES, r"Permission denied.*SOTTO_DATA_DIR"),
        (errno.EROFS, "Read-only"),
    ],
)
def test_what_goes_wrong_with_the_disk_is_named(number: int, says: str) -> None:
    with pytest.raises(DiskFullError, match=says) as caught, written():
        raise OSError(number, os.strerror(number), "/secret/path")

    assert "/secret" not in caught.value.message


def test_a_folder_takes_its_place_and_what_was_there_goes_aside(tmp_path: Path) -> None:
    for name in ("fresh", "place"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.json").write_text(name)

    publish(tmp_path / "fresh", tmp_path / "place", tmp_path / "aside")
    (tmp_path / "next").mkdir()
    publish(tmp_path / "next", tmp_path / "elsewhere", tmp_path / "unused")

    assert (tmp_path / "place" / "model.json").read_text() == "fresh"
    assert (tmp_path / "aside" / "model.json").read_text() == "place"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["aside", "elsewhere", "place"]


def test_a_copy_is_described_as_it_was_written(tmp_path: Path) -> None:
    content = bytes(range(256)) * 9000
    (tmp_path / "a").write_bytes(content)
    done: list[int] = []

    stored = copy_file(tmp_path / "a", tmp_path / "b", lambda n, _: done.append(n))

    assert (tmp_path / "b").read_bytes() == content
    assert stored == describe(tmp_path / "b")
    assert done[-1] == len(content)


def test_a_link_is_not_copied_and_nothing_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "link").symlink_to(tmp_path / "a")

    with pytest.raises(OSError, match="symbolic"):
        copy_file(tmp_path / "link", tmp_path / "b", nobody)
    with pytest.raises(FileExistsError):
        copy_file(tmp_path / "a", tmp_path / "a", nobody)
