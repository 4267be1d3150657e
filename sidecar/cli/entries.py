"""`sotto history`: the texts that were dictated, and what to do with them."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sidecar.cli import plain
from sidecar.cli.connect import any_sidecar
from sidecar.cli.files import write_whole
from sidecar.rpc.client import run

if TYPE_CHECKING:
    from sidecar.rpc.history_calls import HistoryEntry
    from sidecar.text.formats import Format

LINE_CHARS = 60


def list_entries(query: str, limit: int, *, trashed: bool) -> int:
    """Print entries, newest first; the exit code."""

    async def ask() -> int:
        async with any_sidecar() as client:
            page = await client.history.list(query, limit=limit, trashed=trashed)
        plain.put("".join(f"{_line(entry)}\n" for entry in page.entries))
        if not page.total:
            plain.say("Nothing was found." if query else "The history is empty.")
        elif page.total > len(page.entries):
            plain.say(f"{page.total} in all: --limit shows more, --search fewer.")
        return 0

    return run(ask())


def show_entry(number: int) -> int:
    """Print an entry; the exit code.

    Raises:
        NoSessionError: there is none of that number.
    """

    async def ask() -> int:
        async with any_sidecar() as client:
            told = await client.history.get(number)
        entry = told.entry
        facts = [f"{_when(entry)}, {_length(entry)}, {entry.engine}"]
        facts += [f"recognised as: {entry.raw_text}"] if entry.raw_text else []
        facts += ["its audio is kept"] if entry.has_audio else []
        facts += [f"{len(told.versions)} earlier texts are kept"] if told.versions else []
        for fact in facts:
            plain.say(fact)
        plain.put(f"{entry.text}\n")
        return 0

    return run(ask())


def export_entries(
    numbers: tuple[int, ...], form: Format, output: str | None, *, force: bool
) -> int:
    """Write entries to a file or to stdout; the exit code.

    Raises:
        typer.BadParameter: the file exists, or has no place.
        NoSessionError: there is no such entry.
        TooLargeError: they are too much for one file.
        OSError: it cannot be written.
    """
    target = None if output is None else _target(Path(output), force=force)

    async def ask() -> str:
        async with any_sidecar() as client:
            return await client.history.export(numbers, form.value)

    content = run(ask())
    if target is None:
        plain.put(content)
    else:
        write_whole(target, content)
    return 0


def delete_entries(numbers: tuple[int, ...], *, for_good: bool) -> int:
    """Delete entries; the exit code, which says whether there was any."""

    async def ask() -> int:
        async with any_sidecar() as client:
            return await client.history.delete(numbers, for_good=for_good)

    if run(ask()):
        return 0
    plain.say("There is no such entry. List them with: sotto history")
    return plain.EXIT_FAILED


def restore_entry(number: int) -> int:
    """Take an entry out of the trash; the exit code.

    Raises:
        NoSessionError: there is none of that number.
    """

    async def ask() -> None:
        async with any_sidecar() as client:
            await client.history.restore(number)

    run(ask())
    return 0


def _target(path: Path, *, force: bool) -> Path:
    if not path.parent.is_dir():
        raise typer.BadParameter(f"The folder {path.parent} does not exist. Make it first.")
    if path.exists() and not (path.is_file() and force):
        raise typer.BadParameter(f"{path} exists. Give a file, and --force to replace it.")
    return path


def _line(entry: HistoryEntry) -> str:
    text = " ".join((entry.match or entry.text).split())
    shown = text if len(text) <= LINE_CHARS else f"{text[: LINE_CHARS - 1]}…"
    return f"{entry.entry:>5}  {_when(entry)}  {_length(entry):>8}  {plain.harmless(shown)}"


def _when(entry: HistoryEntry) -> str:
    return f"{datetime.fromtimestamp(entry.created_ms / 1000).astimezone():%Y-%m-%d %H:%M}"


def _length(entry: HistoryEntry) -> str:
    return str(timedelta(seconds=entry.duration_ms // 1000))
