"""Having a checkpoint converted by a process of its own, which needs much memory for a while.

The process says how far it is as lines of JSON on stdout:

    {"phase": "converting", "done": 1048576, "total": 4194304}
    {"error": {"kind": "LOAD_FAILED", "message": "..."}}      the last line, if it fails

It ends with code 0 once the model's folder, which it makes, is complete; and early when its
stdin ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
import threading
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final, Literal, TypeAlias

import msgspec

from sidecar.errors import BY_KIND, InternalError, OutOfMemoryError, SottoError
from sidecar.host import program
from sidecar.model_store.progress import ModelProgress, OnProgress
from sidecar.model_store.tuning import Weights

Convert: TypeAlias = Callable[[Path, Path, str, OnProgress], Awaitable[None]]
"""Makes a model's folder (the second, not there yet) of a checkpoint (the first) under an id,
and says how far it is. Cancelling ends it. Raises SottoError where it cannot be done."""

_SIGKILL: int = getattr(signal, "SIGKILL", 9)  # Windows has none, and never answers -9
_NO_CONSOLE_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # only Windows has it


DEFAULT: Final = Weights(cores=1, encoder="int8", decoder="q4_k")
"""What suits most machines."""


class _Complaint(msgspec.Struct):
    kind: str = ""
    message: str = ""


class _Line(msgspec.Struct):
    phase: Literal["converting", "checking"] = "converting"
    done: int = 0
    total: int | None = None
    error: _Complaint | None = None


def convert_command(
    checkpoint: Path, folder: Path, model: str, weights: Weights | None = None
) -> list[str]:
    """The command line that converts with what a machine does well with.

    Args:
        checkpoint: what to convert.
        folder: to make.
        model: its id.
        weights: how they are to be kept; None for what suits most machines.
    """
    kinds = weights or DEFAULT
    options = ("--encoder", kinds.encoder, "--decoder", kinds.decoder, "--progress", "json")
    return program.command("convert", str(checkpoint), str(folder), "--id", model, *options)


class ConvertProcess:
    """A `Convert` that starts a command.

    Args:
        command: makes its line of what a `Convert` is told.
        leave_s: how long it may take to end once it was asked to.
    """

    def __init__(
        self,
        command: Callable[[Path, Path, str], Sequence[str]] = convert_command,
        leave_s: float = 3.0,
    ) -> None:
        self._command = command
        self._leave_s = leave_s

    async def __call__(
        self, checkpoint: Path, folder: Path, model: str, on_progress: OnProgress
    ) -> None:
        """Convert it; ends when the process is gone, also if cancelled."""
        on_progress(ModelProgress("converting"))
        run = _Run(self._command(checkpoint, folder, model), on_progress)
        try:
            await run.ended.wait()
        finally:
            await asyncio.shield(asyncio.to_thread(run.end, self._leave_s))
        run.check()


class _Run:
    """One process, with a thread that reads what it says."""

    def __init__(self, command: Sequence[str], on_progress: OnProgress) -> None:
        self.ended = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._on_progress = on_progress
        self._error: _Complaint | None = None
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a library's traceback would carry paths into our log
            creationflags=_NO_CONSOLE_WINDOW,
        )
        threading.Thread(target=self._read, name="from-convert", daemon=True).start()

    def end(self, leave_s: float) -> None:
        """End it, more and more firmly, if it has not ended by itself. Blocks meanwhile."""
        process = self._process
        assert process.stdin is not None
        with contextlib.suppress(OSError):
            process.stdin.close()
        if not self.ended.is_set():
            process.terminate()
        try:
            process.wait(leave_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def check(self) -> None:
        """Raise what went wrong with it, if anything did."""
        code = self._process.wait()
        if code == 0 and self._error is None:
            return
        if code == -_SIGKILL:
            raise OutOfMemoryError(
                "The conversion was ended by the system, as it does when memory runs out: close"
                " other programs and install again."
            )
        raise self._what_it_said()

    def _what_it_said(self) -> SottoError:
        said = self._error or _Complaint()
        if said.kind in BY_KIND:
            return BY_KIND[said.kind](said.message)
        return InternalError(
            "The conversion failed: install again, and please report it if it fails again."
        )

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                with contextlib.suppress(msgspec.DecodeError, RuntimeError):
                    said = msgspec.json.decode(line, type=_Line)
                    self._loop.call_soon_threadsafe(self._take, said)
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self.ended.set)

    def _take(self, said: _Line) -> None:
        self._error = said.error
        if said.error is None:
            self._on_progress(ModelProgress(said.phase, said.done, said.total))
