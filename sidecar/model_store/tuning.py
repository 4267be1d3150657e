"""How a model runs best on this machine, as `sotto bench` has measured it: `tuning.json`.

The file lies beside the manifest and goes with the model. Without it, with one that is
damaged, or with one of a machine with another number of cores, engines use their defaults.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta

FILE: Final = "tuning.json"
FORMAT: Final = 1
MAX_BYTES: Final = 1 << 16
TRIAL: Final = "SOTTO_TUNING_TRIAL"
"""A variable that holds what the file would hold, and counts instead of it: for measuring."""

_log = logging.getLogger(__name__)

Mode: TypeAlias = Literal["live", "finals", "batch"]
"""What the machine keeps up with: live text; text at each pause; recordings alone."""
_Cores = Annotated[int, Meta(ge=1, le=4096)]
_Seconds = Annotated[float, Meta(ge=0, le=86_400)]


class Speed(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured.

    Attributes:
        load_s: from the start of a worker until it is ready.
        final_s: end of 10 s of speech to their text, with nothing heard before the end.
        partial_s: a pass over speech of up to 10 s of which all but the last second is known.
        interval_s: between the live texts of a dictation at that speed.
        mode: what that is enough for.
    """

    load_s: _Seconds
    final_s: _Seconds
    partial_s: _Seconds
    interval_s: _Seconds
    mode: Mode

    @property
    def rtf(self) -> float:
        """Seconds of work for a second of speech."""
        return self.final_s / SPEECH_S


SPEECH_S: Final = 10.0


class Tuning(msgspec.Struct, frozen=True, kw_only=True):
    """How a model is run.

    Attributes:
        cores: physical ones of the machine that was measured.
        threads: how many compute.
        provider: who computes the audio encoder, by its name in ONNX Runtime.
        prefill: whether the model's own graph takes audio in, rather than llama.cpp.
        speed: what was measured with these; None in a trial.
    """

    format: Literal[1] = FORMAT
    cores: _Cores
    threads: _Cores
    provider: Annotated[str, Meta(min_length=1, max_length=64)]
    prefill: bool
    speed: Speed | None = None


# Made here: msgspec crashes where two threads are the first to decode a type.
_DECODER = msgspec.json.Decoder(Tuning)


def read_tuning(
    folder: Path, cores: int, environment: Mapping[str, str] = os.environ
) -> Tuning | None:
    """How the model in a folder runs best here, or None where that was not measured.

    Args:
        folder: of the model.
        cores: physical cores of this machine.
        environment: where a trial is looked for.
    """
    trial = environment.get(TRIAL)
    found = _parsed(trial.encode()) if trial else _parsed(_content(folder / FILE))
    return found if found is not None and found.cores == cores else None


def write_tuning(folder: Path, tuning: Tuning) -> None:
    """Put the file in place in one step.

    Raises:
        OSError: it cannot be written.
    """
    fresh = folder / f"{FILE}.new"
    try:
        fresh.write_bytes(msgspec.json.format(msgspec.json.encode(tuning), indent=2) + b"\n")
        fresh.replace(folder / FILE)
    finally:
        with contextlib.suppress(OSError):
            fresh.unlink()


def as_trial(tuning: Tuning) -> str:
    """What the variable `TRIAL` is to hold."""
    return msgspec.json.encode(tuning).decode()


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES)
    except OSError:
        return b""


def _parsed(content: bytes) -> Tuning | None:
    if not content:
        return None
    try:
        return _DECODER.decode(content)
    except (msgspec.DecodeError, RecursionError):
        _log.warning("what was measured of a model cannot be read; run `sotto bench` again")
        return None
