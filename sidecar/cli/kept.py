"""The commands below `sotto recordings`."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from sidecar.cli.options import Align, Engine, Force, Form, Hotwords, Language, Output, wants_times
from sidecar.cli.plain import plain_endings
from sidecar.text.formats import Format

_NAME = re.compile(r"[0-9a-f]{4,32}")

kept = typer.Typer(
    help="The recordings of dictations that broke off.",
    invoke_without_command=True,
    add_completion=False,
)


def _check_name(name: str | None) -> str | None:
    """Refuse what cannot be the beginning of a name, or could be that of many."""
    if name is not None and not _NAME.fullmatch(name):
        raise typer.BadParameter("Give a name from sotto recordings, or its first digits.")
    return name


@kept.callback()
def recordings(context: typer.Context) -> None:
    """List the recordings that are kept, the newest first.

    Dictations that ran to their end leave none, unless SOTTO_KEEP_FINISHED_DAYS says so.
    """
    if context.invoked_subcommand is None:
        from sidecar.cli.recordings import list_recordings

        with plain_endings():
            raise typer.Exit(list_recordings())


@kept.command()
def recover(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", callback=_check_name, help="Its name, or how that begins."),
    ] = None,
    *,
    last: Annotated[bool, typer.Option("--last", help="The newest that broke off.")] = False,
    form: Form = Format.TXT,
    output: Output = None,
    force: Force = False,
    language: Language = None,
    engine: Engine = None,
    hotwords: Hotwords = None,
    align: Align = None,
) -> None:
    """Turn a recording into text, JSON or subtitles. It stays until it is discarded.

    What is not given is as it was for the dictation.
    """
    from sidecar.cli.recordings import Recovery
    from sidecar.cli.recordings import recover as recover_recording

    if last is (name is not None):
        raise typer.BadParameter("Give the name of a recording, or --last.")
    words = tuple(hotwords or ())
    wanted = Recovery(form, output, force, language, engine, words, wants_times(form, align))
    with plain_endings():
        raise typer.Exit(recover_recording(name, wanted))


@kept.command()
def discard(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", callback=_check_name, help="Its name, or how that begins."),
    ],
) -> None:
    """Delete a recording for good."""
    from sidecar.cli.recordings import discard as discard_recording

    with plain_endings():
        raise typer.Exit(discard_recording(name))
