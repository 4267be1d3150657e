"""`sotto models`: has a sidecar do it, and shows how far it is."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import TypeAlias

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn

from sidecar.cli import plain
from sidecar.cli.connect import any_sidecar, private_sidecar
from sidecar.cli.model_table import as_json as to_json
from sidecar.cli.model_table import as_lines, doing, how_far, size
from sidecar.errors import SottoError
from sidecar.model_store.progress import ModelProgress
from sidecar.model_store.status import ModelStatus
from sidecar.rpc.client import Client, run

Show: TypeAlias = Callable[[ModelProgress], None]


def list_models(query: str, language: str, *, as_json: bool) -> int:
    """Print the models that are looked for; the exit code."""

    async def ask() -> tuple[ModelStatus, ...]:
        async with any_sidecar() as client:
            return await client.models.list(query, language)

    found = run(ask())
    if as_json:
        plain.put(to_json(found))
        return 0
    if not found:
        plain.say(
            "There is no such model. `sotto models` lists all there are;"
            " a language is given as a tag, such as --language zh."
        )
    plain.put(plain.harmless(as_lines(found, head=sys.stdout.isatty())))
    return 0


def install_model(model: str, source: str) -> int:
    """Have a model installed; the exit code.

    Raises:
        SottoError: it could not be.
        KeyboardInterrupt: after it was stopped.
    """

    async def install(client: Client, show: Show) -> ModelStatus:
        return await client.models.install(model, source=source, on_progress=show)

    return run(_change(model, install))


def bring_model(folder: Path, model: str) -> int:
    """Have a model imported; the exit code.

    Raises:
        SottoError, KeyboardInterrupt: as for `install_model`.
    """

    async def bring(client: Client, show: Show) -> ModelStatus:
        return await client.models.bring(folder, model=model, on_progress=show)

    return run(_change(model or folder.name, bring))


def verify_models(ids: Sequence[str]) -> int:
    """Check models, or all that are installed; the exit code is 1 if one is not as it was."""

    async def ask() -> bool:
        async with any_sidecar() as client:
            found = ids or [
                each.id
                for each in await client.models.list()
                if each.state in ("installed", "damaged")
            ]
            if not found:
                plain.say("No model is installed.")
            return all([await _is_right(client, model) for model in found])

    return 0 if run(ask()) else plain.EXIT_FAILED


def remove_model(model: str) -> int:
    """Delete a model; the exit code.

    Raises:
        SottoError: it could not be.
    """

    async def ask() -> int:
        async with _sidecar_that_may() as client:
            return await client.models.remove(model)

    plain.say(f"{model} is removed; {size(run(ask()))} are free again.")
    return 0


async def _change(model: str, work: Callable[[Client, Show], Awaitable[ModelStatus]]) -> int:
    """Have something done that brings a model here, and say how it ended."""
    try:
        async with _sidecar_that_may() as client:
            with _progress_bar(model) as show:
                found = await work(client, show)
    except asyncio.CancelledError:
        plain.say(f"{model}: stopped. What has come is kept; the same command goes on from there.")
        raise
    plain.say(f"{found.id} is installed: {size(found.installed_bytes)}.")
    return 0


async def _is_right(client: Client, model: str) -> bool:
    try:
        with _progress_bar(model) as show:
            found = await client.models.verify(model, on_progress=show)
    except SottoError as error:
        plain.explain(error, model)
        return False
    plain.say(f"{model}: all {size(found.installed_bytes)} are as they were.")
    return True


@asynccontextmanager
async def _sidecar_that_may() -> AsyncIterator[Client]:
    """A sidecar that lets us change models: the one that runs, unless it has another owner."""
    async with any_sidecar() as client:
        if client.server.role == "owner":
            yield client
            return
    async with private_sidecar() as client:
        yield client


@contextmanager
def _progress_bar(model: str) -> Iterator[Show]:
    """Show how far the work is: a bar on a terminal, elsewhere a line for each phase."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _phase_teller(model)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%  {task.fields[note]}"),
    )
    # stdout is for results: rich must not take it over to print above the bar.
    progress = Progress(
        *columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False
    )
    task = progress.add_task(escape(model), total=None, note="")

    def show(far: ModelProgress) -> None:
        progress.update(
            task,
            description=escape(doing(model, far)),
            completed=far.done,
            total=far.total,
            note=how_far(far),
        )

    try:
        progress.start()
        yield show
    finally:
        with suppress(OSError):  # the terminal is closed
            progress.stop()


def _phase_teller(model: str) -> Show:
    told: set[str] = set()

    def show(far: ModelProgress) -> None:
        if far.phase not in told:
            told.add(far.phase)
            figures = f" ({how_far(far)})" if how_far(far) else ""
            plain.say(f"{doing(model, far)}{figures}")

    return show
