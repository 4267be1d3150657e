"""Times for words of engines that give none: found by an aligner, beside the recognition.

While the engine recognises one segment the aligner, a process of its own, goes through the
segment before it. Whatever becomes of that, no text is lost: a segment that cannot be aligned
is delivered without its words, and a notice says why.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import TracebackType
from typing import Any, Protocol

from sidecar.domain import SAMPLE_RATE_HZ, Samples, Segment, Word
from sidecar.engine.base import Capabilities
from sidecar.errors import InvalidParamsError, SottoError


class Aligner(Protocol):
    """What is needed of an `EnginePool`."""

    async def start_aligner(self) -> Capabilities:
        """Have the aligner loaded; gives what it can do."""
        ...

    async def align(self, samples: Samples, text: str, language: str) -> tuple[Word, ...]:
        """When each word of a text is said, in seconds from the start of the samples."""
        ...


class WordTimes:
    """Delivers the segments of one recording, in order, with the times of their words.

    Leave the block (`async with`) when there are no more: then all are delivered. If it is
    left by an error, what is being aligned is delivered as it is.

    Args:
        aligner: loads and serves one; None where words need no times: then every segment is
            delivered at once, as it is.
        deliver: given each segment, on the loop.
    """

    def __init__(self, aligner: Aligner | None, deliver: Callable[[Segment], None]) -> None:
        self._source = _Source(aligner) if aligner else None
        self._deliver = deliver
        self._waiting: deque[Segment] = deque()
        self._running: asyncio.Task[None] | None = None
        self._reasons: list[str] = []

    async def add(self, segment: Segment, samples: Samples, language: str | None) -> None:
        """Deliver a segment once its words have times.

        Returns when the segment before it is delivered, and the work on this one has begun.

        Args:
            segment: without words, unless there is no aligner.
            samples: its audio, mono 16 kHz, shape (n,).
            language: BCP 47 tag of its text, where that is known.
        """
        if self._source is None:
            self._deliver(segment)
            return
        self._waiting.append(segment)
        await self._settle()
        work = self._time(self._source, segment, samples, language)
        self._running = asyncio.create_task(work)

    def notices(self) -> Iterator[str]:
        """Why words have no times, where some have none."""
        if n := len(self._reasons):
            pieces = "A piece of the text has" if n == 1 else f"{n} pieces of the text have"
            yield f"{pieces} no word times. {self._reasons[-1]}"

    async def __aenter__(self) -> WordTimes:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                await self._settle()
        finally:
            await _end(self._running)
            if self._source is not None:
                await self._source.close()
            for segment in self._waiting:
                self._deliver(segment)

    async def _settle(self) -> None:
        if self._running is not None:
            await self._running

    async def _time(
        self, source: _Source, segment: Segment, samples: Samples, language: str | None
    ) -> None:
        words: tuple[Word, ...] = ()
        try:
            words = await source.words(samples, segment.text, language)
        except SottoError as error:
            self._reasons.append(error.message)
        self._waiting.popleft()
        self._deliver(replace(segment, words=_moved(words, segment.start_s)))


class _Source:
    """An aligner, which loads while the first segment is being recognised."""

    def __init__(self, aligner: Aligner) -> None:
        self._aligner = aligner
        self._loading = asyncio.create_task(aligner.start_aligner())

    async def words(self, samples: Samples, text: str, language: str | None) -> tuple[Word, ...]:
        """When each word is said.

        Raises:
            SottoError: says why that cannot be known.
        """
        capabilities = await asyncio.shield(self._loading)
        checked = _checked(capabilities, samples, language)
        return await self._aligner.align(samples, text, checked)

    async def close(self) -> None:
        """Wait for it no more."""
        await _end(self._loading)


def _checked(capabilities: Capabilities, samples: Samples, language: str | None) -> str:
    """The language, if the aligner is made for what it is to be given."""
    if language is None:
        raise InvalidParamsError("The engine does not tell the language; say which is spoken.")
    if not capabilities.knows(language):
        known = ", ".join(capabilities.languages)
        raise InvalidParamsError(f"The installed aligner knows {known}, not {language}.")
    if len(samples) > capabilities.max_segment_s * SAMPLE_RATE_HZ:
        raise InvalidParamsError("The engine hears more at once than the aligner can.")
    return language


def _moved(words: tuple[Word, ...], start_s: float) -> tuple[Word, ...]:
    """The words in the recording's time."""
    return tuple(
        replace(word, start_s=start_s + word.start_s, end_s=start_s + word.end_s) for word in words
    )


async def _end(task: asyncio.Task[Any] | None) -> None:
    """Cancel a task, if it still runs, and wait for its end, whatever that is."""
    if task is not None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
