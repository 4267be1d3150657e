"""The passes that a worker was asked for, from the question to the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from sidecar.domain import Hypothesis
from sidecar.engine.base import Ask
from sidecar.engine.link import Decode, Together, ToWorker

T = TypeVar("T")

Answer: TypeAlias = "asyncio.Future[Hypothesis]"


@dataclass(frozen=True, slots=True)
class Job:
    """One pass: its number on the link, and what becomes of it."""

    number: int
    answer: Answer


class Jobs:
    """All passes of one worker. Lives on the event loop.

    What is asked for while the loop goes round once is sent as one message, so that the
    worker makes those passes together, however long their audio takes to reach it.

    Args:
        send: brings a message to the worker.
    """

    def __init__(self, send: Callable[[ToWorker], None]) -> None:
        self._send = send
        self._loop = asyncio.get_running_loop()
        self._last = 0
        self._answers: dict[int, Answer] = {}
        self._asked: list[Decode] = []

    def ask(self, segment: int, ask: Ask) -> Job:
        """Have the worker make a pass over a segment that it was fed before."""
        self._last += 1
        if not self._asked:
            self._loop.call_soon(self._send_asked)
        self._asked.append(Decode(self._last, segment, ask.final, ask.prefix, ask.draft))
        answer = self._answers[self._last] = self._loop.create_future()
        return Job(self._last, answer)

    def settle(self, number: int, outcome: Hypothesis | Exception) -> None:
        """Take what the worker answers to a pass."""
        if (answer := self._answers.pop(number, None)) is not None:
            settle(answer, outcome)

    def end(self, death: Callable[[int], Exception]) -> None:
        """The worker is gone: `death` says why, given how many passes it leaves unanswered."""
        for answer in self._answers.values():
            settle(answer, death(len(self._answers)))
        self._answers.clear()

    def _send_asked(self) -> None:
        asked, self._asked = self._asked, []
        self._send(asked[0] if len(asked) == 1 else Together(tuple(asked)))


def settle(future: asyncio.Future[T], outcome: T | Exception) -> None:
    """Give a future its outcome, unless it has one. That nobody asks for it is no fault."""
    if future.done():
        return
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
        future.exception()
    else:
        future.set_result(outcome)
