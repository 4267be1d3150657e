"""Where recordings come from and where their transcripts go.

Everything that can be refused is refused before any work is done, and a file is written
whole or not at all.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import typer

from sidecar.text.formats import Format

STDIN = "-"
MAX_PIPED_BYTES = 1 << 30  # is held in memory; 9 hours of 16-bit samples at 16 kHz


@dataclass(frozen=True, slots=True)
class Job:
    """One recording: what to call it, where it is, where its transcript goes.

    `source` None means stdin; `target` None means stdout.
    """

    name: str
    source: Path | None
    target: Path | None

    def read(self) -> bytes | Path:
        """The path of a file that can be read, or all bytes of stdin or another pipe.

        Raises:
            OSError: there is no such file, it may not be read, or too much is piped in.
        """
        if self.source is None:
            return _read_pipe(sys.stdin.buffer)
        with self.source.open("rb") as file:
            return self.source if self.source.is_file() else _read_pipe(file)


def plan(files: Sequence[str], form: Format, output: str | None, *, force: bool) -> list[Job]:
    """Decide where each transcript goes.

    Raises:
        typer.BadParameter: the request makes no sense, or would overwrite something.
    """
    _check_sources(files)
    targets = _targets(files, form, output)
    for target in targets:
        if target is not None:
            _check_target(target, files, force=force)
    return [
        Job(_printable(name), None if name == STDIN else Path(name), target)
        for name, target in zip(files, targets, strict=True)
    ]


def write_whole(target: Path, text: str) -> None:
    """Write a file in UTF-8 so that it is there completely or not at all.

    Raises:
        OSError: it cannot be written; an older file of that name is untouched.
    """
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with unfinished.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def _read_pipe(pipe: BinaryIO) -> bytes:
    """All that comes, which may never end."""
    held = io.BytesIO()
    while piece := pipe.read(1 << 20):
        held.write(piece)
        if held.tell() > MAX_PIPED_BYTES:
            most = MAX_PIPED_BYTES >> 20
            raise OSError(errno.EFBIG, f"more than {most} MiB; save it as a file and give its name")
    return held.getvalue()


def _check_sources(files: Sequence[str]) -> None:
    if files.count(STDIN) > 1:
        raise typer.BadParameter("- (standard input) can be given only once.")
    if STDIN in files and sys.stdin.isatty():
        raise typer.BadParameter(
            "- reads a recording from standard input, but nothing is piped in. "
            "Give a file, or pipe one: sotto transcribe - < talk.wav"
        )


def _targets(files: Sequence[str], form: Format, output: str | None) -> list[Path | None]:
    if output is None:
        if len(files) > 1 and form in (Format.SRT, Format.VTT):
            raise typer.BadParameter(
                "Subtitles of several recordings cannot share one stream. Give --output FOLDER."
            )
        return [None] * len(files)
    folder = output.endswith(("/", os.sep)) or len(files) > 1 or Path(output).is_dir()
    return list(_in_folder(files, form, Path(output))) if folder else [Path(output)]


def _in_folder(files: Sequence[str], form: Format, folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise typer.BadParameter(f"The folder {folder} does not exist. Make it first.")
    names = ["stdin" if name == STDIN else Path(name).stem for name in files]
    twice = [name for name, n in Counter(names).items() if n > 1]
    if twice:
        raise typer.BadParameter(
            f"Two recordings would both be written to {twice[0]}.{form}. Give them one by one."
        )
    return [folder / f"{name}.{form}" for name in names]


def _check_target(target: Path, files: Sequence[str], *, force: bool) -> None:
    if not target.parent.is_dir():
        raise typer.BadParameter(f"The folder {target.parent} does not exist. Make it first.")
    if not target.exists():
        return
    if not target.is_file():
        raise typer.BadParameter(f"{target} is not a file. Leave --output out to use stdout.")
    if any(name != STDIN and Path(name).exists() and target.samefile(name) for name in files):
        raise typer.BadParameter(f"{target} is the recording itself. Give another --output.")
    if not force:
        raise typer.BadParameter(f"{target} exists. Add --force to replace it.")


def _printable(name: str) -> str:
    """The name as UTF-8 text; file names may hold any bytes."""
    return os.fsencode(name).decode("utf-8", "replace")
