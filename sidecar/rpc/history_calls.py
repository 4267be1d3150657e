"""The calls of a client that are about the history and about what a person has chosen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, cast

import msgspec
from msgspec import UNSET

from sidecar.errors import InvalidParamsError, VersionError
from sidecar.protocol.messages import (
    ConfigGetParams,
    ConfigSetParams,
    HelloResult,
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
    Preferences,
    PreferencesPatch,
)
from sidecar.rpc.calls import Connection
from sidecar.rpc.mapping import event_from_wire

__all__ = ["HistoryCalls", "HistoryEntry"]

PIECE_BYTES = 1 << 20


class HistoryCalls:
    """The history of a sidecar. Entries are named by their numbers.

    All calls that name one raise NoSessionError where there is none, and all of them
    VersionError where the sidecar is older than histories are.
    """

    def __init__(self, connection: Connection, server: HelloResult) -> None:
        self._connection = connection
        self._server = server

    async def list(
        self, query: str = "", *, limit: int = 50, before: int | None = None, trashed: bool = False
    ) -> HistoryListResult:
        """Entries, newest first: those whose text has all words of `query`, older than `before`."""
        params = HistoryListParams(
            query=query or UNSET, limit=limit, before=before or UNSET, trashed=trashed or UNSET
        )
        return cast("HistoryListResult", await self._call("history.list", params))

    async def get(self, entry: int) -> HistoryGetResult:
        """An entry with its segments and earlier texts."""
        params = HistoryGetParams(entry=entry)
        return cast("HistoryGetResult", await self._call("history.get", params))

    async def audio(self, entry: int) -> bytes:
        """The WAV file of an entry, whole."""
        self._check_version()
        got = bytearray()
        while True:
            params = HistoryAudioParams(entry=entry, offset=len(got), max_bytes=PIECE_BYTES)
            told, binaries = await self._connection.exchange("history.audio", params)
            result = cast("HistoryAudioResult", told)
            got += binaries[result.data.bin]
            if len(got) >= result.total_bytes:
                return bytes(got)

    async def restore(self, entry: int) -> HistoryEntry:
        """Take an entry out of the trash."""
        params = HistoryUpdateParams(entry=entry, trashed=False)
        return cast("HistoryEntry", await self._call("history.update", params))

    async def delete(self, entries: tuple[int, ...], *, for_good: bool = False) -> int:
        """Put entries into the trash, or delete them for good; gives how many there were."""
        params = HistoryDeleteParams(entries=entries, for_good=for_good or UNSET)
        return cast("HistoryDeleteResult", await self._call("history.delete", params)).deleted

    async def hear_again(
        self,
        entry: int,
        *,
        engine: str | None = None,
        language: str | None = None,
        on_event: Callable[[object], None] = lambda _: None,
    ) -> HistoryEntry:
        """Transcribe the sound of an entry once more. Errors are those of `Client.transcribe`."""
        self._check_version()
        params = HistoryRetranscribeParams(
            entry=entry, engine=engine or UNSET, language=language or UNSET
        )
        told = await self._connection.call(
            "history.retranscribe", params, on_event=lambda event: on_event(event_from_wire(event))
        )
        return cast("HistoryEntry", told)

    async def export(
        self, entries: tuple[int, ...], form: Literal["txt", "json", "srt", "vtt"]
    ) -> str:
        """The content of a file with these entries.

        Raises:
            TooLargeError: it would be too large: export fewer.
        """
        params = HistoryExportParams(entries=entries, format=form)
        return cast("HistoryExportResult", await self._call("history.export", params)).content

    async def preferences(self) -> dict[str, Any]:
        """What a person has chosen, by name."""
        told = cast("Preferences", await self._call("config.get", ConfigGetParams()))
        return cast("dict[str, Any]", msgspec.to_builtins(told))

    async def choose(self, name: str, value: object) -> None:
        """Choose otherwise.

        Raises:
            InvalidParamsError: there is no such preference, or it cannot be so.
            UnauthorizedError: this client may not.
        """
        if name not in PreferencesPatch.__struct_fields__:
            raise InvalidParamsError("There is no such preference. List them with: sotto config")
        try:
            changes = msgspec.convert({name: value}, PreferencesPatch)
        except msgspec.ValidationError as error:
            raise InvalidParamsError(
                f"{name} cannot be so: {str(error).split(' - ')[0]}."
            ) from error
        await self._call("config.set", ConfigSetParams(changes=changes))

    async def _call(self, method: str, params: msgspec.Struct) -> msgspec.Struct:
        self._check_version()
        return await self._connection.call(method, params)

    def _check_version(self) -> None:
        if self._server.proto < (1, 3):
            raise VersionError("This sidecar keeps no history: update it.")
