"""The trained tiny model hears real words, however its weights are kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from sidecar.cli.clip import word_error_rate
from sidecar.domain import Hypothesis
from sidecar.engine.backends.machine import Machine, MachineOptions
from sidecar.engine.backends.model import ModelEngine
from sidecar.engine.base import Abort, Ask, SegmentOptions, SegmentPass
from sidecar.errors import CancelledError
from sidecar.inference.decoder import Run
from sidecar.testing import check_engine
from tests.tiny.data import SpeechClip, clips
from tests.unit.engine.backends.machines import Floats, changed, never
from tests.unit.installed import TinyModels

FINAL = Ask(final=True)
KINDS = ("espeak", "festival", "german")
OPTIONS = MachineOptions(n_threads=1)


@pytest.fixture(
    scope="module",
    params=[("fp32", "f16"), ("fp16", "q5_k"), ("int8", "q4_k"), ("int4", "q8_0")],
    ids="-".join,
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


def error_rate(spoken: Sequence[SpeechClip], found: Sequence[str]) -> float:
    """Words wrong, missing and too many, of all that were said."""
    n_wrong = sum(
        word_error_rate(clip.text, text) * len(clip.words)
        for clip, text in zip(spoken, found, strict=True)
    )
    return n_wrong / sum(len(clip.words) for clip in spoken)


def test_words_of_voices_never_heard_are_recognised(engine: ModelEngine) -> None:
    spoken = [clip for kind in KINDS for clip in clips(kind)]

    found = [heard(engine, clip, SegmentOptions()) for clip in spoken]

    assert error_rate(spoken, [each.text for each in found]) <= 0.05
    assert [each.language for each in found] == [
        "de" if clip.language == "German" else "en" for clip in spoken
    ]


def test_words_of_voices_never_heard_are_recognised_live(engine: ModelEngine) -> None:
    spoken = [clip for kind in KINDS for clip in clips(kind)[:3]]

    found = [heard_live(engine, clip, commit_after=2).text for clip in spoken]

    assert error_rate(spoken, found) <= 0.1


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


def test_text_that_goes_on_stays_in_its_language(
    engine: ModelEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    [english, *_], [german, *_] = clips("espeak"), clips("german")
    segment = engine.open(SegmentOptions(live=True))
    segment.feed(german.samples())
    text = segment.decode(Ask(), never).text
    heard(engine, english, SegmentOptions())  # somebody else, meanwhile

    with_mark: list[bool] = []
    advance = Machine.advance

    def spy(machine: Machine, runs: Sequence[Run], abort: Abort) -> list[Floats]:
        with_mark.extend(machine.prompter.rules.mark in run.tokens for run in runs)
        return advance(machine, runs, abort)

    monkeypatch.setattr(Machine, "advance", spy)
    found = segment.decode(Ask(final=True, prefix=text.split()[0]), never)

    assert (found.text, found.language) == (text, "de")
    assert with_mark
    assert not any(with_mark)  # the language was neither said nor guessed, but told to the graph
    segment.close()


def test_what_was_said_is_guessed_again_also_after_a_pass_that_was_stopped(
    engine: ModelEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = clips("espeak")[0]
    steps: list[int] = []
    advance = Machine.advance

    def spy(machine: Machine, runs: Sequence[Run], abort: Abort) -> list[Floats]:
        steps.append(len(runs))
        return advance(machine, runs, abort)

    def steps_of_final(*, after_a_stop: bool) -> int:
        segment = engine.open(SegmentOptions(live=True))
        segment.feed(clip.samples())
        text = segment.decode(Ask(), never).text
        ask = Ask(final=True, prefix=" ".join(text.split()[:2]))
        stops = iter([False, False, True])
        if after_a_stop:
            with pytest.raises(CancelledError):
                segment.decode(ask, lambda: next(stops))
        steps.clear()
        assert segment.decode(ask, never).text == text
        segment.close()
        return len(steps)

    monkeypatch.setattr(Machine, "advance", spy)
    assert steps_of_final(after_a_stop=True) == steps_of_final(after_a_stop=False)


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
