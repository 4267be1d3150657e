"""The methods of the history: what each does with the texts that are kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

from sidecar.errors import TooLargeError
from sidecar.protocol.messages import (
    LIMITS,
    HistoryAddParams,
    HistoryAudioParams,
    HistoryAudioResult,
    HistoryDeleteParams,
    HistoryDeleteResult,
    HistoryEntry,
    HistoryExportParams,
    HistoryExportResult,
    HistoryGetParams,
    HistoryGetResult,
    HistoryListParams,
    HistoryListResult,
    HistoryRetranscribeParams,
    HistoryUpdateParams,
)
from sidecar.rpc.config import TellChanged
from sidecar.rpc.dispatch import Call, Handler
from sidecar.rpc.services import Services
from sidecar.rpc.transcribing import turn_into_text

if TYPE_CHECKING:
    from sidecar.history.entry import Details
    from sidecar.history.history import History

T = TypeVar("T")


class HistoryHandlers:
    """What the methods of the history do."""

    def __init__(self, services: Services, tell_changed: TellChanged) -> None:
        self._services = services
        self._tell_changed = tell_changed
        self._sweeping: asyncio.Task[None] | None = None

    def table(self) -> dict[str, Handler]:
        """The handlers by method name."""
        return {
            "history.add": self.add,
            "history.list": self.list,
            "history.get": self.get,
            "history.update": self.update,
            "history.delete": self.delete,
            "history.audio": self.audio,
            "history.retranscribe": self.retranscribe,
            "history.export": self.export,
        }

    async def add(self, _call: Call, params: HistoryAddParams) -> HistoryEntry:
        """Keep a text, and the recordings it was heard in."""

        def add(history: History) -> HistoryEntry:
            from sidecar.rpc.mapping_history import draft_from_wire, entry_to_wire, parts_from_wire

            entry = history.add(draft_from_wire(params), parts_from_wire(params))
            return entry_to_wire(entry)

        added = await self._write(add)
        self._sweep_soon()
        return added

    async def list(self, _call: Call, params: HistoryListParams) -> HistoryListResult:
        """Say which entries there are."""

        def look(history: History) -> HistoryListResult:
            from sidecar.rpc.mapping_history import entry_to_wire, search_from_wire

            page = history.list(search_from_wire(params))
            query = params.query or ""
            return HistoryListResult(
                entries=tuple(entry_to_wire(entry, query) for entry in page.entries),
                total=page.total,
            )

        return await self._read(look)

    async def get(self, _call: Call, params: HistoryGetParams) -> HistoryGetResult:
        """Say all about an entry."""

        def look(history: History) -> HistoryGetResult:
            from sidecar.rpc.mapping_history import details_to_wire

            return details_to_wire(history.get(params.entry))

        return await self._read(look)

    async def update(self, _call: Call, params: HistoryUpdateParams) -> HistoryEntry:
        """Change an entry."""

        def change(history: History) -> HistoryEntry:
            from sidecar.rpc.mapping_history import change_from_wire, entry_to_wire

            return entry_to_wire(history.update(params.entry, change_from_wire(params)))

        return await self._write(change)

    async def delete(self, _call: Call, params: HistoryDeleteParams) -> HistoryDeleteResult:
        """Put entries into the trash, or delete them for good."""
        for_good = bool(params.for_good)
        deleted = await self._write(
            lambda history: history.delete(params.entries, for_good=for_good)
        )
        return HistoryDeleteResult(deleted=deleted)

    async def audio(self, call: Call, params: HistoryAudioParams) -> HistoryAudioResult:
        """Give a piece of an entry's audio."""
        offset, max_bytes = params.offset, params.max_bytes
        call.expect(max_bytes)
        total_bytes, data = await self._read(
            lambda history: history.read_audio(params.entry, offset, max_bytes)
        )
        return HistoryAudioResult(total_bytes=total_bytes, data=call.attach(data))

    async def retranscribe(self, call: Call, params: HistoryRetranscribeParams) -> HistoryEntry:
        """Hear an entry's audio again; it changes only if all of it was recognised."""
        audio = await self._read(lambda history: history.audio(params.entry))
        result = await turn_into_text(
            call,
            self._services.transcriber,
            audio,
            engine=params.engine or None,
            language=params.language or None,
            hotwords=params.hotwords or (),
            levels=False,
        )

        def change(history: History) -> HistoryEntry:
            from sidecar.rpc.mapping_history import entry_to_wire, heard_from_wire

            return entry_to_wire(history.hear_again(params.entry, heard_from_wire(result)))

        return await self._write(change)

    async def export(self, _call: Call, params: HistoryExportParams) -> HistoryExportResult:
        """Write entries as a file."""

        def write(history: History) -> HistoryExportResult:
            from sidecar.history.export import export
            from sidecar.text.formats import Format

            details = _fitting(history.get(number) for number in params.entries)
            content = export(Format(params.format), details)
            _check_fits(len(content.encode()))
            return HistoryExportResult(content=content)

        return await self._read(write)

    async def _read(self, look: Callable[[History], T]) -> T:
        return await asyncio.to_thread(lambda: look(self._services.history()))

    async def _write(self, change: Callable[[History], T]) -> T:
        """Change something and tell everybody, also if the caller goes away meanwhile."""
        changing = asyncio.create_task(self._read(change))
        changing.add_done_callback(self._changed)
        return await asyncio.shield(changing)

    def _changed(self, changing: asyncio.Task[T]) -> None:
        if not changing.cancelled() and changing.exception() is None:
            self._tell_changed("history")

    def _sweep_soon(self) -> None:
        """Delete what is outdated, without anybody waiting for it."""
        if self._sweeping is None or self._sweeping.done():
            self._sweeping = asyncio.create_task(self._sweep())

    async def _sweep(self) -> None:
        if await self._read(lambda history: history.sweep()):
            self._tell_changed("history")


def _fitting(found: Iterable[Details]) -> list[Details]:
    """All that is found; no more is read once its texts alone are too much for a file."""
    kept: list[Details] = []
    n_bytes = 0
    for details in found:
        n_bytes += len(details.entry.text.encode())
        _check_fits(n_bytes)
        kept.append(details)
    return kept


def _check_fits(n_bytes: int) -> None:
    if n_bytes > LIMITS.max_str_bytes:
        raise TooLargeError("These entries are too much for one file: export fewer.")
