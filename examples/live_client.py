"""Dictate to Sotto from a program of your own: text comes while audio still goes.

    python examples/live_client.py speech.wav

The file stands for a microphone. A private sidecar is started, which ends with this program.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator

import soundfile as sf

from sidecar.domain import Commit, LiveEvent, Partial, Trouble
from sidecar.errors import SottoError
from sidecar.host.launch import launch_sidecar
from sidecar.rpc.auth import new_key_pair
from sidecar.rpc.client import Client, Dictation, run

CHUNK_MS = 100


def show(event: LiveEvent) -> None:
    """Print text once it stays; show on stderr what may still change, and what goes wrong."""
    match event:
        case Commit(text=text):
            print(text, end="", flush=True)
        case Partial(text=text):
            print(f"\r...{text}", end="", file=sys.stderr, flush=True)
        case Trouble(message=message):
            print(message, file=sys.stderr)


async def chunks_of(file: sf.SoundFile, dictation: Dictation) -> AsyncIterator[bytes]:
    """The file's first channel as 16-bit PCM, as fast as the sidecar takes it."""
    for block in file.blocks(file.samplerate * CHUNK_MS // 1000, dtype="int16", always_2d=True):
        await dictation.room()  # a microphone sets the pace itself: it needs no room
        yield block[:, 0].tobytes()


async def main(path: str) -> None:
    """Dictate what is in a file."""
    keys = new_key_pair()  # only the public half ever leaves this process
    sidecar, info = launch_sidecar(keys.public, keys.secret)
    with sidecar, sf.SoundFile(path) as file:
        client = await Client.connect(info, name="live-client")
        async with client, client.dictate(rate_hz=file.samplerate, on_event=show) as dictation:
            async for chunk in chunks_of(file, dictation):
                dictation.push(chunk)
    if dictation.final is not None:
        timings = dictation.final.timings
        print(f"\n{path}: {timings.audio_s:.1f} s of audio in {timings.total_s:.1f} s")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        run(main(sys.argv[1]))
    except (OSError, SottoError, sf.LibsndfileError) as error:
        sys.exit(f"{error}")
