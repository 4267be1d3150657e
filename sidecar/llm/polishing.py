"""Cleaning a text: piece by piece, in order, each one guarded."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sidecar.errors import LlmBadOutputError, LlmTimeoutError
from sidecar.llm.guard import RejectedError, guarded
from sidecar.llm.options import LlmService, PolishOptions
from sidecar.llm.pieces import Piece, cut
from sidecar.llm.prompt import messages
from sidecar.llm.thoughts import without_thoughts

if TYPE_CHECKING:
    from sidecar.llm.chat import Chat

_SPARE_CHARS = 1000  # for what a model wraps around a text


@dataclass(frozen=True, slots=True)
class Polished:
    """A text that was cleaned.

    Attributes:
        text: the clean text.
        first_delta_s: when its first words came; None if there was nothing to clean.
        total_s: how long it took.
    """

    text: str
    first_delta_s: float | None
    total_s: float


async def polish(
    text: str, service: LlmService, options: PolishOptions, on_delta: Callable[[str], None]
) -> Polished:
    """Have a language model clean a text. Cancelling ends the connection.

    Args:
        text: what was dictated.
        service: who cleans it.
        options: how.
        on_delta: told what the model writes while it does; not guarded yet.

    Raises:
        LlmError: the text stays as it is; LlmBadOutputError says why in `detail`.
    """
    began_s = time.monotonic()
    pieces = cut(text, options.piece_chars)
    if not pieces:
        return Polished(text, None, 0.0)
    work = _Work(options, on_delta)
    chat = await asyncio.to_thread(_open, service, options)
    try:
        clean = [await work.clean(chat, piece) for piece in pieces]
    finally:
        await chat.close()
    now_s = time.monotonic()
    first_s = now_s if work.first_s is None else work.first_s
    return Polished("".join(clean), first_s - began_s, now_s - began_s)


def _open(service: LlmService, options: PolishOptions) -> Chat:
    from sidecar.llm.chat import Chat  # takes a second the first time

    return Chat(service, options)


@dataclass(slots=True)
class _Work:
    """The pieces of one text on their way."""

    options: PolishOptions
    on_delta: Callable[[str], None]
    first_s: float | None = None
    gap: str = field(default="", init=False)
    began: bool = field(default=False, init=False)

    async def clean(self, chat: Chat, piece: Piece) -> str:
        """The clean piece, with the white space before it unless it is the first."""
        gap = piece.gap if self.began else ""
        self.gap, self.began = gap, True
        written = await self._written(chat, piece.text)
        try:
            return gap + await asyncio.to_thread(
                guarded, piece.text, written, self.options.hotwords
            )
        except RejectedError as error:
            raise LlmBadOutputError(
                "What the model wrote is not the same text, only cleaned: the text stays as it"
                " was dictated. If this happens often, choose another model.",
                detail=error.reason,
            ) from None

    async def _written(self, chat: Chat, text: str) -> str:
        """All that the model writes for a piece; told as it comes."""
        asked = messages(text, self.options.language, self.options.hotwords)
        written: list[str] = []
        room = 2 * len(text) + _SPARE_CHARS
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self.options.stall_s) as patience:
                async with aclosing(chat.write(asked)) as bits:
                    async for bit in without_thoughts(bits):
                        patience.reschedule(loop.time() + self.options.stall_s)
                        room -= len(bit)
                        if room < 0:
                            raise LlmBadOutputError(
                                "The model writes far more than was dictated: the text stays as"
                                " it is. If this happens often, choose another model.",
                                detail="length",
                            )
                        written.append(bit)
                        self._tell(bit)
        except TimeoutError:
            raise LlmTimeoutError(
                "The service of the language model writes nothing: try again, or choose a"
                " quicker model."
            ) from None
        return "".join(written)

    def _tell(self, bit: str) -> None:
        if self.first_s is None:
            self.first_s = time.monotonic()
        self.on_delta(self.gap + bit)
        self.gap = ""
