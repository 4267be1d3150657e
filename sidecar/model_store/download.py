"""Fetching the files of a plan: several at once, large ones in pieces, each until it is right.

    async with Web(options) as web:
        await Download(web, source, plan, folder, clock=clock, on_progress=told).run()

Whatever ends it, what has come stays in `folder`, and the next run goes on from there.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from sidecar.clock import Clock
from sidecar.errors import ChecksumError
from sidecar.model_store.partial import PartialFile, is_whole
from sidecar.model_store.plan import Plan
from sidecar.model_store.progress import Meter, OnProgress
from sidecar.model_store.ranges import Span, pieces
from sidecar.model_store.sources import Source
from sidecar.model_store.threads import in_thread
from sidecar.model_store.web import HiccupError, Patience, Web

PIECE_BYTES = 16 << 20
WRITE_BYTES = 1 << 20  # what a kill costs, for each connection
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")


class _WholeOnlyError(Exception):
    """The source answers a request for a piece with the whole file."""


class _ChangedError(Exception):
    """The source has another version of the file than the one we have pieces of."""


@dataclass(slots=True)
class _Piece:
    """The bytes from `at` to before `end`, which are still to come."""

    at: int
    end: int


class Download:
    """Fetches what a plan names into a folder.

    Args:
        folder: the files' own; made if absent.
        piece_bytes: the longest piece of a file that one request asks for.
    """

    def __init__(
        self,
        web: Web,
        source: Source,
        plan: Plan,
        folder: Path,
        *,
        clock: Clock,
        on_progress: OnProgress,
        piece_bytes: int = PIECE_BYTES,
    ) -> None:
        self._web = web
        self._source = source
        self._plan = plan
        self._folder = folder
        self._clock = clock
        self._on_progress = on_progress
        self._piece_bytes = piece_bytes
        self._turns = asyncio.Semaphore(web.options.connections)

    async def run(self) -> None:
        """Fetch what is missing; at the end every file is there and right.

        Raises:
            DownloadError, LicenceError: the source does not give it.
            ChecksumError: what it gives is not what it should be.
            OSError: it cannot be written.
        """
        parts: list[PartialFile] = []
        try:
            for file in self._plan.files:
                if not await in_thread(is_whole, self._folder / file.name, file):
                    parts.append(await in_thread(PartialFile, self._folder, file))
            missing = sum(part.file.bytes - part.n_bytes for part in parts)
            total = self._plan.n_bytes
            meter = Meter(
                "downloading", total, self._clock, self._on_progress, done=total - missing
            )
            await _all(self._file(part, meter).fetch() for part in parts)
        finally:
            for part in parts:
                part.close()

    def _file(self, part: PartialFile, meter: Meter) -> _Fetch:
        url = self._source.url(self._plan.repo, self._plan.revision, part.file.name)
        return _Fetch(
            url, part, meter, web=self._web, turns=self._turns, piece_bytes=self._piece_bytes
        )


class _Fetch:
    """One file while it is fetched."""

    def __init__(
        self,
        url: str,
        part: PartialFile,
        meter: Meter,
        *,
        web: Web,
        turns: asyncio.Semaphore,
        piece_bytes: int,
    ) -> None:
        self._web = web
        self._turns = turns
        self._url = url
        self._part = part
        self._meter = meter
        self._piece_bytes = piece_bytes
        self._size = part.file.bytes

    async def fetch(self) -> None:
        """Fetch it; what was begun by an earlier run gets a second chance from its start."""
        try:
            right = await self._is_right()
            if not right and self._part.resumed:
                await self._begin_again()
                right = await self._is_right()
            if not right:
                raise self._wrong()
        except ChecksumError:
            await self._begin_again()
            raise
        await in_thread(self._part.finish)

    async def _is_right(self) -> bool:
        """Fetch what is missing, and compare the whole with what it must be."""
        await self._fill()
        return await in_thread(self._part.is_right)

    async def _fill(self) -> None:
        """Fetch all that is missing, in pieces if the source can."""
        n_changes, whole = 0, False
        while gaps := self._part.gaps():
            try:
                if whole:
                    await self._whole()
                else:
                    await _all(self._patiently(_Piece(*span)) for span in self._spans(gaps))
            except _WholeOnlyError:
                whole = True
            except _ChangedError:
                n_changes += 1
                if n_changes > 1:
                    raise self._wrong() from None
                await self._begin_again()

    def _spans(self, gaps: Iterable[Span]) -> Iterator[Span]:
        return (span for gap in gaps for span in pieces(gap, self._piece_bytes))

    async def _patiently(self, piece: _Piece) -> None:
        """Fetch a piece, going on after each failure where that has left it."""
        patience = Patience(self._web.options)
        while piece.at < piece.end:
            before = piece.at
            try:
                async with self._ask(piece) as got:
                    await self._receive(got, piece)
            except HiccupError as hiccup:
                if piece.at > before:
                    patience.renew()
                await patience.wait(hiccup)

    async def _whole(self) -> None:
        """Fetch all of it in one go, from a source that cannot do otherwise."""
        patience = Patience(self._web.options)
        while True:
            await self._begin_again()
            try:
                async with self._ask(_Piece(0, self._size)) as got:
                    await self._receive(got, _Piece(0, self._size))
            except HiccupError as hiccup:
                await patience.wait(hiccup)
            else:
                return

    @asynccontextmanager
    async def _ask(self, piece: _Piece) -> AsyncIterator[httpx2.Response]:
        """The answer to a request for a piece, which is of the version we have pieces of."""
        headers: dict[str, str] = {}
        if (piece.at, piece.end) != (0, self._size):
            headers["Range"] = f"bytes={piece.at}-{piece.end - 1}"
            if self._part.etag.startswith('"'):  # a weak one is of no use here (RFC 9110, 13.1.5)
                headers["If-Range"] = self._part.etag
        async with self._turns, self._web.get(self._url, headers) as got:
            etag = got.headers.get("ETag", "")
            if got.status_code == 416 or (etag and self._part.etag not in ("", etag)):
                raise _ChangedError
            if headers and got.status_code != 206:
                raise _WholeOnlyError
            if got.status_code == 206:
                self._check_range(got, piece)
            if etag:
                await in_thread(self._part.name_version, etag)
            yield got

    def _check_range(self, got: httpx2.Response, piece: _Piece) -> None:
        found = _CONTENT_RANGE.fullmatch(got.headers.get("Content-Range", ""))
        if found is None or int(found[1]) != piece.at:
            raise _WholeOnlyError  # it has not understood what we want
        if found[3] != "*" and int(found[3]) != self._size:
            raise self._wrong()

    async def _receive(self, got: httpx2.Response, piece: _Piece) -> None:
        """Keep what comes.

        Raises:
            HiccupError: it ended too soon.
            ChecksumError: there is more than the file should have.
        """
        buffer = bytearray()
        try:
            async for chunk in got.aiter_bytes():
                buffer += chunk
                if piece.at + len(buffer) > piece.end:
                    raise self._wrong()
                if len(buffer) >= WRITE_BYTES:
                    await self._keep(buffer, piece)
        except httpx2.TransportError:
            await self._keep(buffer, piece)
            raise
        await self._keep(buffer, piece)
        if piece.at < piece.end:
            raise HiccupError

    async def _keep(self, buffer: bytearray, piece: _Piece) -> None:
        if buffer:
            await in_thread(self._part.write, piece.at, bytes(buffer))
            piece.at += len(buffer)
            self._meter.add(len(buffer))
            buffer.clear()

    async def _begin_again(self) -> None:
        self._meter.lose(self._part.n_bytes)
        await in_thread(self._part.reset)

    def _wrong(self) -> ChecksumError:
        return ChecksumError(
            "The source has another file than was published, or changes it: choose another"
            " source. What it gave was thrown away.",
            detail=self._part.file.name,
        )


async def _all(works: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Do them side by side. When one fails the others are ended, and that failure is raised."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
