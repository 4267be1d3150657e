"""Kept recordings as messages, and back."""

from __future__ import annotations

from msgspec import UNSET

from sidecar.domain import KeptRecording
from sidecar.protocol import messages
from sidecar.rpc.mapping import to_ms


def kept_to_wire(kept: KeptRecording, default_engine: str) -> messages.KeptRecording:
    """A recording as a message; `default_engine` would hear one whose own is not known."""
    return messages.KeptRecording(
        recording=kept.name,
        state=kept.state,
        began_s=int(kept.began_s),
        audio_ms=to_ms(kept.audio_s),
        engine=kept.engine or default_engine,
        language=kept.language or UNSET,
    )


def kept_from_wire(kept: messages.KeptRecording) -> KeptRecording:
    """A recording from a message, which has no hotwords."""
    return KeptRecording(
        name=kept.recording,
        state=kept.state,
        began_s=float(kept.began_s),
        audio_s=kept.audio_ms / 1000,
        engine=kept.engine,
        language=kept.language or None,
    )
