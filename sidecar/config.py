"""What a sidecar is told at its start, checked once and frozen.

Two sources: `SOTTO_*` variables of the environment, and the one line of JSON that a
supervising parent writes on stdin. The line wins. Keys travel only in the line, and only
public ones: an environment is inherited by every child.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAX_LINE_BYTES = 65_536
ENGINE_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
PUBLIC_KEY = re.compile(r"[0-9a-zA-Z.\-:+=^!/*?&<>()\[\]{}@%$#]{40}")  # Z85 of 32 bytes
LOG_LEVELS = ("debug", "info", "warning", "error")
TRANSPORTS = ("auto", "ipc", "tcp")
PATHS = ("runtime_dir", "data_dir", "model_catalogue")
TEXTS = (*PATHS, "engine", "log_level", "transport", "model_source")
NUMBERS = ("keep_finished_days", "keep_interrupted_days", "keep_max_mb")
MOST = 1_000_000  # of any number: more is a slip


class ConfigError(Exception):
    """The settings cannot be used; the message says which and what to do. Exit code 78."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How one sidecar runs.

    Attributes:
        owner_key: Z85 public key of the parent that supervises us; None when nobody does.
        runtime_dir: where sockets and the connection file go; None for the usual place.
        data_dir: where uploads wait; None for the usual place.
        engine: the default engine's name; None for the best that is installed.
        log_level: one of `LOG_LEVELS`.
        transport: "ipc", "tcp" (loopback), or "auto" for what suits the system.
        model_catalogue: a file with the models that can be installed; None for our own.
        model_source: where models come from; "" for where the catalogue says.
        publish: write a connection file, so that other programs of this user can join.
        keep_finished_days: how long the journal keeps recordings of dictations that came to
            their end; 0 deletes them there and then.
        keep_interrupted_days: how long it keeps those of dictations that did not.
        keep_max_mb: how much it keeps in all, in MiB.
    """

    owner_key: str | None = None
    runtime_dir: Path | None = None
    data_dir: Path | None = None
    engine: str | None = None
    log_level: str = "info"
    transport: str = "auto"
    model_catalogue: Path | None = None
    model_source: str = ""
    publish: bool = True
    keep_finished_days: float = 0.0
    keep_interrupted_days: float = 30.0
    keep_max_mb: float = 4096.0

    def __post_init__(self) -> None:
        if self.owner_key is not None:
            _must_match("public_key", self.owner_key, PUBLIC_KEY, "40 characters of Z85")
        if self.engine is not None:
            _must_match("engine", self.engine, ENGINE_NAME, "a name such as builtin")
        _must_be_one_of("log_level", self.log_level, LOG_LEVELS)
        _must_be_one_of("transport", self.transport, TRANSPORTS)
        for name in NUMBERS:
            if not 0 <= getattr(self, name) <= MOST:
                raise ConfigError(f"The setting {name} must be from 0 to {MOST}.")


def settings_from_environment(environment: Mapping[str, str]) -> Settings:
    """Settings of a sidecar that a person started.

    >>> settings_from_environment({"SOTTO_ENGINE": "builtin"}).engine
    'builtin'

    Raises:
        ConfigError: a variable has a value that cannot be used.
    """
    return Settings(**_from_environment(environment))


def settings_from_parent(line: bytes, environment: Mapping[str, str]) -> Settings:
    """Settings of a supervised sidecar: the parent's line over the environment.

    Raises:
        ConfigError: the line is not one JSON object with a public key, or a value is wrong.
    """
    given = _parse(line)
    if "public_key" not in given:
        raise ConfigError("The first line on stdin has no public_key: send the parent's own.")
    values = _from_environment(environment)
    for name, value in given.items():
        _take(values, name, value)
    return Settings(**values)


def _parse(line: bytes) -> dict[str, Any]:
    try:
        given = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise ConfigError("The first line on stdin must be one JSON object with a public_key.")
    return given


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in (*TEXTS, *NUMBERS):
        value = environment.get(f"SOTTO_{name.upper()}")
        if value:
            _take(values, name, value)
    return values


def _take(values: dict[str, Any], name: str, value: object) -> None:
    """Convert one setting. Unknown names are left out: a newer parent may send more."""
    if name == "publish":
        if not isinstance(value, bool):
            raise ConfigError("The setting publish must be true or false.")
        values[name] = value
    elif name in NUMBERS:
        values[name] = _number(name, value)
    elif name in ("public_key", *TEXTS):
        if not isinstance(value, str) or not value:
            raise ConfigError(f"The setting {name} must be a text that is not empty.")
        _take_text(values, name, value)


def _take_text(values: dict[str, Any], name: str, value: str) -> None:
    if name == "public_key":
        values["owner_key"] = value
    elif name in PATHS:
        if not Path(value).is_absolute():
            raise ConfigError(f"The setting {name} must be an absolute path.")
        values[name] = Path(value)
    else:
        values[name] = value


def _number(name: str, value: object) -> float:
    """A number, which a variable of the environment gives as text."""
    try:
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return float(value)
    except (ValueError, OverflowError):
        pass
    raise ConfigError(f"The setting {name} must be a number.")


def _must_match(name: str, value: str, pattern: re.Pattern[str], wanted: str) -> None:
    if not pattern.fullmatch(value):
        raise ConfigError(f"The setting {name} is not usable: it must be {wanted}.")


def _must_be_one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ConfigError(f"The setting {name} must be one of {', '.join(allowed)}.")
