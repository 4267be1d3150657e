"""The aligner that was trained on synthesised speech finds words where the synthesizers say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from sidecar.engine.backends.aligner import AlignerEngine
from sidecar.engine.base import Ask, SegmentOptions
from sidecar.model_store.manifest import DecoderKind, EncoderKind
from tests.tiny.data import SpeechClip, clips
from tests.unit.installed import TinyModels

KINDS: list[tuple[EncoderKind, DecoderKind]] = [("fp32", "f32"), ("int8", "q8_0"), ("int4", "q8_0")]
CLASS_MS = 80
TAGS = {"English": "en", "German": "de"}


@pytest.fixture(scope="module", params=KINDS, ids=["fp32", "int8", "int4"])
def aligner(request: pytest.FixtureRequest, tiny_model: TinyModels) -> AlignerEngine:
    folder: Path = tiny_model(*request.param, aligner=True, trained=True)
    engine = AlignerEngine(folder)
    engine.load()
    return engine


def apart_ms(aligner: AlignerEngine, voices: str) -> npt.NDArray[np.float64]:
    """How far each start and end is from where it should be, for all clips of some voices."""
    return np.concatenate([_apart_ms(aligner, clip) for clip in clips(voices)])


def _apart_ms(aligner: AlignerEngine, clip: SpeechClip) -> npt.NDArray[np.float64]:
    segment = aligner.open(SegmentOptions(TAGS[clip.language]))
    segment.feed(clip.samples())
    found = segment.decode(Ask(final=True, prefix=clip.text), lambda: False).words
    segment.close()
    assert [word.text for word in found] == [word.text for word in clip.words]
    ours = np.array([(word.start_s, word.end_s) for word in found])
    theirs = np.array([(word.start_s, word.end_s) for word in clip.words])
    apart: npt.NDArray[np.float64] = 1000 * np.abs(ours - theirs).ravel()
    return apart


def evenly_ms(voices: str) -> float:
    """How far words would be on average that share a clip evenly."""
    apart = []
    for clip in clips(voices):
        step_s = clip.seconds / len(clip.words)
        apart += [abs(i * step_s - word.start_s) for i, word in enumerate(clip.words)]
    return float(1000 * np.mean(apart))


@pytest.mark.parametrize("voices", ["espeak", "festival", "german"])
def test_words_of_voices_that_it_never_heard_are_found_where_they_are(
    aligner: AlignerEngine, voices: str
) -> None:
    apart = apart_ms(aligner, voices)

    assert apart.mean() <= 1.5 * CLASS_MS  # measured: 78 to 104 ms
    assert (apart <= 2 * CLASS_MS).mean() >= 0.75
    assert apart.mean() < 0.6 * evenly_ms(voices)
