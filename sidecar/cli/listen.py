"""`sotto listen`: text while you speak, in a terminal or, line by line, on stdout."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack, aclosing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import typer
from rich.console import Console
from rich.text import Text

from sidecar.cli import plain
from sidecar.cli.connect import SIDECAR_LOST, Link, joined
from sidecar.cli.dictated import Dictated
from sidecar.cli.interrupts import Wishes, heeded
from sidecar.cli.live_view import LiveView, drawn
from sidecar.cli.microphone import Microphone, MicrophoneError, devices, is_silent
from sidecar.cli.sources import CHUNK_MS, FileSource, Source
from sidecar.cli.waiting import waiting_in
from sidecar.domain import Final as End
from sidecar.domain import LiveEvent, Segment, Trouble
from sidecar.errors import NoSessionError, SottoError
from sidecar.rpc.client import Dictation, run
from sidecar.text.formats import Format, render, render_partial

SILENT_S: Final = 2.0  # of nothing but zeros: a pause is never that quiet
GIVE_UP: Final = "Ctrl-C again gives up, and keeps the recording"
SILENT: Final = (
    "The microphone gives nothing but silence. See that it is not muted and that this terminal "
    "may use it, or choose another: sotto listen --list-devices"
)
TOO_BUSY: Final = "Some sound was lost: the system was too busy to take it from the microphone."
NOTHING: Final = "No speech was found."
GIVEN_UP: Final = "Given up before anything was recorded."
KEPT: Final = "What was said until then is kept. List it with: sotto recordings"


@dataclass(frozen=True, slots=True)
class Request:
    """How a dictation is to be heard and written."""

    form: Format = Format.TXT
    language: str | None = None
    engine: str | None = None
    hotwords: tuple[str, ...] = ()
    mode: Literal["live", "batch"] = "live"


def listen(source: Source, request: Request) -> int:
    """Dictate until the source ends or Ctrl-C; the exit code is 1 if anything was missed.

    Raises:
        KeyboardInterrupt: it was given up, or ended by another signal.
        SottoError: there is no such engine, or the sidecar was lost.
        BrokenPipeError: nobody reads stdout any more.
    """
    return run(_Listening(source, request).run())


def source_of(recording: Path | None, pace: float | None, device: str | None) -> Source:
    """The recording if there is one, else the microphone.

    Raises:
        typer.BadParameter: both are given.
        BadAudioError: the recording cannot be read.
        typer.Exit: there is no microphone; that has been told.
    """
    if recording is None:
        with _microphone_errors():
            return Microphone(device)
    if device is not None:
        raise typer.BadParameter("--device is for a microphone: leave it or --from out.")
    from sidecar.audio.files import open_audio

    with open_audio(recording):  # before a sidecar is started for it
        return FileSource(recording, pace)


def show_devices() -> int:
    """Print the microphones; the exit code."""
    with _microphone_errors():
        plain.put("".join(f"{plain.harmless(line)}\n" for line in devices()))
    return 0


@contextmanager
def _microphone_errors() -> Iterator[None]:
    try:
        yield
    except MicrophoneError as error:
        plain.say(str(error))
        raise typer.Exit(plain.EXIT_FAILED) from None


class Output:
    """Where text goes: segments that are final at once, anything else at the end."""

    def __init__(self, form: Format, name: str) -> None:
        self._form = form
        self._name = name
        # The view is on stdout, above which text scrolls, or else beside it on stderr.
        self.console = Console(stderr=not sys.stdout.isatty(), highlight=False)

    def segment(self, segment: Segment) -> None:
        """A segment is final."""
        if self._form is not Format.TXT:
            return
        if self.console.stderr:
            plain.put(f"{plain.harmless(segment.text)}\n")
        else:
            self.console.print(Text(plain.harmless(segment.text)), soft_wrap=True)

    def end(self, dictated: Dictated, end: End) -> None:
        """All of it, unless that has been written."""
        if self._form is not Format.TXT:
            plain.put(render(self._form, self._name, dictated.transcript(end)))

    def rescue(self, dictated: Dictated) -> None:
        """What is final of a dictation that has no end."""
        if self._form is not Format.TXT:
            plain.put(render_partial(self._form, self._name, dictated.segments))
        elif dictated.committed.strip():
            plain.put(f"{plain.harmless(dictated.committed.strip())}\n")

    def tell(self, sentence: str) -> None:
        """Say something while the view is drawn."""
        if self.console.is_terminal and sys.stderr.isatty():
            self.console.print(Text(f"sotto: {plain.harmless(sentence)}", "yellow"))
        else:
            plain.say(sentence)


@dataclass(frozen=True, slots=True)
class _Ended:
    """How it ended.

    Attributes:
        end: what the sidecar said; None if it was given up.
        failed: the sound broke off before that.
        forced: a signal other than Ctrl-C ended it.
        kept: the recording, where it was given up.
    """

    end: End | None
    failed: bool = False
    forced: bool = False
    kept: str | None = None


class _Listening:
    """One dictation."""

    def __init__(self, source: Source, request: Request) -> None:
        self._source = source
        self._request = request
        self._output = Output(request.form, source.name)
        self._dictated = Dictated()
        self._view = LiveView(self._dictated)
        self._silent_s = 0.0
        self._told: set[str] = set()

    async def run(self) -> int:
        """All of it; the exit code."""
        try:
            ended = await self._dictate()
        except (*SIDECAR_LOST, NoSessionError):  # or it forgot us while the connection was broken
            self._output.rescue(self._dictated)
            plain.say(KEPT)
            raise
        return self._report(ended)

    async def _dictate(self) -> _Ended:
        request = self._request
        async with joined() as sidecar, AsyncExitStack() as clients:
            if sentence := await waiting_in(sidecar.client):
                self._tell(sentence)
            dictation = sidecar.client.dictate(
                rate_hz=self._source.rate_hz,
                engine=request.engine,
                language=request.language,
                hotwords=request.hotwords,
                mode=request.mode,
                on_event=self._take,
            )
            link = Link(dictation, sidecar.info, clients)
            async with dictation:
                with drawn(self._view, self._output.console), heeded() as wishes:
                    failed = await self._speak(link, wishes)
                    ended = await self._finish(link, wishes, failed=failed)
                if ended.end is not None:
                    await self._deliver(ended.end, dictation)
        return ended

    async def _speak(self, link: Link, wishes: Wishes) -> bool:
        """Push until the sound ends, or somebody wants an end; whether it broke off."""
        pushing = asyncio.create_task(self._push(link))
        await _first(pushing, wishes.finish.wait())
        try:
            await pushing
        except asyncio.CancelledError:
            return False
        except MicrophoneError as error:
            self._tell(str(error))
        except SIDECAR_LOST:
            raise
        except SottoError as error:  # also that of a dictation which has failed
            self._tell(error.message)
        else:
            return False
        return True

    async def _push(self, link: Link) -> None:
        async with aclosing(self._source.chunks()) as chunks:
            async for pcm in chunks:
                await link.push(pcm)
                if isinstance(self._source, Microphone):
                    self._check_microphone(self._source, pcm)

    async def _finish(self, link: Link, wishes: Wishes, *, failed: bool) -> _Ended:
        """Wait for the text, unless nobody wants to wait."""
        self._view.hint = GIVE_UP
        closing = asyncio.create_task(link.close())
        await _first(closing, wishes.give_up.wait())
        if closing.cancelled():
            return _Ended(None, kept=await link.dictation.abort(keep=True))
        return _Ended(await closing, failed, wishes.forced)

    async def _deliver(self, end: End, dictation: Dictation) -> None:
        """Write what is still to be written. Until that is done the recording stays."""
        self._output.end(self._dictated, end)
        if _is_whole(end):
            with suppress(SottoError):  # then it is offered once more
                await dictation.let_go()

    def _take(self, event: LiveEvent) -> None:
        """One event of the dictation.

        Raises:
            OSError: what is final cannot be written; that ends the dictation.
        """
        segment = self._dictated.take(event)
        self._view.take(event)
        if segment is not None:
            self._output.segment(segment)
        if isinstance(event, Trouble):
            self._tell(event.message)

    def _check_microphone(self, microphone: Microphone, pcm: bytes) -> None:
        self._silent_s = self._silent_s + CHUNK_MS / 1000 if is_silent(pcm) else 0.0
        if self._silent_s >= SILENT_S:
            self._tell(SILENT)
        if microphone.lost:
            self._tell(TOO_BUSY)

    def _tell(self, sentence: str) -> None:
        """Say something, once."""
        if sentence not in self._told:
            self._told.add(sentence)
            self._output.tell(sentence)

    def _report(self, ended: _Ended) -> int:
        """Tell how it ended; the exit code.

        Raises:
            KeyboardInterrupt: it was given up, or ended by force.
        """
        end = ended.end
        if end is None:
            self._output.rescue(self._dictated)
            plain.say(_where(ended.kept) if ended.kept else GIVEN_UP)
            raise KeyboardInterrupt
        whole = _is_whole(end)
        for sentence in (*end.notices, *([NOTHING] if whole and not end.text.strip() else [])):
            plain.say(sentence)
        if not whole and end.recording:
            plain.say(_where(end.recording))
        if ended.forced:
            raise KeyboardInterrupt
        return 0 if whole and not ended.failed else plain.EXIT_FAILED


async def _first(task: asyncio.Task[Any], other: Coroutine[Any, Any, object]) -> None:
    """Wait for either; the task is done or cancelled after that."""
    waiting = asyncio.create_task(other)
    try:
        await asyncio.wait((task, waiting), return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
        task.cancel()
        await asyncio.wait((task,))


def _is_whole(end: End) -> bool:
    return end.complete and end.reason == "close"


def _where(recording: str) -> str:
    return f"The recording is kept. Get its text with: sotto recordings recover {recording}"
