"""Ctrl-C as a wish: the first asks for an end, the second does not wait for it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType


@dataclass(frozen=True, slots=True)
class Wishes:
    """What whoever sends signals wants.

    Attributes:
        finish: set by the first Ctrl-C, or a signal that `plain_endings` passes on.
        give_up: set by the next.
        signals: their numbers.
    """

    finish: asyncio.Event = field(default_factory=asyncio.Event)
    give_up: asyncio.Event = field(default_factory=asyncio.Event)
    signals: list[int] = field(default_factory=list)

    @property
    def forced(self) -> bool:
        """Whether the wish was not Ctrl-C: a script then sees the signal in the exit code."""
        return bool(self.signals) and self.signals[0] != signal.SIGINT


@contextmanager
def heeded() -> Iterator[Wishes]:
    """Take Ctrl-C as a wish while the block runs. Use it in the main thread's event loop."""
    wishes, loop = Wishes(), asyncio.get_running_loop()

    def wish(number: int) -> None:
        (wishes.give_up if wishes.finish.is_set() else wishes.finish).set()
        wishes.signals.append(number)

    def take(number: int, _: FrameType | None) -> None:
        loop.call_soon_threadsafe(wish, number)  # wakes a loop that waits, too

    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN:  # a background job: Ctrl-C is for who is in front
        yield wishes
        return
    signal.signal(signal.SIGINT, take)
    try:
        yield wishes
    finally:
        signal.signal(signal.SIGINT, before)
