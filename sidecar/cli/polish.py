"""`sotto polish`: a text goes in and comes out clean, or as it was."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import typer

from sidecar.cli import plain
from sidecar.cli.connect import any_sidecar
from sidecar.errors import LlmBadOutputError
from sidecar.llm.options import LlmService, PolishOptions
from sidecar.rpc.client import run
from sidecar.rpc.polish_calls import polish

KEY = "SOTTO_LLM_KEY"  # not an option: other users see the arguments of programs
EXIT_AS_IT_WAS = 3
MAX_CHARS = 65_536
AT_LEAST_S = 60.0
PER_PIECE_S = 30.0


@dataclass(frozen=True, slots=True)
class Request:
    """Who cleans, and what is known of the text."""

    url: str
    model: str
    language: str | None = None
    hotwords: tuple[str, ...] = ()


def read_text(file: str) -> str:
    """The text of a file, or of stdin for "-".

    Raises:
        typer.BadParameter: it is no text, or too long.
        OSError: it cannot be read.
    """
    raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise typer.BadParameter("Give a text in UTF-8.") from None
    if len(text) > MAX_CHARS:
        raise typer.BadParameter(f"Give at most {MAX_CHARS} characters at a time.")
    return text


def polish_text(text: str, request: Request) -> int:
    """Print the clean text; what cannot be cleaned is printed as it was. The exit code."""
    if not text.strip():
        plain.put(text)
        return 0
    try:
        clean = run(_ask(text, request))
    except LlmBadOutputError as error:
        plain.put(text)
        plain.say(f"{error.message} ({error.detail})")
        return EXIT_AS_IT_WAS
    except BaseException:  # also Ctrl-C: it may have come through a pipe and be nowhere else
        plain.put(text)
        raise
    plain.put(f"{clean}\n")
    return 0


async def _ask(text: str, request: Request) -> str:
    service = LlmService(request.url, request.model, os.environ.get(KEY, ""))
    async with any_sidecar() as client:
        return await polish(
            client,
            text,
            service,
            language=request.language or "",
            hotwords=request.hotwords,
            timeout_s=AT_LEAST_S + len(text) / PolishOptions().piece_chars * PER_PIECE_S,
        )
