"""Logs: one JSON object per line on stderr, without content by construction.

An entry is the name of an event and facts that are numbers or short tokens (an engine's
name, an error kind). Anything else is written as "-". So no text that was spoken, no path
and no key can get into a log, whoever calls. Errors log where they happened and their
type, never their message, which may quote what was said.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import re
import sys
import time
import traceback
from pathlib import Path
from typing import TextIO, TypeAlias

import msgspec

TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:$-]{0,47}")
KEEP_FRAMES = 20

Fact: TypeAlias = str | int | float | bool | None


class EventLog:
    """Writes entries of at least `level`. Safe from any thread."""

    def __init__(self, stream: TextIO | None = None, level: str = "info") -> None:
        self._stream = stream
        self._level = _rank(level)

    def debug(self, event: str, **facts: Fact) -> None:
        """What only somebody who looks for a fault wants to know."""
        self._write("debug", event, facts)

    def info(self, event: str, **facts: Fact) -> None:
        """What happens in the normal course."""
        self._write("info", event, facts)

    def warning(self, event: str, **facts: Fact) -> None:
        """What a person may have to look into."""
        self._write("warning", event, facts)

    def fault(self, event: str, error: BaseException, **facts: Fact) -> str:
        """An error of ours, with where it happened. Returns the id of the entry."""
        log_id = os.urandom(4).hex()
        frames = traceback.extract_tb(error.__traceback__)[-KEEP_FRAMES:]
        entry = {
            **_clean(facts),
            "log_id": log_id,
            "type": type(error).__name__,
            "where": [f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in frames],
        }
        self._emit("error", event, entry)
        return log_id

    def _write(self, level: str, event: str, facts: dict[str, Fact]) -> None:
        if _rank(level) >= self._level:
            self._emit(level, event, _clean(facts))

    def _emit(self, level: str, event: str, entry: dict[str, object]) -> None:
        head = {"t": round(time.time(), 3), "level": level, "ev": _token(event)}
        line = msgspec.json.encode({**head, **entry}).decode() + "\n"
        try:
            stream = self._stream or sys.stderr
            stream.write(line)
            stream.flush()
        except (OSError, ValueError):
            pass  # whoever read our log is gone; that is no reason to fail


class _Bridge(logging.Handler):
    """What libraries say through `logging`: who, where and which type, not the message."""

    def __init__(self, log: EventLog) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Called by `logging`."""
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            self._log.fault("library", error, logger=record.name)
        else:
            self._log.warning("library", logger=record.name, line=record.lineno)


def start_logging(level: str) -> EventLog:
    """Log to stderr from now on; crashes of the interpreter go there too."""
    log = EventLog(level=level)
    faulthandler.enable()
    _forbid_core_dumps()
    logging.basicConfig(handlers=[_Bridge(log)], level=logging.WARNING, force=True)
    return log


def _forbid_core_dumps() -> None:
    """A core file would hold audio and keys."""
    try:
        import resource
    except ImportError:  # Windows writes none by default
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _clean(facts: dict[str, Fact]) -> dict[str, object]:
    return {name: _token(fact) if isinstance(fact, str) else fact for name, fact in facts.items()}


def _token(text: str) -> str:
    return text if TOKEN.fullmatch(text) else "-"


def _rank(level: str) -> int:
    return ("debug", "info", "warning", "error").index(level)
