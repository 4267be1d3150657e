"""The held-out clips that tests listen to: `python -m tests.tiny.clips tests/data/tiny-speech`.

Short clips of each held-out set, long ones of 10 to 25 s with pauses (so that they cross
the encoder's windows of 8 s), and one of noise alone; Opus of 16 kHz mono, with a line of
`manifest.jsonl` for each. Word times come from the synthesizers.
"""

from __future__ import annotations

import argparse
import json
import random
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import soundfile

from tests.tiny import augmentation as change
from tests.tiny.augmentation import Clip
from tests.tiny.recognition import held_out, padded
from tests.tiny.speech import RATE_HZ

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.tiny.speech import Spoken

N_SHORT: Final = 14  # of each set
COMPRESSION: Final = 0.87  # 5 kB/s; 0 is the best sound
LONG_S: Final = (11, 14, 18, 23)
ROOM_DB: Final = 50  # quiet noise below the speech, as every room has


def clips(seed: int = 20) -> Iterator[tuple[str, str, str, Clip]]:
    """Name, voice, language and content of each clip."""
    rng, noise = random.Random(seed), np.random.default_rng(seed)
    drawn = held_out(N_SHORT + 24, seed)
    for name in ("espeak", "festival", "german"):
        spoken: Sequence[Spoken] = getattr(drawn, name)
        for at, one in enumerate(spoken[:N_SHORT]):
            clip = _in_a_quiet_room(padded(one), noise)
            yield f"{name}-{at:02d}", str(one.voice), one.line.language, clip
    rest = {"espeak": list(drawn.espeak[N_SHORT:]), "festival": list(drawn.festival[N_SHORT:])}
    for at, seconds in enumerate(LONG_S):
        name = ("festival", "espeak")[at % 2]
        clip = _in_a_quiet_room(_long(rest[name], seconds, rng), noise)
        yield f"long-{name}-{seconds}s", name, "English", clip
    sound = change.at_level(change.noise(4 * RATE_HZ, noise), 0.1)
    yield "noise", "none", "None", Clip(sound, ())


def _long(pool: list[Spoken], seconds: float, rng: random.Random) -> Clip:
    """Lines joined with pauses of half a second to one and a half, until it is long enough."""
    chosen: list[Clip] = []
    while sum(clip.seconds + 1 for clip in chosen) < seconds:
        chosen.append(change.clip_of(pool.pop()))
    return change.joined(chosen, [0.4, *(rng.uniform(0.5, 1.5) for _ in chosen[1:]), 0.4])


def _in_a_quiet_room(clip: Clip, rng: np.random.Generator) -> Clip:
    sound = change.noise(len(clip.samples), rng)
    return Clip(change.at_level(change.with_noise(clip.samples, sound, ROOM_DB), 0.5), clip.words)


def write(folder: Path) -> None:
    """Write the clips and their manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    entries: list[dict[str, Any]] = []
    for name, voice, language, clip in clips():
        file = f"{name}.ogg"
        soundfile.write(
            folder / file, clip.samples, RATE_HZ, subtype="OPUS", compression_level=COMPRESSION
        )
        entry = {"file": file, "voice": voice, "language": language, "text": clip.text}
        times = [
            asdict(word) | {"start_s": round(word.start_s, 3), "end_s": round(word.end_s, 3)}
            for word in clip.words
        ]
        entries.append({**entry, "seconds": round(clip.seconds, 3), "words": times})
    lines = (json.dumps(entry, ensure_ascii=False) for entry in entries)
    (folder / "manifest.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    write(parser.parse_args().folder)
