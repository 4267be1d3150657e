"""The process that owns a model: `python -m sidecar worker ENTRY PARENT_PID BEAT_S [FOLDER]`.

    main thread       load, open, feed, decode, close: all calls into the engine
    listener thread   reads the link into a queue; an abort counts at once; its end is ours
    heartbeat thread  tells every `BEAT_S` how often the engine has asked whether to stop

The engine's class is called with FOLDER, the model's, where there is one.

Errors of the engine travel to the parent by kind and leave the worker usable. Neither
speech nor text is ever logged.
"""

from __future__ import annotations

import importlib
import os
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO, TypeVar, cast

from sidecar import errors
from sidecar.domain import Hypothesis
from sidecar.engine.base import (
    Ask,
    SegmentOptions,
    SegmentPass,
    SharingEngine,
    SpeechEngine,
    SpeechSegment,
)
from sidecar.engine.isolation import isolate, take_link
from sidecar.engine.link import (
    Abort,
    Beat,
    Close,
    Decode,
    Done,
    Failed,
    Feed,
    LinkError,
    Open,
    Ready,
    Together,
    ToWorker,
    encode,
    read_to_worker,
)
from sidecar.errors import InternalError, OutOfMemoryError, SottoError
from sidecar.telemetry.logs import EventLog, start_logging

_log = EventLog()

T = TypeVar("T")


class Worker:
    """Runs one engine for the parent at the other end of the link."""

    def __init__(self, source: BinaryIO, sink: BinaryIO) -> None:
        self._source = source
        self._sink = sink
        self._sending = threading.Lock()
        self._inbox: queue.SimpleQueue[ToWorker] = queue.SimpleQueue()
        self._segments: dict[int, SpeechSegment | SottoError] = {}
        self._aborted: set[int] = set()
        self._progress = 0

    def run(self, entry: str, beat_s: float, folder: Path | None = None) -> None:
        """Load the engine and serve it. Ends only when the load fails, or with the link."""
        threading.Thread(target=self._listen, name="listener", daemon=True).start()
        loaded = _tried(lambda: _loaded(entry, folder))
        if isinstance(loaded, SottoError):
            self._send(encode(_failure(0, loaded)))
            return
        engine, ready = loaded
        self._send(ready)
        threading.Thread(target=self._beat, args=(beat_s,), name="beat", daemon=True).start()
        while True:
            self._handle(engine, self._inbox.get())
            self._progress += 1

    def _listen(self) -> None:
        """Queue what arrives. When the parent is gone so are we, however busy."""
        try:
            while (message := read_to_worker(self._source)) is not None:
                if isinstance(message, Abort):
                    self._aborted.add(message.job)
                else:
                    self._inbox.put(message)
        except LinkError:
            _log.warning("link.broken")
        finally:
            os._exit(0)

    def _beat(self, beat_s: float) -> None:
        while True:
            time.sleep(beat_s)
            self._send(encode(Beat(self._progress)))

    def _send(self, frame: bytes) -> None:
        try:
            with self._sending:
                _write_all(self._sink, frame)
        except OSError:
            os._exit(0)  # nobody listens any more

    def _handle(self, engine: SpeechEngine, message: ToWorker) -> None:
        match message:
            case Decode():
                self._decode(engine, (message,))
            case Together(passes):
                self._decode(engine, passes)
            case Open():
                self._segments[message.segment] = _tried(lambda: engine.open(_options(message)))
            case Feed():
                self._feed(message)
            case Close():
                _close(self._segments.pop(message.segment))

    def _feed(self, message: Feed) -> None:
        import numpy as np  # engines need it; whoever imports this module may not

        segment = self._segments[message.segment]
        if isinstance(segment, SottoError):
            return
        outcome = _tried(lambda: segment.feed(np.frombuffer(message.audio, "<f4")))
        if isinstance(outcome, SottoError):
            _close(segment)
            self._segments[message.segment] = outcome

    def _decode(self, engine: SpeechEngine, asked: Sequence[Decode]) -> None:
        """Make passes, and answer each as soon as its outcome is known."""
        self._forget_aborts_before(asked[0].job)
        passes = dict(self._passes(asked))
        jobs = list(passes)
        failure: BaseException = InternalError("The engine gave no result; try another engine.")
        try:
            for place, outcome in _outcomes(engine, list(passes.values())):
                del passes[jobs[place]]
                self._answer(jobs[place], outcome)
        except BaseException as error:
            failure = error
        for job in passes:
            self._answer(job, failure)

    def _passes(self, asked: Sequence[Decode]) -> Iterator[tuple[int, SegmentPass]]:
        """What is to be decoded, by job; answers where a segment has failed before."""
        for each in asked:
            segment = self._segments[each.segment]
            if isinstance(segment, SottoError):
                self._answer(each.job, segment)
            else:
                ask = Ask(final=each.final, prefix=each.prefix, draft=each.draft)
                yield each.job, SegmentPass(segment, ask, partial(self._should_stop, each.job))

    def _answer(self, job: int, outcome: Hypothesis | BaseException) -> None:
        answer = _tried(lambda: _done(job, outcome))
        if isinstance(answer, SottoError):
            answer = encode(_failure(job, answer))
        self._send(answer)

    def _should_stop(self, job: int) -> bool:
        self._progress += 1
        return job in self._aborted

    def _forget_aborts_before(self, job: int) -> None:
        """Jobs are numbered in order: what came too late for an earlier one has no effect."""
        self._aborted -= {aborted for aborted in self._aborted.copy() if aborted < job}


def _tried(call: Callable[[], T]) -> T | SottoError:
    """What a call into the engine gives; or, as it may raise anything, an error to send."""
    try:
        return call()
    except BaseException as error:
        return _as_sotto_error(error)


def _loaded(entry: str, folder: Path | None) -> tuple[SpeechEngine, bytes]:
    module, _, attribute = entry.partition(":")
    engine_class = getattr(importlib.import_module(module), attribute)
    engine: SpeechEngine = engine_class() if folder is None else engine_class(folder)
    engine.load()
    return engine, encode(Ready(engine.capabilities))


def _options(asked: Open) -> SegmentOptions:
    return SegmentOptions(asked.language, asked.hotwords, asked.context, asked.live)


def _outcomes(
    engine: SpeechEngine, passes: Sequence[SegmentPass]
) -> Iterator[tuple[int, Hypothesis | BaseException]]:
    if len(passes) > 1:  # asked for only where the engine says that it can
        yield from cast("SharingEngine", engine).decode_together(passes)
    elif passes:
        yield 0, passes[0].segment.decode(passes[0].ask, passes[0].abort)


def _done(job: int, outcome: Hypothesis | BaseException) -> bytes:
    if isinstance(outcome, BaseException):
        raise outcome
    return encode(Done(job, outcome.text, outcome.words, outcome.language, outcome.final))


def _close(segment: SpeechSegment | SottoError) -> None:
    if not isinstance(segment, SottoError):
        _tried(segment.close)


def _as_sotto_error(error: BaseException) -> SottoError:
    """The error as one that may cross the link; what else it was is logged under an id.

    The message of a foreign exception stays behind, as it may quote what was said.
    """
    if isinstance(error, SottoError) and hasattr(error, "kind"):
        return error
    log_id = _log.fault("engine.fault", error)
    if isinstance(error, SottoError):
        return InternalError(error.message, detail=log_id)
    if isinstance(error, MemoryError):
        return OutOfMemoryError(
            "The engine ran out of memory; close other programs and try again.", detail=log_id
        )
    return InternalError(f"The engine failed; the log has it under {log_id}.", detail=log_id)


def _failure(job: int, error: SottoError) -> Failed:
    """The error as a message. A subclass of the engine's own counts as the kind above it."""
    known = (base for base in type(error).__mro__ if base.__module__ == errors.__name__)
    kind: str = getattr(next(known), "kind", InternalError.kind)
    return Failed(job, kind, error.message, error.detail)


def _write_all(sink: BinaryIO, frame: bytes) -> None:
    view = memoryview(frame)
    while view:
        view = view[sink.write(view) :]


def main(arguments: Sequence[str]) -> None:
    """Run a worker to its end; never returns."""
    entry, parent_pid, beat_s, *folder = arguments
    source, sink = take_link()
    isolate(int(parent_pid))
    start_logging("info")
    Worker(source, sink).run(entry, float(beat_s), Path(*folder) if folder else None)
    os._exit(0)  # model libraries are known to hang or crash in their destructors
