"""One worker process, as the parent sees it: started, spoken to, heard, ended.

The link is read and written by a thread each, so that neither a slow engine nor a full
pipe ever holds up the event loop. Everything else here runs on the loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from sidecar.domain import Hypothesis
from sidecar.engine.base import Ask, Capabilities
from sidecar.engine.jobs import Job, Jobs, settle
from sidecar.engine.link import (
    Abort,
    Beat,
    Done,
    Failed,
    LinkError,
    Ready,
    ToParent,
    ToWorker,
    encode,
    read_to_parent,
)
from sidecar.engine.options import WorkerOptions
from sidecar.engine.registry import Entry
from sidecar.engine.turns import Preempted, PreemptedError
from sidecar.errors import (
    BY_KIND,
    EngineError,
    InternalError,
    LoadFailedError,
    ModelCorruptError,
    OutOfMemoryError,
    SottoError,
)
from sidecar.host import program

_log = logging.getLogger(__name__)

_SIGKILL: int = getattr(signal, "SIGKILL", 9)  # Windows has none, and never answers -9
_NO_CONSOLE_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # only Windows has it


class WorkerDiedError(Exception):
    """The worker process ended, or was ended, before it answered.

    Attributes:
        hung: we ended it, because it made no progress.
        killed: somebody else ended it, as a system short of memory does, so that its end
            proves nothing against what it was hearing.
        shared: it was making several passes; which of them it died of is not known.
    """

    def __init__(self, *, hung: bool = False, killed: bool = False, shared: bool = False) -> None:
        super().__init__("hung" if hung else "was killed" if killed else "died")
        self.hung = hung
        self.killed = killed
        self.shared = shared


def worker_command(entry: str, beat_s: float, folder: Path | None = None) -> list[str]:
    """The command line of a worker; an installed model has a folder."""
    arguments = (entry, str(os.getpid()), str(beat_s))
    return program.command(program.WORKER, *arguments, *([str(folder)] if folder else []))


class WorkerProcess:
    """A worker and the link to it. Make it on the event loop, await `load`, `stop` it.

    Attributes:
        pid: of the process.
        gone: set when the process has ended and been reaped, for whatever reason.
        capabilities: what the engine can do, after `load`.
    """

    capabilities: Capabilities

    def __init__(self, entry: Entry, options: WorkerOptions, on_gone: Callable[[], None]) -> None:
        self._options = options
        self._on_gone = on_gone
        self._loop = asyncio.get_running_loop()
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            worker_command(entry.target, options.beat_s, entry.folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            creationflags=_NO_CONSOLE_WINDOW,
        )
        self.pid = self._process.pid
        self.gone = asyncio.Event()
        self._ready: asyncio.Future[Capabilities] = self._loop.create_future()
        self._jobs = Jobs(self.send)
        self._progress = 0
        self._progress_s = time.monotonic()
        self._condemned = False
        self._hung = False
        self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write, name=f"to-{self.pid}", daemon=True)
        self._writer.start()
        threading.Thread(target=self._read, name=f"from-{self.pid}", daemon=True).start()

    @property
    def usable(self) -> bool:
        """Whether it lives, and is meant to."""
        return not self._condemned and not self.gone.is_set()

    def rss_bytes(self) -> int | None:
        """Resident memory of the process, where the system tells it cheaply."""
        with contextlib.suppress(OSError):
            statm = Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii")
            return int(statm.split()[1]) * os.sysconf("SC_PAGE_SIZE")
        return None

    def send(self, message: ToWorker) -> None:
        """Queue a message; to a worker that is gone it goes nowhere."""
        self._outbox.put(encode(message))

    async def load(self) -> None:
        """Wait until the model is loaded and warm.

        Raises:
            WorkerDiedError: the process was killed, and not by us.
            LoadFailedError: the load failed or took too long. The process is ended.
            ModelCorruptError, OutOfMemoryError: that is why it failed.
        """
        limit_s = self._options.load_s
        try:
            self.capabilities = await asyncio.wait_for(asyncio.shield(self._ready), limit_s)
        except TimeoutError:
            await self.stop()
            raise LoadFailedError(
                f"The engine did not load its model within {limit_s:g} s;"
                " close other programs and try again."
            ) from None
        except BaseException:
            await self.stop()
            raise

    async def decode(
        self, segment: int, ask: Ask, expected_s: float, preempted: Preempted
    ) -> Hypothesis:
        """One pass over a segment that was opened and fed before.

        Those that are begun at once are made together; others may not overlap. When cancelled
        or pre-empted, the pass is aborted, and the worker killed if that takes too long.

        Raises:
            PreemptedError: `preempted` was done before the pass was.
            WorkerDiedError: the worker ended during the pass.
            SottoError: what the engine raised.
        """
        if preempted.done():
            raise PreemptedError
        if self.gone.is_set():
            raise WorkerDiedError
        job = self._jobs.ask(segment, ask)
        self._progress_s = time.monotonic()
        try:
            patience_s = max(self._options.hang_s, self._options.hang_factor * expected_s)
            await self._watch(job, patience_s, preempted)
        except asyncio.CancelledError:
            await self._abort(job)
            raise
        if preempted.done() and job.answer.exception():
            raise PreemptedError from None
        return job.answer.result()

    async def stop(self) -> None:
        """End the process: close the link, then SIGTERM, then SIGKILL; wait until reaped."""
        self._condemned = True
        self._outbox.put(None)
        try:
            if not await self._ended_within(self._options.stop_s):
                self._process.terminate()
                await self._ended_within(self._options.terminate_s)
        finally:
            self.kill()
        await self.gone.wait()

    def kill(self) -> None:
        """End the process now; `gone` follows."""
        self._condemned = True
        self._process.kill()

    async def _watch(self, job: Job, patience_s: float, preempted: Preempted) -> None:
        """Wait for the answer while the worker makes progress; end it when it does not."""
        while not job.answer.done():
            left_s = self._progress_s + patience_s - time.monotonic()
            if preempted.done():
                await self._end_pass(job)
            elif left_s <= 0:
                await self._end_hung()
            else:
                either = (job.answer, preempted)
                await asyncio.wait(either, timeout=left_s, return_when=asyncio.FIRST_COMPLETED)

    async def _end_hung(self) -> None:
        if self._hung:  # another pass has seen it, and ends it
            await self.gone.wait()
            return
        self._condemned = self._hung = True
        if sys.platform != "win32":
            self._process.send_signal(signal.SIGUSR1)  # its stacks go to the log
            await self._ended_within(self._options.terminate_s)
        await self.stop()

    async def _abort(self, job: Job) -> None:
        """End the pass at once. A second cancellation meanwhile ends the worker instead."""
        try:
            await self._end_pass(job)
        finally:
            if not job.answer.done():
                self.kill()

    async def _end_pass(self, job: Job) -> None:
        """Have the pass end, or the worker if it does not listen."""
        self.send(Abort(job.number))
        await asyncio.wait((job.answer,), timeout=self._options.abort_s)
        if not job.answer.done():
            self.kill()
        if not self.usable:
            await self.gone.wait()

    async def _ended_within(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.gone.wait(), seconds)
        return self.gone.is_set()

    # --- on the loop, called by the threads

    def _on_message(self, message: ToParent) -> None:
        if not isinstance(message, Beat) or message.progress != self._progress:
            self._progress_s = time.monotonic()
        match message:
            case Beat(progress=progress):
                self._progress = progress
            case Ready(capabilities=capabilities):
                settle(self._ready, capabilities)
            case Done(job=job, text=text, words=words, language=language, final=final):
                self._jobs.settle(job, Hypothesis(text, words, language, final))
            case Failed(job=0):
                settle(self._ready, _load_error(message))
            case Failed(job=job):
                self._jobs.settle(job, _error(message))

    def _on_end(self, *, killed: bool) -> None:
        self.gone.set()
        killed = killed and not self._condemned
        failure = LoadFailedError("The engine's process ended while it loaded.")
        settle(self._ready, WorkerDiedError(killed=True) if killed else failure)
        self._jobs.end(lambda n: WorkerDiedError(hung=self._hung, killed=killed, shared=n > 1))
        self._on_gone()

    # --- in the threads

    def _read(self) -> None:
        """Pass messages on until the link ends; a worker without its link is of no use."""
        assert self._process.stdout is not None
        try:
            while (message := read_to_parent(self._process.stdout)) is not None:
                self._post(self._on_message, message)
        except LinkError as error:
            self._condemned = True
            _log.error("worker %d broke the link: %s", self.pid, error)
        finally:
            self._process.kill()
            self._process.wait()
            self._process.stdout.close()
            self._outbox.put(None)
            self._writer.join()
            self._post(self._on_end, killed=self._process.returncode == -_SIGKILL)

    def _write(self) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # it is gone; `_read` sees that too
            while (frame := self._outbox.get()) is not None:
                self._process.stdin.write(frame)
                self._process.stdin.flush()
        with contextlib.suppress(OSError):
            self._process.stdin.close()

    def _post(self, callback: Callable[..., None], *arguments: object, **named: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(partial(callback, *arguments, **named))


def _error(failed: Failed) -> SottoError:
    return BY_KIND.get(failed.kind, InternalError)(failed.message, detail=failed.detail)


def _load_error(failed: Failed) -> EngineError:
    error = _error(failed)
    if isinstance(error, LoadFailedError | ModelCorruptError | OutOfMemoryError):
        return error
    told = f"The engine did not load its model. {error.message}"
    return LoadFailedError(told, detail=error.detail)
