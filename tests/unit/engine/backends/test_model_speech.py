"""The trained tiny model hears real words, however its weights are kept."""

from __future__ import annotations

from difflib import SequenceMatcher
from pathlib import Path

import numpy as np
import pytest

from sidecar.domain import Hypothesis
from sidecar.engine.backends.machine import MachineOptions
from sidecar.engine.backends.model import ModelEngine
from sidecar.engine.base import Ask, SegmentOptions, SegmentPass
from sidecar.testing import check_engine
from tests.tiny.data import SpeechClip, clips
from tests.unit.engine.backends.machines import changed, never
from tests.unit.installed import TinyModels

FINAL = Ask(final=True)
OPTIONS = MachineOptions(n_threads=1)


@pytest.fixture(
    scope="module", params=[("fp32", "f16"), ("int8", "q4_k"), ("int4", "q8_0")], ids="-".join
)
def engine(request: pytest.FixtureRequest, tiny_model: TinyModels) -> ModelEngine:
    engine = ModelEngine(tiny_model(*request.param, trained=True), OPTIONS)
    engine.load()
    return engine


def heard(engine: ModelEngine, clip: SpeechClip, options: SegmentOptions) -> Hypothesis:
    segment = engine.open(options)
    segment.feed(clip.samples())
    found = segment.decode(FINAL, never)
    segment.close()
    return found


def heard_live(engine: ModelEngine, clip: SpeechClip, commit_after: int) -> Hypothesis:
    """A partial pass for each 0.7 s; what two of them say alike is committed, but for the end."""
    segment = engine.open(SegmentOptions(live=True))
    prefix, last = "", ""
    for piece in np.array_split(clip.samples(), round(clip.seconds / 0.7)):
        segment.feed(piece)
        text = segment.decode(Ask(prefix=prefix, draft=last[len(prefix) :]), never).text
        assert text.startswith(prefix)
        agreed = [a for a, b in zip(text.split(), last.split(), strict=False) if a == b]
        if commit_after and text.startswith(" ".join(agreed)):
            prefix = max(prefix, " ".join(agreed[:-commit_after]), key=len)
        last = text
    found = segment.decode(Ask(final=True, prefix=prefix, draft=last[len(prefix) :]), never)
    segment.close()
    return found


def n_right(text: str, clip: SpeechClip) -> int:
    said = clip.text.split()
    return sum(
        block.size for block in SequenceMatcher(None, said, text.split()).get_matching_blocks()
    )


def test_words_are_recognised(engine: ModelEngine) -> None:
    spoken = clips("espeak")

    found = [heard(engine, clip, SegmentOptions()) for clip in spoken]

    n_said = sum(len(clip.words) for clip in spoken)
    right = sum(n_right(each.text, clip) for each, clip in zip(found, spoken, strict=True))
    assert right >= 0.95 * n_said
    assert {each.language for each in found} == {"en"}


def test_words_are_recognised_live(engine: ModelEngine) -> None:
    for clip in clips("espeak")[:4]:
        found = heard_live(engine, clip, commit_after=2)
        assert n_right(found.text, clip) >= 0.9 * len(clip.words)


def test_live_speech_ends_as_speech_that_is_heard_at_once(engine: ModelEngine) -> None:
    for clip in (*clips("espeak")[:2], *clips("german")[:2], clips("long-espeak")[0]):
        at_once = heard(engine, clip, SegmentOptions(live=True))
        assert heard_live(engine, clip, commit_after=0) == at_once


def test_the_language_is_found_out_or_as_told(engine: ModelEngine) -> None:
    [english, *_], [german, *_] = clips("espeak"), clips("german")

    assert heard(engine, english, SegmentOptions()).language == "en"
    assert heard(engine, german, SegmentOptions()).language == "de"
    assert (
        heard(engine, german, SegmentOptions("de")).text
        == heard(engine, german, SegmentOptions()).text
    )


def test_noise_is_no_text(engine: ModelEngine) -> None:
    [noise] = clips("noise")

    assert heard(engine, noise, SegmentOptions()).text == ""


def test_several_are_heard_together_as_alone(engine: ModelEngine) -> None:
    spoken = [*clips("espeak")[:2], clips("german")[0], clips("long-espeak")[0]]
    passes = []
    for clip in spoken:
        segment = engine.open(SegmentOptions())
        segment.feed(clip.samples())
        passes.append(SegmentPass(segment, FINAL, never))

    outcomes = dict(engine.decode_together(passes))

    for each in passes:
        each.segment.close()
    assert [outcomes[n] for n in range(4)] == [
        heard(engine, clip, SegmentOptions()) for clip in spoken
    ]


def test_an_installed_model_is_an_engine(tiny_model: TinyModels, tmp_path: Path) -> None:
    whole = tiny_model("int8", "q4_k", trained=True)
    folder = changed(whole, tmp_path, languages=["en", "de"])  # each is a pass of its own
    clip = clips("espeak")[2]

    check_engine(lambda: ModelEngine(folder, OPTIONS), speech=clip.samples(), text=clip.text)
