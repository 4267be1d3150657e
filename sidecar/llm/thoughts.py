"""Keeping what a model thinks aloud, before it writes, out of what is shown."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Final

_OPENING: Final = ("<think>", "<thinking>")
_CLOSING: Final = re.compile(r"</think(?:ing)?>\s*")


async def without_thoughts(bits: AsyncIterator[str]) -> AsyncIterator[str]:
    """What comes, without thoughts at its beginning and without empty bits."""
    waiting: str | None = ""
    async for bit in bits:
        if waiting is None:
            if bit:
                yield bit
            continue
        waiting += bit
        shown = _shown(waiting)
        if shown:
            yield shown
            waiting = None
    if waiting and not waiting.lstrip().startswith(_OPENING):
        yield waiting


def _shown(beginning: str) -> str:
    """What may be shown of the beginning of a text; "" while that cannot be told."""
    text = beginning.lstrip()
    if any(opening.startswith(text) for opening in _OPENING):
        return ""
    if not text.startswith(_OPENING):
        return text
    closing = _CLOSING.search(text)
    return text[closing.end() :] if closing else ""
