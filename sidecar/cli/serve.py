"""`sotto serve`: a sidecar in the foreground, for a person's programs to join."""

from __future__ import annotations

from sidecar.app import serve
from sidecar.cli import plain
from sidecar.cli.connect import own_settings


def serve_in_foreground() -> int:
    """Serve until Ctrl-C. Returns the exit code."""
    return serve(own_settings(), on_ready=_announce)


def _announce(address: str) -> None:
    plain.put(f"Listening at {address}\nPress Ctrl-C to stop.\n")
