from __future__ import annotations

import asyncio
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from sidecar.errors import (
    BusyError,
    DiskFullError,
    GapError,
    NoSessionError,
    TooLargeError,
)
from sidecar.protocol.messages import Limits
from sidecar.rpc.uploads import Uploads


def uploading(folder: Path, limits: Limits | None = None) -> Uploads:
    async def ready() -> Path:
        return folder

    return Uploads(limits or Limits(), ready)


def test_parts_become_one_private_file(tmp_path: Path) -> None:
    async def scenario() -> tuple[list[int], Path]:
        uploads = uploading(tmp_path)
        name = await uploads.open(0)
        sizes = [
            await uploads.put(name, i, memoryview(part)) for i, part in enumerate((b"ab", b"c"))
        ]
        return sizes, await uploads.take(name)

    sizes, path = asyncio.run(scenario())

    assert sizes == [2, 3]
    assert path.read_bytes() == b"abc"
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_parts_sent_at_once_are_written_in_order(tmp_path: Path) -> None:
    parts = [bytes([i]) * 10_000 for i in range(50)]

    async def scenario() -> bytes:
        uploads = uploading(tmp_path)
        name = await uploads.open(0)
        await asyncio.gather(
            *(uploads.put(name, i, memoryview(part)) for i, part in enumerate(parts))
        )
        return (await uploads.take(name)).read_bytes()

    assert asyncio.run(scenario()) == b"".join(parts)


@pytest.mark.parametrize("seq", [0, 2])
def test_a_part_that_is_missing_or_comes_twice_drops_the_upload(tmp_path: Path, seq: int) -> None:
    async def scenario() -> None:
        uploads = uploading(tmp_path)
        name = await uploads.open(0)
        await uploads.put(name, 0, memoryview(b"a"))
        with pytest.raises(GapError, match="Part 1 should come next"):
            await uploads.put(name, seq, memoryview(b"b"))
        with pytest.raises(NoSessionError):
            await uploads.put(name, 1, memoryview(b"b"))

    asyncio.run(scenario())

    assert list(tmp_path.iterdir()) == []


def test_an_upload_is_used_up_by_taking_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        uploads = uploading(tmp_path)
        name = await uploads.open(0)
        await uploads.take(name)
        with pytest.raises(NoSessionError):
            await uploads.take(name)
        with pytest.raises(NoSessionError):
            await uploads.put(name, 0, memoryview(b"a"))

    asyncio.run(scenario())


def test_a_client_has_a_limited_number_of_uploads(tmp_path: Path) -> None:
    async def scenario() -> None:
        uploads = uploading(tmp_path, Limits(max_uploads=2))
        first = await uploads.open(0)
        await uploads.open(0)
        with pytest.raises(BusyError):
            await uploads.open(0)
        uploads.drop(first)
        await uploads.open(0)

    asyncio.run(scenario())


def test_an_upload_over_the_limit_is_refused_at_once_or_when_it_gets_there(tmp_path: Path) -> None:
    async def scenario() -> None:
        uploads = uploading(tmp_path, Limits(max_upload_bytes=10))
        with pytest.raises(TooLargeError):
            await uploads.open(11)
        name = await uploads.open(10)
        await uploads.put(name, 0, memoryview(bytes(6)))
        with pytest.raises(TooLargeError):
            await uploads.put(name, 1, memoryview(bytes(5)))

    asyncio.run(scenario())

    assert list(tmp_path.iterdir()) == []


def test_more_than_the_disk_has_room_for_is_refused_at_once(tmp_path: Path) -> None:
    async def scenario() -> None:
        uploads = uploading(tmp_path, Limits(max_upload_bytes=1 << 62))
        with pytest.raises(DiskFullError, match="free some space"):
            await uploads.open(1 << 60)

    asyncio.run(scenario())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_disk_that_fills_up_drops_the_upload_with_a_sentence(tmp_path: Path) -> None:
    async def scenario() -> None:
        uploads = uploading(tmp_path)
        name = await uploads.open(0)
        full = os.open("/dev/full", os.O_WRONLY)
        os.dup2(full, uploads._open[name]._fd or 0)
        os.close(full)
        with pytest.raises(DiskFullError):
            await uploads.put(name, 0, memoryview(b"a"))
        with pytest.raises(NoSessionError):
            await uploads.put(name, 1, memoryview(b"a"))

    asyncio.run(scenario())


def test_closing_removes_all_files_and_lets_none_be_opened_any_more(tmp_path: Path) -> None:
    async def scenario() -> None:
        uploads = uploading(tmp_path)
        await uploads.put(await uploads.open(0), 0, memoryview(b"a"))
        opening = asyncio.create_task(uploads.open(0))
        uploads.close()
        with pytest.raises(NoSessionError, match="ended"):
            await opening

    asyncio.run(scenario())

    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts descriptors")
def test_an_upload_whose_opening_is_cancelled_leaves_no_file_and_no_descriptor(
    tmp_path: Path,
) -> None:
    async def scenario() -> None:
        uploads = uploading(tmp_path)
        await asyncio.to_thread(len, ())  # its thread's own descriptors
        before = len(list(Path("/proc/self/fd").iterdir()))
        for _ in range(20):
            opening = asyncio.create_task(uploads.open(0))
            await asyncio.sleep(0)
            opening.cancel()
            with suppress(asyncio.CancelledError):
                uploads.drop(await opening)
        await uploads.open(0)
        uploads.close()
        await asyncio.get_running_loop().shutdown_default_executor()  # deletes in a thread
        assert len(list(Path("/proc/self/fd").iterdir())) == before

    asyncio.run(scenario())

    assert list(tmp_path.iterdir()) == []


def test_an_upload_is_used_up_also_when_who_waits_for_its_last_part_is_cancelled(
    tmp_path: Path,
) -> None:
    async def scenario() -> None:
        uploads = uploading(tmp_path)
        name = await uploads.open(0)
        put = asyncio.create_task(uploads.put(name, 0, memoryview(bytes(1 << 20))))
        await asyncio.sleep(0)
        take = asyncio.create_task(uploads.take(name))
        await asyncio.sleep(0)
        take.cancel()
        with pytest.raises(asyncio.CancelledError):
            await take
        await put
        assert len(uploads) == 0

    asyncio.run(scenario())

    assert list(tmp_path.iterdir()) == []


def test_a_cancelled_part_never_reaches_another_file(tmp_path: Path) -> None:
    async def scenario() -> bytes:
        uploads = uploading(tmp_path)
        for _ in range(20):
            name = await uploads.open(0)
            put = asyncio.create_task(uploads.put(name, 0, memoryview(bytes(1 << 20))))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            put.cancel()
        other = await uploads.open(0)
        await uploads.put(other, 0, memoryview(b"mine"))
        return (await uploads.take(other)).read_bytes()

    assert asyncio.run(scenario()) == b"mine"
