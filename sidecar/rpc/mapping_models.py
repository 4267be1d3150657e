"""Models and the work on them as messages, and back."""

from __future__ import annotations

from msgspec import UNSET

from sidecar.errors import ParseError
from sidecar.model_store.progress import ModelProgress
from sidecar.model_store.status import ModelStatus
from sidecar.protocol import messages
from sidecar.rpc.mapping import TAG_LENGTHS, to_ms

MAX_BYTES = 2**53 - 1
MAX_TEXT, MAX_FAMILY, MAX_TAGS, MAX_SOURCES, MAX_SOURCE = 300, 64, 512, 16, 512


def status_to_wire(status: ModelStatus) -> messages.ModelInfo:
    """A model as a message; a manifest may be anybody's, so what it says is made to fit."""
    return messages.ModelInfo(
        model=status.id,
        name=status.name[:MAX_TEXT],
        family=status.family[:MAX_FAMILY],
        languages=tuple(tag for tag in status.languages if len(tag) in TAG_LENGTHS)[:MAX_TAGS],
        licence=status.licence[:MAX_TEXT],
        streaming=status.streaming,
        state=status.state,
        download_bytes=_size(status.download_bytes),
        here_bytes=_size(status.here_bytes),
        installed_bytes=_size(status.installed_bytes),
        ram_bytes=_size(status.ram_bytes),
        sources=tuple(source[:MAX_SOURCE] for source in status.sources[:MAX_SOURCES]),
    )


def status_from_wire(info: messages.ModelInfo) -> ModelStatus:
    """A model from a message."""
    return ModelStatus(
        id=info.model,
        name=info.name,
        family=info.family,
        languages=info.languages,
        licence=info.licence,
        streaming=info.streaming,
        state=info.state,
        download_bytes=info.download_bytes,
        here_bytes=info.here_bytes,
        installed_bytes=info.installed_bytes,
        ram_bytes=info.ram_bytes,
        sources=info.sources,
    )


def progress_to_wire(progress: ModelProgress) -> messages.ModelProgressEvent:
    """How far the work is, as a message."""
    pace, left_s = progress.bytes_per_s, progress.left_s
    return messages.ModelProgressEvent(
        phase=progress.phase,
        done=_size(progress.done),
        total=UNSET if progress.total is None else _size(progress.total),
        bytes_per_s=UNSET if pace is None else _size(round(pace)),
        left_ms=UNSET if left_s is None else to_ms(left_s),
    )


def progress_from_wire(event: messages.Event) -> ModelProgress:
    """How far the work is, from a message.

    Raises:
        ParseError: it is an event of something else.
    """
    if not isinstance(event, messages.ModelProgressEvent):
        raise ParseError("The sidecar told of something else than the model.")
    return ModelProgress(
        phase=event.phase,
        done=event.done,
        total=None if event.total is UNSET else event.total,
        bytes_per_s=None if event.bytes_per_s is UNSET else float(event.bytes_per_s),
        left_s=None if event.left_ms is UNSET else event.left_ms / 1000,
    )


def _size(n_bytes: int) -> int:
    return min(max(n_bytes, 0), MAX_BYTES)
