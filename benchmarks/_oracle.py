"""An engine that knows what is said, and hears it as a good model would while it is spoken.

The built-in engine mishears so much that its partials say little about a policy. This one
knows every recording's reference. Its final passes are right. Partial passes leave the word
that is being spoken out or mistake it, mistake some of the last 0.8 s, and no two mistakes
are alike; a comma comes and goes in the last 2 s. That is how Whisper-like models waver near
the end of the audio, if a little more often than good ones: how much text flickers with this
engine says something beside another policy only. What it is given is found in the recordings
sample by sample, so anything that drives an engine can drive it.

`install` makes it known to whatever is started with the environment that it gives.
"""

from __future__ import annotations

import json
import os
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import ClassVar

import numpy as np

from sidecar.domain import SAMPLE_RATE_HZ, Hypothesis, Samples, Word
from sidecar.engine.base import Abort, Ask, Capabilities, SegmentOptions
from sidecar.errors import CancelledError
from sidecar.text.spacing import join_pieces
from sidecar.text.units import split_units, unit_key

NAME = "oracle"
VARIABLE = "SOTTO_ORACLE"  # where what it knows is
UNHEARD = 0.8  # words that have not ended are left out so often, or else mistaken
UNSETTLED_S, MISTAKEN = 0.8, 0.08  # words that ended so lately are mistaken so often
UNSTYLED_S, STYLED = 2.0, 0.05  # words that ended so lately have a comma so often
ANCHOR = 1600  # samples by which audio is found again
LETTERS = "bcdfgjklmpqxz"


@dataclass(frozen=True, slots=True)
class Known:
    """A recording, shape (n,), mono 16 kHz float32, and the words in it with their times."""

    samples: Samples
    words: tuple[Word, ...]


def spread(text: str, speech: Sequence[tuple[int, int]]) -> tuple[Word, ...]:
    """The units of a reference over the samples where there is speech, by their letters.

    References have no times; where speakers are even these are right within a word or two.
    """
    units = [unit for unit in split_units(text) if unit_key(unit)]
    lengths = np.array([len(unit_key(unit)) + 1 for unit in units], float)
    edges = np.concatenate(([0.0], np.cumsum(lengths) / lengths.sum())) if units else np.zeros(1)
    voiced = np.concatenate([np.zeros(0, int), *(np.arange(*span, 16) for span in speech)])
    if not len(voiced):
        return ()
    at_s = voiced[np.minimum(edges * len(voiced), len(voiced) - 1).astype(int)] / SAMPLE_RATE_HZ
    return tuple(
        Word(unit.strip(), float(start_s), float(end_s))
        for unit, start_s, end_s in zip(units, at_s[:-1], at_s[1:], strict=True)
    )


def install(folder: Path, recordings: Sequence[Known]) -> dict[str, str]:
    """Offer the engine, knowing these recordings, to Python programs.

    Args:
        folder: where to keep what they need to find.
        recordings: all that it will be given parts of.

    Returns:
        What their environment must have.
    """
    about = folder / f"{NAME}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {NAME}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[sotto.engines]\n{NAME} = {__name__}:OracleEngine\n")
    _write(folder / "known.npz", recordings)
    path = os.pathsep.join([str(folder), str(Path(__file__).parents[1])])
    return {"PYTHONPATH": path, VARIABLE: str(folder / "known.npz")}


def _write(path: Path, recordings: Sequence[Known]) -> None:
    pcm = np.concatenate([_pcm(each.samples) for each in recordings])
    starts = np.cumsum([0, *(len(each.samples) for each in recordings)]) / SAMPLE_RATE_HZ
    words = [
        asdict(Word(word.text, start_s + word.start_s, start_s + word.end_s))
        for start_s, each in zip(starts.tolist(), recordings, strict=False)
        for word in each.words
    ]
    np.savez(path, pcm=pcm, words=json.dumps(words))


class OracleEngine:
    """See the module."""

    capabilities: ClassVar[Capabilities] = Capabilities(word_times=True, partials=True)

    def load(self) -> None:
        """Read what it is to know."""
        with np.load(os.environ[VARIABLE]) as known:
            self._pcm = known["pcm"].tobytes()
            self._words = [Word(**word) for word in json.loads(str(known["words"]))]

    def open(self, options: SegmentOptions) -> OracleSegment:  # noqa: ARG002 - it takes none
        """Begin a segment."""
        return OracleSegment(self._pcm, self._words)


class OracleSegment:
    """Audio that is looked up."""

    def __init__(self, pcm: bytes, words: Sequence[Word]) -> None:
        self._pcm = pcm
        self._words = words
        self._samples: Samples = np.empty(0, np.float32)
        self._start_s: float | None = None

    def feed(self, samples: Samples) -> None:
        """Append samples, shape (n,)."""
        self._samples = np.concatenate((self._samples, samples))

    def decode(self, ask: Ask, abort: Abort) -> Hypothesis:
        """What is said in it; with mistakes near the end unless that is the end."""
        if abort():
            raise CancelledError("The pass was aborted.")
        if self._start_s is None:
            self._start_s = _find(self._pcm, self._samples)
        if self._start_s is None:
            return Hypothesis("", final=ask.final)
        end_s = self._start_s + len(self._samples) / SAMPLE_RATE_HZ
        heard = tuple(self.hear(self._start_s, end_s, final=ask.final))
        text = join_pieces(word.text for word in heard)
        return Hypothesis(text, heard, final=ask.final)

    def hear(self, start_s: float, end_s: float, *, final: bool) -> Iterator[Word]:
        """The words between two times of what is known, with times from the first on.

        A word is where it begins, so that none that goes on over a pause is lost.
        """
        first = bisect_left(self._words, start_s, key=lambda word: word.start_s)
        last = bisect_left(self._words, end_s, key=lambda word: word.start_s)
        for n, word in enumerate(self._words[first:last], first):
            random = Random(f"{n} {end_s:.3f}")
            if not final and word.end_s > end_s and random.random() < UNHEARD:
                break
            text = word.text if final else _wavering(word, end_s, random)
            yield Word(text, word.start_s - start_s, min(word.end_s, end_s) - start_s)

    def close(self) -> None:
        """Forget the samples."""
        self._samples = np.empty(0, np.float32)


def _wavering(word: Word, end_s: float, random: Random) -> str:
    """A word as it is heard while it is new."""
    if word.end_s > end_s or (word.end_s > end_s - UNSETTLED_S and random.random() < MISTAKEN):
        return _mistake(word.text, random)
    if word.end_s > end_s - UNSTYLED_S and random.random() < STYLED:
        return word.text.rstrip(",.") + ","
    return word.text


def _mistake(text: str, random: Random) -> str:
    """Another word; for a character, another character."""
    if len(text) == 1 and not text.isascii():
        return chr(0x5000 + random.randrange(0x2000))
    return "".join(random.choices(LETTERS, k=max(len(text), 2)))


def _find(pcm: bytes, samples: Samples) -> float | None:
    """Where the loudest part of the samples is in the recordings, less where it is in them."""
    if len(samples) < ANCHOR:
        return None
    at = max(0, min(int(np.abs(samples).argmax()) - ANCHOR // 2, len(samples) - ANCHOR))
    found = pcm.find(_pcm(samples[at : at + ANCHOR]).tobytes())
    return None if found < 0 else (found // 2 - at) / SAMPLE_RATE_HZ


def _pcm(samples: Samples) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    return np.clip(np.round(samples * 32768), -32768, 32767).astype("<i2")
