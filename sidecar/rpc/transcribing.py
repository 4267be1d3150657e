"""What every method does that turns a whole recording into text, once it has the recording."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sidecar.protocol.messages import ProgressEvent, TranscribeResult
from sidecar.rpc.dispatch import Call

if TYPE_CHECKING:
    from sidecar.session.transcriber import Transcriber


async def turn_into_text(
    call: Call,
    transcriber: Callable[[], Awaitable[Transcriber]],
    source: bytes | Path,
    *,
    engine: str | None,
    language: str | None,
    hotwords: tuple[str, ...],
    levels: bool,
    live: bool = False,
    align: bool = True,
) -> TranscribeResult:
    """Transcribe a recording in the client's turn, and tell it how that goes.

    `live` is for that of a live dictation: it gets the text that it would have had. `align`
    has an aligner find word times where the engine gives none.

    Raises:
        SottoError: as `Transcriber.transcribe`.
    """
    from sidecar.rpc.mapping import event_to_wire, transcript_to_wire

    if call.peer.turns.locked():
        call.emit(ProgressEvent(phase="queued", done_ms=0))
    async with call.peer.turns:
        ready = await transcriber()
        from sidecar.session.transcriber import TranscribeOptions

        options = TranscribeOptions(engine, language, hotwords, levels, live, align)
        transcript = await ready.transcribe(
            source, options, lambda event: call.emit(event_to_wire(event))
        )
    return transcript_to_wire(transcript)
