"""The methods of the journal: what each does with the recordings that are kept."""

from __future__ import annotations

import asyncio

from msgspec import UNSET

from sidecar.protocol.messages import (
    JournalDiscardParams,
    JournalDiscardResult,
    JournalListParams,
    JournalListResult,
    JournalRecoverParams,
    TranscribeResult,
)
from sidecar.rpc.dispatch import Call, Handler
from sidecar.rpc.services import Services
from sidecar.rpc.transcribing import turn_into_text

MAX_LISTED = 4096  # what the schema allows


class JournalHandlers:
    """What the methods of the journal do."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def table(self) -> dict[str, Handler]:
        """The handlers by method name."""
        return {
            "journal.list": self.list,
            "journal.recover": self.recover,
            "journal.discard": self.discard,
        }

    async def list(self, _call: Call, _params: JournalListParams) -> JournalListResult:
        """Say which recordings there are."""
        from sidecar.rpc.mapping_journal import kept_to_wire

        journal = await asyncio.to_thread(self._services.journal)
        kept = await asyncio.to_thread(journal.recordings)
        engine = await asyncio.to_thread(self._services.default_engine)
        return JournalListResult(
            recordings=tuple(kept_to_wire(each, engine) for each in kept[:MAX_LISTED])
        )

    async def recover(self, call: Call, params: JournalRecoverParams) -> TranscribeResult:
        """Turn a recording into text, as its dictation was meant to be unless told otherwise."""
        journal = await asyncio.to_thread(self._services.journal)
        kept = await asyncio.to_thread(journal.find, params.recording)
        audio = await asyncio.to_thread(journal.audio, params.recording)
        return await turn_into_text(
            call,
            self._services.transcriber,
            audio,
            engine=params.engine or kept.engine,
            language=params.language or kept.language,
            hotwords=kept.hotwords if params.hotwords is UNSET else params.hotwords,
            levels=bool(params.levels),
            live=kept.live,
            align=params.align is not False,
        )

    async def discard(self, _call: Call, params: JournalDiscardParams) -> JournalDiscardResult:
        """Delete a recording."""
        journal = await asyncio.to_thread(self._services.journal)
        await asyncio.to_thread(journal.discard, params.recording)
        return JournalDiscardResult()
