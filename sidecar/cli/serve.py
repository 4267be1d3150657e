"""`sotto serve`: a sidecar in the foreground, for a person's programs to join."""

from __future__ import annotations

from contextlib import suppress

from sidecar.app import serve
from sidecar.cli import plain
from sidecar.cli.connect import own_settings
from sidecar.cli.waiting import waiting
from sidecar.config import ConfigError
from sidecar.host.paths import data_dir, private_dir
from sidecar.parts import JOURNAL
from sidecar.session.journal import Journal


def serve_in_foreground() -> int:
    """Serve until Ctrl-C. Returns the exit code."""
    return serve(own_settings(), on_ready=_announce)


def _announce(address: str) -> None:
    plain.put(f"Listening at {address}\nPress Ctrl-C to stop.\n")
    with suppress(ConfigError, OSError):  # whoever dictates is told
        folder = data_dir(own_settings().data_dir) / JOURNAL
        sentence = waiting(Journal(private_dir(folder)).recordings()) if folder.is_dir() else None
        if sentence:
            plain.say(sentence)
