"""How commands talk to people: plain sentences on stderr, results on stdout, exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from sidecar.config import ConfigError
from sidecar.errors import SottoError
from sidecar.host.launch import LaunchError

EXIT_FAILED = 1
EXIT_CONFIG = 78  # EX_CONFIG, as the sidecar itself exits
EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells report it
EXIT_BROKEN_PIPE = 141  # 128 + SIGPIPE

_HINTS = {
    "BUSY": "Other programs are using the sidecar; try again in a moment.",
    "INTERNAL": "Please report this, with the output of `sotto doctor --json`.",
    "LOAD_FAILED": "`sotto doctor` shows what is missing.",
    "MODEL_MISSING": "`sotto doctor` lists the engines that are installed.",
    "SIDECAR_RESTARTED": "Run the command again; if it keeps happening, run `sotto doctor`.",
    "WORKER_CRASHED": "If it keeps happening, run `sotto doctor`.",
}


def say(sentence: str) -> None:
    """Tell the person something, on stderr."""
    typer.echo(f"sotto: {sentence}", err=True)


def explain(error: SottoError, name: str = "") -> None:
    """Say what went wrong, with which recording, and what to do."""
    say(f"{name}: {error.message}" if name else error.message)
    if error.kind in _HINTS:
        say(_HINTS[error.kind])


def put(text: str) -> None:
    """Write a result to stdout, in UTF-8 whatever the locale, without touching line ends.

    Raises:
        BrokenPipeError: nobody reads stdout any more.
    """
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode())
    sys.stdout.buffer.flush()


@contextmanager
def plain_endings() -> Iterator[None]:
    """End a command with a sentence and an exit code instead of a traceback."""
    try:
        yield
    except SottoError as error:
        explain(error)
        raise typer.Exit(EXIT_FAILED) from None
    except LaunchError as error:
        say(str(error))
        raise typer.Exit(EXIT_FAILED) from None
    except ConfigError as error:
        say(str(error))
        raise typer.Exit(EXIT_CONFIG) from None
    except KeyboardInterrupt:
        raise typer.Exit(EXIT_INTERRUPTED) from None
    except BrokenPipeError:
        # Python flushes stdout once more as it ends, and would complain there.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(EXIT_BROKEN_PIPE) from None
