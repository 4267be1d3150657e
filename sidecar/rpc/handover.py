"""Bringing a recording to the sidecar, the quickest way that there is."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

from sidecar.errors import SottoError, TooLargeError
from sidecar.protocol.messages import (
    AudioDropParams,
    AudioFolderParams,
    AudioFolderResult,
    AudioOpenParams,
    AudioOpenResult,
    AudioPutParams,
    AudioSource,
    Binary,
    FileAudio,
    InlineAudio,
    UploadedAudio,
)
from sidecar.rpc.calls import Connection
from sidecar.rpc.transport import Part

SMALL_BYTES = 64 << 10  # is sent sooner than a file is made
QUICK_BYTES = 2 << 20  # are written in half a millisecond, sooner than a thread gets to it
INLINE_BYTES = 8 << 20  # larger recordings go up in parts, so that nothing waits behind them
PARTS_AT_ONCE = 4

T = TypeVar("T")


class HandOver:
    """Brings recordings over one connection.

    Args:
        slots: how many requests the connection may have open.
        most_bytes: the size of the largest recording.
    """

    def __init__(self, connection: Connection, slots: asyncio.Semaphore, most_bytes: int) -> None:
        self._connection = connection
        self._slots = slots
        self._most_bytes = most_bytes
        self._folder: Path | None = None
        self._asked_for_folder = False

    async def bring(self, audio: bytes | Path) -> tuple[AudioSource, tuple[Part, ...]]:
        """Bring a recording.

        Returns:
            What refers to it in a request, and the binary frames to send with that.
        """
        size = len(audio) if isinstance(audio, bytes) else (await _in_thread(audio.stat)).st_size
        if size > self._most_bytes:  # before all of it is copied
            most = self._most_bytes >> 20
            raise TooLargeError(f"A recording may have at most {most} MiB: split it.")
        if size > SMALL_BYTES and (name := await self._leave(audio)):
            return FileAudio(name=name), ()
        if size > INLINE_BYTES:
            return UploadedAudio(upload=await self.upload(audio, size)), ()
        data = audio if isinstance(audio, bytes) else await _in_thread(audio.read_bytes)
        return InlineAudio(data=Binary(bin=0)), (data,)

    async def _leave(self, audio: bytes | Path) -> str | None:
        """Leave a recording as a file; None where it has to be sent."""
        if not self._asked_for_folder:
            told = await self._connection.call("audio.folder", AudioFolderParams())
            path = cast("AudioFolderResult", told).path
            self._folder, self._asked_for_folder = Path(path) if path else None, True
        if self._folder is None:
            return None
        name = os.urandom(16).hex()
        write = partial(_write, audio, self._folder / name)
        try:
            if isinstance(audio, bytes) and len(audio) <= QUICK_BYTES:
                write()
            else:
                await _in_thread(write)
        except OSError:  # not our file system after all, or a full one, which the answer tells
            return None
        return name

    async def upload(self, audio: bytes | Path, size: int) -> int:
        """Send a recording in parts, a few on their way at a time. Returns the upload's number."""
        opened = await self._connection.call("audio.open", AudioOpenParams(total_bytes=size))
        upload = cast("AudioOpenResult", opened).upload
        under_way: set[asyncio.Task[Any]] = set()
        try:
            async for seq, part in _parts(audio, cast("AudioOpenResult", opened).part_bytes):
                put = AudioPutParams(upload=upload, seq=seq, data=Binary(bin=0))
                under_way.add(asyncio.create_task(self._put(put, part)))
                if len(under_way) >= PARTS_AT_ONCE:
                    await _first_of(under_way)
            while under_way:
                await _first_of(under_way)
        except BaseException:
            for task in under_way:
                task.cancel()
            with suppress(SottoError):
                await self._connection.call("audio.drop", AudioDropParams(upload=upload))
            raise
        return upload

    async def _put(self, params: AudioPutParams, part: Part) -> None:
        async with self._slots:
            await self._connection.call("audio.put", params, (part,))


def _write(audio: bytes | Path, file: Path) -> None:
    try:
        if isinstance(audio, bytes):
            with file.open("xb", buffering=0) as raw:
                view = memoryview(audio)
                while view:
                    view = view[raw.write(view) :]
        else:
            shutil.copyfile(audio, file)
    except OSError:
        file.unlink(missing_ok=True)
        raise


async def _parts(audio: bytes | Path, part_bytes: int) -> AsyncIterator[tuple[int, Part]]:
    if isinstance(audio, bytes):
        view = memoryview(audio)
        for seq, start in enumerate(range(0, len(view), part_bytes)):
            yield seq, view[start : start + part_bytes]
        return
    with await _in_thread(lambda: audio.open("rb")) as file:
        seq = 0
        while part := await _in_thread(lambda: file.read(part_bytes)):
            yield seq, part
            seq += 1


async def _first_of(tasks: set[asyncio.Task[Any]]) -> None:
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        tasks.remove(task)
        task.result()


async def _in_thread(step: Callable[[], T]) -> T:
    return await asyncio.to_thread(step)
