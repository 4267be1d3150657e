"""Killing what works on a dictation, and counting how often its text is the same after all."""

from __future__ import annotations

import io
import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import numpy as np
import soundfile as sf

from benchmarks._processes import family
from benchmarks._replayer import Chunk, chunks
from benchmarks._wire import Sidecar, running
from sidecar.domain import SAMPLE_RATE_HZ
from sidecar.errors import SidecarRestartedError
from sidecar.text.units import split_units, unit_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sidecar.domain import Samples

SAMPLE_BYTES = 2
CHUNK = SAMPLE_RATE_HZ // 10


async def worker_kills(sidecar: Sidecar, samples: Samples, n_kills: int, seed: int = 0) -> int:
    """Kill the worker at a random moment of each of so many dictations.

    Returns:
        In how many the text is that of a dictation in which nobody was killed. Texts are
        compared by word: a comma depends on when a pass was made.
    """
    random = Random(seed)
    n_chunks = sum(1 for _ in chunks(samples))
    undisturbed = await _dictated(sidecar, samples, None)
    moments = [random.randrange(n_chunks) for _ in range(n_kills)]
    return sum([await _dictated(sidecar, samples, n) == undisturbed for n in moments])


@dataclass(frozen=True, slots=True)
class Crime:
    """Killing sidecars.

    Attributes:
        folder: for what they leave behind.
        env: of the sidecars.
        engine: with which.
        n_kills: how many.
        seed: of the moments.
    """

    folder: Path
    env: Mapping[str, str]
    engine: str
    n_kills: int
    seed: int = 0


async def sidecar_kills(crime: Crime, samples: Samples) -> int:
    """Kill the sidecar at random moments of dictations, and let the next one recover them.

    Returns:
        In how many all that was acknowledged is there, with the text that a recording of
        as much has.
    """
    random = Random(crime.seed)
    counts = [max(1, round(random.random() * len(samples) / CHUNK)) for _ in range(crime.n_kills)]
    return sum(
        [
            await _recovered(crime, crime.folder / f"kill-{n}", [*chunks(samples)][:n_chunks])
            for n, n_chunks in enumerate(counts)
        ]
    )


async def _dictated(sidecar: Sidecar, samples: Samples, killed_after: int | None) -> list[str]:
    async with sidecar.client.dictate() as dictation:
        for n, chunk in enumerate(chunks(samples)):
            await dictation.room()
            dictation.push(chunk.pcm)
            if n == killed_after:
                await dictation.drained()
                _kill(family(sidecar.pid)[1:])
        final = await dictation.close()
    return [key for unit in split_units(final.text) if (key := unit_key(unit))]


async def _recovered(crime: Crime, folder: Path, wanted: Sequence[Chunk]) -> bool:
    with suppress(SidecarRestartedError):
        async with (
            running(folder, crime.engine, crime.env) as sidecar,
            sidecar.client.dictate() as dictation,
        ):
            for chunk in wanted:
                await dictation.room()
                dictation.push(chunk.pcm)
            await dictation.drained()
            _kill([sidecar.pid])
    async with running(folder, crime.engine, crime.env) as sidecar:
        [kept] = await sidecar.client.recordings()
        recovered = await sidecar.client.recover(kept.name)
        said = b"".join(chunk.pcm for chunk in wanted)
        again = await sidecar.client.transcribe(_wav(said))
    whole = round(kept.audio_s * SAMPLE_RATE_HZ) * SAMPLE_BYTES == len(said)
    return whole and recovered.text == again.text


def _wav(pcm: bytes) -> bytes:
    file = io.BytesIO()
    sf.write(file, np.frombuffer(pcm, "<i2"), SAMPLE_RATE_HZ, format="WAV", subtype="PCM_16")
    return file.getvalue()


def _kill(pids: list[int]) -> None:
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
