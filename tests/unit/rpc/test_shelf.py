from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from sidecar.errors import NoSessionError, TooLargeError
from sidecar.protocol.messages import LIMITS, Limits
from sidecar.rpc.shelf import Shelf

NAME = "0123456789abcdef" * 2


def shelf_in(folder: Path, limits: Limits = LIMITS) -> Shelf:
    async def parent() -> Path:
        return folder

    return Shelf(limits, parent)


async def test_what_a_client_leaves_can_be_taken(tmp_path: Path) -> None:
    shelf = shelf_in(tmp_path)
    folder = await shelf.path()
    assert folder is not None
    (folder / NAME).write_bytes(b"a recording")

    assert shelf.take(NAME).read_bytes() == b"a recording"


async def test_what_a_client_leaves_can_be_taken_once(tmp_path: Path) -> None:
    shelf = shelf_in(tmp_path)
    folder = await shelf.path()
    assert folder is not None
    (folder / NAME).write_bytes(b"a recording")

    shelf.take(NAME)

    with pytest.raises(NoSessionError):
        shelf.take(NAME)


async def test_every_client_has_a_folder_of_its_own_that_nobody_else_may_enter(
    tmp_path: Path,
) -> None:
    one, other = shelf_in(tmp_path), shelf_in(tmp_path)

    first, second = await one.path(), await other.path()

    assert first is not None
    assert first == await one.path()
    assert first != second
    if sys.platform != "win32":
        assert first.stat().st_mode & 0o777 == 0o700


async def test_without_shared_files_there_is_no_folder_and_nothing_in_it() -> None:
    shelf = Shelf(LIMITS, None)

    assert await shelf.path() is None
    with pytest.raises(NoSessionError):
        shelf.take(NAME)


async def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    shelf = shelf_in(tmp_path)
    await shelf.path()

    with pytest.raises(NoSessionError):
        shelf.take(NAME)


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
async def test_a_link_to_another_file_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("not for the sidecar")
    shelf = shelf_in(tmp_path)
    folder = await shelf.path()
    assert folder is not None
    (folder / NAME).symlink_to(secret)

    with pytest.raises(NoSessionError):
        shelf.take(NAME)
    assert secret.exists()


async def test_a_recording_larger_than_an_upload_may_be_is_refused(tmp_path: Path) -> None:
    shelf = shelf_in(tmp_path, Limits(max_upload_bytes=10))
    folder = await shelf.path()
    assert folder is not None
    (folder / NAME).write_bytes(bytes(11))

    with pytest.raises(TooLargeError):
        shelf.take(NAME)


async def test_the_folder_goes_with_the_client_and_does_not_come_back(tmp_path: Path) -> None:
    shelf = shelf_in(tmp_path)
    folder = await shelf.path()
    assert folder is not None
    (folder / NAME).write_bytes(b"unused")

    shelf.close()
    await asyncio.get_running_loop().shutdown_default_executor()  # deletes in a thread

    assert list(tmp_path.iterdir()) == []
    assert not folder.exists()
