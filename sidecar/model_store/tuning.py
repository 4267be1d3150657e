"""How models run best on this machine, as `sotto bench` has measured it.

`tuning.json` lies beside a manifest and goes with the model, `weights.json` among the models
and is about those still to be made. Without them, with one that is damaged, or with one of a
machine with another number of cores, defaults are used.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias, TypeVar

import msgspec
from msgspec import Meta

from sidecar.model_store.manifest import DecoderKind, EncoderKind

FILE: Final = "tuning.json"
WEIGHTS: Final = "weights.json"
FORMAT: Final = 1
MAX_BYTES: Final = 1 << 16
TRIAL: Final = "SOTTO_TUNING_TRIAL"
"""A variable that holds what the file would hold, and counts instead of it: for measuring."""

_log = logging.getLogger(__name__)

T = TypeVar("T")

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


class Weights(msgspec.Struct, frozen=True, kw_only=True):
    """How the weights of new models are kept.

    Attributes:
        cores: physical ones of the machine that was measured.
        encoder: of the audio tower.
        decoder: of the decoder.
    """

    format: Literal[1] = FORMAT
    cores: _Cores
    encoder: EncoderKind
    decoder: DecoderKind


# Made here: msgspec crashes where two threads are the first to decode a type.
_TUNING = msgspec.json.Decoder(Tuning)
_WEIGHTS = msgspec.json.Decoder(Weights)


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
    found = _parsed(trial.encode() if trial else _content(folder / FILE), _TUNING)
    return found if found is not None and found.cores == cores else None


def read_weights(models: Path, cores: int) -> Weights | None:
    """How new models are best kept here, or None where that was not measured.

    Args:
        models: the folder of all models.
        cores: physical cores of this machine.
    """
    found = _parsed(_content(models / WEIGHTS), _WEIGHTS)
    return found if found is not None and found.cores == cores else None


def write_tuning(folder: Path, tuning: Tuning) -> None:
    """Keep how the model in a folder runs best.

    Raises:
        OSError: it cannot be written.
    """
    _put(folder / FILE, tuning)


def write_weights(models: Path, weights: Weights) -> None:
    """Keep how new models are best kept.

    Raises:
        OSError: it cannot be written.
    """
    _put(models / WEIGHTS, weights)


def _put(path: Path, measured: Tuning | Weights) -> None:
    """Put the file in place in one step."""
    fresh = path.with_name(f"{path.name}.new")
    try:
        fresh.write_bytes(msgspec.json.format(msgspec.json.encode(measured), indent=2) + b"\n")
        fresh.replace(path)
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


def _parsed(content: bytes, decoder: msgspec.json.Decoder[T]) -> T | None:
    if not content:
        return None
    try:
        return decoder.decode(content)
    except (msgspec.DecodeError, RecursionError):
        _log.warning("what was measured here cannot be read; run `sotto bench` again")
        return None
