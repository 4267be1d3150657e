"""What to tell a person at the start, after a dictation broke off."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from sidecar.domain import KeptRecording
from sidecar.errors import SottoError

if TYPE_CHECKING:
    from sidecar.rpc.client import Client


async def waiting_in(client: Client) -> str | None:
    """What to tell a person of the recordings that a sidecar has; None if there is nothing."""
    with suppress(SottoError):  # what it cannot tell must not keep anybody from dictating
        return waiting(await client.recordings())
    return None


def waiting(recordings: Sequence[KeptRecording]) -> str | None:
    """What to tell a person of recordings that were interrupted; None if none was.

    >>> waiting([KeptRecording("0" * 32, "interrupted", 0.0, 61.0, "builtin")])
    'A dictation of 0:01:01 broke off and can be recovered: sotto recordings recover --last'
    """
    broken = [each for each in recordings if each.state == "interrupted"]
    if len(broken) > 1:
        return f"{len(broken)} dictations broke off and can be recovered: sotto recordings"
    if broken:
        return (
            f"A dictation of {length_of(broken[0])} broke off and can be recovered:"
            " sotto recordings recover --last"
        )
    return None


def length_of(kept: KeptRecording) -> str:
    """How long a recording is, for people."""
    return str(timedelta(seconds=int(kept.audio_s)))
