"""How commands talk to people: plain sentences on stderr, results on stdout, exit codes."""

from __future__ import annotations

import io
import os
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import typer

from sidecar.config import ConfigError
from sidecar.errors import SottoError
from sidecar.host.launch import LaunchError

EXIT_FAILED = 1
EXIT_CONFIG = 78  # EX_CONFIG, as the sidecar itself exits
EXIT_SIGNAL = 128  # and the signal's number, as shells report it
EXIT_BROKEN_PIPE = 141  # 128 + SIGPIPE

_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")  # all but the end of a line
_HINTS = {
    "BUSY": "Other programs are using the sidecar; try again in a moment.",
    "HISTORY_DAMAGED": "Run the command again; it works with what could be read.",
    "INTERNAL": "Please report this, with the output of `sotto doctor --json`.",
    "LOAD_FAILED": "`sotto doctor` shows what is missing.",
    "MODEL_MISSING": "`sotto doctor` lists the engines that are installed.",
    "SIDECAR_RESTARTED": "Run the command again; if it keeps happening, run `sotto doctor`.",
    "WORKER_CRASHED": "If it keeps happening, run `sotto doctor`.",
}


def say(sentence: str) -> None:
    """Tell the person something, on stderr; a result is not lost because nobody can be told."""
    with suppress(OSError):
        typer.echo(f"sotto: {harmless(sentence)}", err=True)


def harmless(text: str) -> str:
    """The text without what a terminal would obey: names of files may hold anything."""
    return _CONTROLS.sub("\ufffd", text)


def explain(error: SottoError, name: str = "") -> None:
    """Say what went wrong, with which recording, and what to do."""
    say(f"{name}: {error.message}" if name else error.message)
    if error.kind in _HINTS:
        say(_HINTS[error.kind])


def put(text: str) -> None:
    """Write a result to stdout, in UTF-8 whatever the locale, without touching line ends.

    Raises:
        BrokenPipeError: nobody reads stdout any more.
        OSError: stdout cannot be written, as on a full disk.
    """
    sys.stdout.flush()
    # Past the buffer, which would keep what cannot be written and fail again at exit.
    raw = getattr(sys.stdout.buffer, "raw", sys.stdout.buffer)
    rest = memoryview(text.encode())
    while rest:
        rest = rest[raw.write(rest) :]


@contextmanager
def plain_endings() -> Iterator[None]:
    """End a command with a sentence and an exit code instead of a traceback."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # what the locale cannot show is not vital
    ended_by: list[int] = []
    _end_like_ctrl_c(ended_by)
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
        raise typer.Exit(EXIT_SIGNAL + (ended_by or [signal.SIGINT])[0]) from None
    except BrokenPipeError:
        _forget_stdout()
        raise typer.Exit(EXIT_BROKEN_PIPE) from None
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        say(f"The system refused a step: {error.strerror or error}{where}.")
        _forget_stdout()
        raise typer.Exit(EXIT_FAILED) from None


def _end_like_ctrl_c(ended_by: list[int]) -> None:
    """Let SIGTERM, or a terminal that is closed, do what Ctrl-C does: what is final is kept."""

    def stop(number: int, frame: FrameType | None) -> None:
        if ended_by:  # a second one must not stop the rescue; a second Ctrl-C does
            return
        ended_by.append(number)
        interrupt = signal.getsignal(signal.SIGINT)  # asyncio's own while its loop runs
        (interrupt if callable(interrupt) else signal.default_int_handler)(number, frame)

    for name in ("SIGTERM", "SIGHUP"):  # Windows has no SIGHUP
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:  # nohup ignores it
            signal.signal(number, stop)


def _forget_stdout() -> None:
    """Python flushes stdout once more as it ends, and would complain there."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
