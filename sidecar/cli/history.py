"""The commands below `sotto history`."""

from __future__ import annotations

from typing import Annotated

import typer

from sidecar.cli.options import Force, Form, Output
from sidecar.cli.plain import plain_endings
from sidecar.text.formats import Format

MOST = 2**53 - 1

history = typer.Typer(
    help="The texts that were dictated, and their sound.",
    invoke_without_command=True,
    add_completion=False,
)

Entry = Annotated[
    int, typer.Argument(metavar="ENTRY", min=1, max=MOST, help="Its number in sotto history.")
]
Entries = Annotated[
    list[int], typer.Argument(metavar="ENTRY...", min=1, max=MOST, help="Numbers of entries.")
]


@history.callback()
def entries(
    context: typer.Context,
    *,
    search: Annotated[
        str, typer.Option("--search", "-s", help="Words, or parts of words, that it must have.")
    ] = "",
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many, the newest first.")] = 20,
    trash: Annotated[bool, typer.Option("--trash", help="Those that were deleted.")] = False,
) -> None:
    """List the texts that were dictated, or search them. With a command, do that instead."""
    if context.invoked_subcommand is None:
        from sidecar.cli.entries import list_entries

        with plain_endings():
            raise typer.Exit(list_entries(search, limit, trashed=trash))


@history.command()
def show(entry: Entry) -> None:
    """Print the text of an entry, and what is known of it."""
    from sidecar.cli.entries import show_entry

    with plain_endings():
        raise typer.Exit(show_entry(entry))


@history.command()
def export(
    entries: Entries, *, form: Form = Format.TXT, output: Output = None, force: Force = False
) -> None:
    """Write entries as one file: text, JSON with all that is known, or subtitles."""
    from sidecar.cli.entries import export_entries

    with plain_endings():
        raise typer.Exit(export_entries(tuple(entries), form, output, force=force))


@history.command()
def delete(
    entries: Entries,
    *,
    for_good: Annotated[
        bool, typer.Option("--for-good", help="At once, with their sound.")
    ] = False,
) -> None:
    """Put entries into the trash, which is emptied after 30 days."""
    from sidecar.cli.entries import delete_entries

    with plain_endings():
        raise typer.Exit(delete_entries(tuple(entries), for_good=for_good))


@history.command()
def restore(entry: Entry) -> None:
    """Take an entry out of the trash."""
    from sidecar.cli.entries import restore_entry

    with plain_endings():
        raise typer.Exit(restore_entry(entry))
