"""`sotto transcribe`: recordings in, text, JSON or subtitles out."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TypeAlias

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from sidecar.cli import plain
from sidecar.cli.connect import SIDECAR_LOST, any_sidecar
from sidecar.cli.files import Job, write_whole
from sidecar.domain import Progress as HowFar
from sidecar.domain import Segment, Transcript, TranscriptionEvent
from sidecar.errors import SottoError
from sidecar.rpc.client import Client, run
from sidecar.text.formats import Format, render, render_partial

Hear: TypeAlias = Callable[[Client, Callable[[TranscriptionEvent], None]], Awaitable[Transcript]]
"""Has a sidecar transcribe one recording, and is told what happens meanwhile."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is wanted for every recording of one run. `align`: also when each word is said."""

    form: Format
    language: str | None = None
    engine: str | None = None
    hotwords: tuple[str, ...] = ()
    align: bool = True


def transcribe_files(jobs: Sequence[Job], request: Request) -> int:
    """Transcribe all that can be read; the exit code is 1 if anything failed.

    Raises:
        KeyboardInterrupt: after what was final has been delivered.
        BrokenPipeError: nobody reads stdout any more.
    """
    # Before the event loop, where a read of stdin could not be interrupted.
    loaded = [(job, audio) for job in jobs if (audio := _load(job)) is not None]
    failed = len(loaded) < len(jobs)
    if loaded:
        work = [(job, partial(_hear, audio, request)) for job, audio in loaded]
        failed |= not run(Transcription(request.form, len(work)).of_all(work))
    return plain.EXIT_FAILED if failed else 0


async def _hear(
    audio: bytes | Path,
    request: Request,
    client: Client,
    on_event: Callable[[TranscriptionEvent], None],
) -> Transcript:
    return await client.transcribe(
        audio,
        language=request.language,
        engine=request.engine,
        hotwords=request.hotwords,
        align=request.align,
        on_event=on_event,
    )


def _load(job: Job) -> bytes | Path | None:
    try:
        return job.read()
    except OSError as error:
        _cannot_read(job, error)
        return None


def _cannot_read(job: Job, error: OSError) -> None:
    plain.say(f"{job.name}: cannot be read ({error.strerror}).")


@dataclass(slots=True)
class _Heard:
    """What a transcription has told so far."""

    show: Callable[[HowFar], None] = lambda _: None
    segments: list[Segment] = field(default_factory=list)
    done_s: float = 0.0

    def take(self, event: TranscriptionEvent) -> None:
        """One event, as it comes."""
        if isinstance(event, Segment):
            self.segments.append(event)
            self.done_s = max(self.done_s, event.end_s)
        elif isinstance(event, HowFar):
            self.done_s = max(self.done_s, event.done_s)
            self.show(event)


class Transcription:
    """One run over one or more recordings."""

    def __init__(self, form: Format, n_recordings: int = 1) -> None:
        self._form = form
        self._n_recordings = n_recordings
        self._noticed: set[str] = set()

    async def of_all(self, work: Sequence[tuple[Job, Hear]]) -> bool:
        """One after the other, with another sidecar when one is lost; whether all went well."""
        waiting = deque(work)
        all_well = True
        while waiting:
            async with any_sidecar() as client:
                all_well &= await self._with(client, waiting)
        return all_well

    async def _with(self, client: Client, waiting: deque[tuple[Job, Hear]]) -> bool:
        """Take recordings until there are none, or the sidecar is lost; whether all went well."""
        all_well = True
        while waiting:
            n_done = self._n_recordings - len(waiting)
            job, hear = waiting.popleft()
            try:
                all_well &= await self.of(client, job, hear, n_done)
            except SottoError as error:
                plain.explain(error, job.name)
                all_well = False
                if isinstance(error, SIDECAR_LOST):
                    break
        return all_well

    async def of(self, client: Client, job: Job, hear: Hear, n_done: int = 0) -> bool:
        """Have one recording transcribed and deliver the result; whether that went well.

        Raises:
            SottoError: it could not be transcribed; what was final has been delivered.
        """
        heard = _Heard()
        try:
            with _progress_bar(job.name, n_done, self._n_recordings, heard):
                transcript = await hear(client, heard.take)
        except OSError as error:
            _cannot_read(job, error)
            return False
        except (asyncio.CancelledError, KeyboardInterrupt, SottoError):
            self._rescue(job, heard)
            raise
        self._pass_on(job, transcript)
        return _deliver(job.target, render(self._form, job.name, transcript))

    def _pass_on(self, job: Job, transcript: Transcript) -> None:
        """Say what a person should know, each notice once per run."""
        for notice in transcript.notices:
            if notice not in self._noticed:
                self._noticed.add(notice)
                plain.say(notice)
        if not transcript.text:
            plain.say(f"{job.name}: no speech was found.")

    def _rescue(self, job: Job, heard: _Heard) -> None:
        """Deliver what was final when the work stopped."""
        if not heard.segments:
            return
        part = render_partial(self._form, job.name, heard.segments)
        target = job.target and job.target.with_name(f"{job.target.name}.partial")
        plain.say(
            f"{job.name}: stopped after {heard.done_s:.1f} s; "
            f"what was final by then is in {target or 'the output'}."
        )
        _deliver(target, part)


def _deliver(target: Path | None, text: str) -> bool:
    """Write a result where it belongs, or to stdout rather than lose it.

    Raises:
        BrokenPipeError: nobody reads stdout any more.
    """
    if target is not None:
        try:
            write_whole(target, text)
        except OSError as error:
            plain.say(f"{target} cannot be written ({error.strerror}); the result is on stdout.")
        else:
            return True
    return _print(text) and target is None


def _print(text: str) -> bool:
    try:
        plain.put(text)
    except BrokenPipeError:
        raise
    except OSError as error:
        plain.say(f"stdout cannot be written ({error.strerror}). Give --output another place.")
        return False
    return True


@contextmanager
def _progress_bar(name: str, n_done: int, n_files: int, heard: _Heard) -> Iterator[None]:
    """Show how far this recording and all of them are, on a terminal; gone at the end."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[note]}"),
    )
    # stdout is for results: rich must not take it over to print above the bar.
    progress = Progress(
        *columns,
        console=console,
        transient=True,
        disable=not console.is_terminal,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    if n_files > 1:
        progress.add_task(
            "all", total=n_files, completed=n_done, note=f"{n_done} of {n_files} recordings"
        )
    task = progress.add_task(escape(plain.harmless(Path(name).name)), total=None, note="")
    started_s = time.monotonic()
    heard.show = lambda far: _advance(progress, task, far, time.monotonic() - started_s)
    try:
        progress.start()
        yield
    finally:
        with suppress(OSError):  # the terminal is closed
            progress.stop()


def _advance(progress: Progress, task: TaskID, far: HowFar, taken_s: float) -> None:
    note: str = far.phase
    if far.phase == "transcribing" and taken_s > 0:
        whole = f" of {_clock(far.total_s)}" if far.total_s is not None else ""
        note = f"{_clock(far.done_s)}{whole}  {far.done_s / taken_s:.1f}x real time"
    progress.update(task, completed=far.done_s, total=far.total_s, note=note)


def _clock(seconds: float) -> str:
    return str(timedelta(seconds=int(seconds)))
