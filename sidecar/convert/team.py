"""Threads that do a part of the work each, and end together if one of them cannot go on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

from sidecar.convert.progress import Progress
from sidecar.errors import CancelledError

P = ParamSpec("P")
T = TypeVar("T")

LOOK_S = 0.1  # how often a wish to stop is seen by who waits


class Team:
    """Several parts of the work at once; the `with` block ends when all of them have.

        with Team(progress) as team:
            hashes = team.start(hash_all, paths)
            team.start(write_all, folder)
        hashes.result()

    Leaving the block raises what the first part that failed has raised; the others see that
    the work is to end when they next count what they did.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._pool = ThreadPoolExecutor(thread_name_prefix="convert")
        self._parts: list[Future[object]] = []

    def __enter__(self) -> Self:
        return self

    def start(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Begin a part. Its result is there once the block is left."""
        part = self._pool.submit(work, *args, **kwargs)
        self._parts.append(part)  # type: ignore[arg-type]
        return part

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._wait()
        finally:
            if not all(part.done() and part.exception() is None for part in self._parts):
                self._progress.fail()
            self._pool.shutdown()
        errors = [part.exception() for part in self._parts if part.exception()]
        errors.sort(key=lambda error: isinstance(error, CancelledError))  # the cause is first
        if kind is None and errors and errors[0]:
            raise errors[0]

    def _wait(self) -> None:
        pending = set(self._parts)
        while pending and not self._progress.ended():  # a wait without end hears no Ctrl-C
            done, pending = wait(pending, LOOK_S, FIRST_EXCEPTION)
            if any(part.exception() for part in done):
                return


def left_alone(work: Callable[[], None], look: Callable[[], None]) -> None:
    """Do what cannot be interrupted in a thread that is left behind if need be.

    Args:
        work: runs to its end in any case.
        look: called every tenth of a second until then; what it raises ends the waiting.

    Raises:
        Exception: what `work` raised.
    """
    outcome: Future[None] = Future()

    def run() -> None:
        try:
            outcome.set_result(work())  # type: ignore[func-returns-value]
        except BaseException as error:
            outcome.set_exception(error)

    threading.Thread(target=run, name="left-alone", daemon=True).start()
    while not outcome.done():
        look()
        wait([outcome], LOOK_S)
    outcome.result()
