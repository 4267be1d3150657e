"""`sotto convert`: an official checkpoint becomes a model that Sotto runs.

A program that starts it asks for `--progress json`, and gets a line for each step on stdout:

    {"phase":"converting","done":1048576,"total":4194304}
    {"error":{"kind":"DISK_FULL","message":"..."}}            the last one, if it fails

It ends the conversion by closing the command's stdin, or with SIGTERM.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NoReturn

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from sidecar.cli import plain
from sidecar.errors import LoadFailedError, SottoError

if TYPE_CHECKING:
    from sidecar.convert.order import Order
    from sidecar.convert.progress import Phase, Report
    from sidecar.model_store.manifest import Manifest


def convert_for_person(order: Order) -> int:
    """Convert with a bar on a terminal, and say what came of it. Returns the exit code.

    Raises:
        SottoError: it cannot be done.
    """
    with _bar(order.id) as report:
        manifest = _convert(order, report, threading.Event())
    plain.say(f"{order.id} is ready: {_summary(manifest)}.")
    return 0


def convert_for_program(order: Order) -> int:
    """Convert with lines of JSON on stdout, until stdin ends. Returns the exit code."""
    parent_gone = threading.Event()
    threading.Thread(target=_await_end_of_stdin, args=[parent_gone], daemon=True).start()
    try:
        _convert(order, _say_step, parent_gone)
    except SottoError as error:
        _say({"error": {"kind": error.kind, "message": error.message}})
        return plain.EXIT_FAILED
    return 0


def leave(code: int) -> NoReturn:
    """End the process now: llama.cpp may still be at work in a thread that nobody waits for."""
    with suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def _convert(order: Order, report: Report, stop: threading.Event) -> Manifest:
    try:
        from sidecar.convert.pipeline import convert
    except ImportError as error:
        raise LoadFailedError(
            f"Converting needs {error.name}; install Sotto with its extra 'convert'."
        ) from None
    return convert(order, report, stop.is_set)


def _say_step(phase: Phase, done: int, total: int) -> None:
    _say({"phase": phase, "done": done, "total": total})


def _say(line: object) -> None:
    """One line, at once and whole: several threads have something to say."""
    with suppress(OSError):  # nobody listens any more; stdin says so, too
        os.write(sys.stdout.fileno(), json.dumps(line, separators=(",", ":")).encode() + b"\n")


def _await_end_of_stdin(ended: threading.Event) -> None:
    with suppress(OSError):  # a broken stdin is an end, too
        while os.read(0, 4096):
            pass
    ended.set()


@contextmanager
def _bar(name: str) -> Iterator[Report]:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(
        *columns,
        console=console,
        transient=True,
        disable=not console.is_terminal,
        redirect_stdout=False,
        redirect_stderr=False,
    ) as progress:
        task = progress.add_task(name, total=None)

        def report(phase: Phase, done: int, total: int) -> None:
            progress.update(task, description=f"{name}: {phase}", completed=done, total=total)

        yield report


def _summary(manifest: Manifest) -> str:
    encoder, decoder = (1 - manifest.check[f"{part}_cosine"] for part in ("encoder", "decoder"))
    return (
        f"{manifest.total_bytes / 1e6:.0f} MB, encoder within {max(0.0, encoder):.2g} of the"
        f" checkpoint and decoder within {max(0.0, decoder):.2g} (1 - cosine)"
    )
