"""Transcribe recordings with Sotto from a program of your own.

    python examples/minimal_client.py speech.wav [more.mp3 ...]

Joins the sidecar that runs already (`sotto serve`, the app), or starts a private one that
ends with this program.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sidecar.domain import Segment, TranscriptionEvent
from sidecar.errors import SottoError
from sidecar.host.connection import read_connection
from sidecar.host.launch import launch_sidecar
from sidecar.host.paths import runtime_dir
from sidecar.rpc.auth import new_key_pair
from sidecar.rpc.client import Client, run


@asynccontextmanager
async def sotto() -> AsyncIterator[Client]:
    """A client of the running sidecar, or of one of our own."""
    published = read_connection(runtime_dir())
    if published is not None:
        async with await Client.connect(published, name="minimal-client") as client:
            yield client
        return
    keys = new_key_pair()  # only the public half ever leaves this process
    sidecar, info = launch_sidecar(keys.public, keys.secret)
    with sidecar:
        async with await Client.connect(info, name="minimal-client") as client:
            yield client


def show(event: TranscriptionEvent) -> None:
    """Print a piece of text as soon as it is final."""
    if isinstance(event, Segment):
        print(f"{event.start_s:7.2f} s  {event.text}", flush=True)


async def main(files: list[str]) -> None:
    """Transcribe one file after the other."""
    async with sotto() as client:
        for file in files:
            transcript = await client.transcribe(Path(file), on_event=show)
            timings = transcript.timings
            print(f"{file}: {timings.audio_s:.1f} s of audio in {timings.total_s:.1f} s")


if __name__ == "__main__":
    try:
        run(main(sys.argv[1:]))
    except (OSError, SottoError) as error:
        sys.exit(f"{error}")
