"""`sotto recordings`: the recordings of dictations that broke off, and what to do with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import typer

from sidecar.cli import plain
from sidecar.cli.connect import any_sidecar
from sidecar.cli.files import plan
from sidecar.cli.transcribe import Transcription
from sidecar.cli.waiting import length_of
from sidecar.domain import KeptRecording, Transcript, TranscriptionEvent
from sidecar.errors import NoSessionError
from sidecar.rpc.client import Client, run
from sidecar.text.formats import Format


@dataclass(frozen=True, slots=True)
class Recovery:
    """What is wanted of a recording. What is None is as it was for its dictation."""

    form: Format
    output: str | None = None
    force: bool = False
    language: str | None = None
    engine: str | None = None
    hotwords: tuple[str, ...] = ()
    align: bool = True


def list_recordings() -> int:
    """Print the recordings, newest first; the exit code."""

    async def ask() -> tuple[KeptRecording, ...]:
        async with any_sidecar() as client:
            return await client.recordings()

    kept = run(ask())
    if not kept:
        plain.say("No recordings are kept.")
    plain.put("".join(f"{_line(each)}\n" for each in kept))
    return 0


def recover(name: str | None, wanted: Recovery) -> int:
    """Have a recording transcribed; `name` None is the newest that was interrupted.

    Raises:
        NoSessionError: there is none.
        typer.BadParameter: more than one is called so, or the result has no place.
        SottoError: it could not be transcribed; what was final has been delivered.
    """

    async def ask() -> int:
        async with any_sidecar() as client:
            kept = await client.recordings()
            chosen = _last(kept) if name is None else _called(name, kept)
            [job] = plan([chosen.name], wanted.form, wanted.output, force=wanted.force)
            hear = partial(_hear, chosen.name, wanted)
            if not await Transcription(wanted.form).of(client, job, hear):
                return plain.EXIT_FAILED
            plain.say(
                "The recording is still kept. When its text is safe, delete it with:"
                f" sotto recordings discard {chosen.name}"
            )
            return 0

    return run(ask())


def discard(name: str) -> int:
    """Delete a recording; the exit code.

    Raises:
        NoSessionError: there is none.
        BusyError: its dictation still runs.
        typer.BadParameter: more than one is called so.
    """

    async def ask() -> None:
        async with any_sidecar() as client:
            await client.discard(_called(name, await client.recordings()).name)

    run(ask())
    return 0


async def _hear(
    name: str, wanted: Recovery, client: Client, on_event: Callable[[TranscriptionEvent], None]
) -> Transcript:
    return await client.recover(
        name,
        language=wanted.language,
        engine=wanted.engine,
        hotwords=wanted.hotwords,
        align=wanted.align,
        on_event=on_event,
    )


def _last(kept: Sequence[KeptRecording]) -> KeptRecording:
    for each in kept:
        if each.state == "interrupted":
            return each
    raise NoSessionError("No dictation broke off: there is nothing to recover.")


def _called(beginning: str, kept: Sequence[KeptRecording]) -> KeptRecording:
    """The recording whose name begins so."""
    found = [each for each in kept if each.name.startswith(beginning)]
    if not found:
        raise NoSessionError("There is no such recording. List them with: sotto recordings")
    if len(found) > 1:
        raise typer.BadParameter(
            f"{len(found)} recordings begin with {beginning}: give more of it."
        )
    return found[0]


def _line(kept: KeptRecording) -> str:
    began = datetime.fromtimestamp(kept.began_s).astimezone()
    return f"{kept.name}  {began:%Y-%m-%d %H:%M}  {length_of(kept):>8}  {kept.state}"
