from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sidecar.domain import Hypothesis
from sidecar.engine.backends.model import ModelEngine
from sidecar.engine.base import Ask, SegmentOptions, SegmentPass
from sidecar.errors import (
    CancelledError,
    LoadFailedError,
    ModelCorruptError,
    OutOfMemoryError,
    TooLargeError,
)
from tests.unit.engine.backends.machines import EXACT, Floats, changed, never, sound
from tests.unit.installed import TinyModels

FINAL = Ask(final=True)
ENGLISH = SegmentOptions(language="en")


@dataclass
class Questions:
    """An abort that says yes the n-th time."""

    stop_at: int = 0
    asked: int = 0

    def __call__(self) -> bool:
        self.asked += 1
        return self.asked == self.stop_at


@pytest.fixture(scope="module")
def folder(tiny_model: TinyModels) -> Path:
    return tiny_model("fp32", "f32")


@pytest.fixture(scope="module")
def engine(folder: Path) -> ModelEngine:
    engine = ModelEngine(folder, EXACT)
    engine.load()
    return engine


@pytest.fixture(scope="module")
def small(folder: Path) -> ModelEngine:
    """An engine that has not enough cells for three segments at once."""
    engine = ModelEngine(folder, replace(EXACT, n_cells=256))
    engine.load()
    return engine


def final(
    engine: ModelEngine, samples: Floats, options: SegmentOptions = ENGLISH, ask: Ask = FINAL
) -> Hypothesis:
    segment = engine.open(options)
    segment.feed(samples)
    hypothesis = segment.decode(ask, never)
    segment.close()
    return hypothesis


def varied(seconds: float, seed: int = 0) -> Floats:
    """Sound that grows loud and faint."""
    samples = sound(seconds, seed)
    time_s = np.arange(len(samples)) / 16_000
    return np.asarray(samples * (1 + np.sin(time_s)) * (1 + time_s), np.float32)


@settings(max_examples=8)
@example(0.5, [0.5], SegmentOptions())
@given(
    st.floats(0.1, 18),
    st.lists(st.floats(0, 1), max_size=5),
    st.sampled_from([SegmentOptions(), ENGLISH, SegmentOptions("ja", ("the", "斑马"))]),
)
def test_what_is_heard_live_ends_as_what_is_heard_at_once(
    engine: ModelEngine, seconds: float, cuts: list[float], options: SegmentOptions
) -> None:
    samples = varied(seconds)
    segment = engine.open(options)

    last = Hypothesis("")
    for piece in np.split(samples, sorted(round(cut * len(samples)) for cut in cuts)):
        segment.feed(piece)
        last = segment.decode(Ask(draft=last.text), never)
    heard = segment.decode(replace(FINAL, draft=last.text), never)
    segment.close()

    assert heard == final(engine, samples, options)


@settings(max_examples=6)
@given(st.text(st.sampled_from("ab ctheinüß 天"), max_size=30), st.integers(0, 30))
def test_drafts_change_nothing(engine: ModelEngine, draft: str, n_right: int) -> None:
    samples = varied(1)
    expected = final(engine, samples)
    assert expected.text

    right = expected.text[:n_right]

    assert final(engine, samples, ask=Ask(final=True, draft=right + draft)) == expected
    prefix = Ask(final=True, prefix=right.strip())
    forced = final(engine, samples, ask=prefix)
    assert final(engine, samples, ask=replace(prefix, draft=draft)) == forced


def test_a_text_begins_as_it_must(engine: ModelEngine) -> None:
    for options in (ENGLISH, SegmentOptions()):
        for prefix in ("zebra", "斑马 the", "in the"):
            ask = Ask(final=True, prefix=prefix)
            assert final(engine, varied(3), options, ask).text.startswith(prefix)


def test_what_somebody_says_depends_on_their_words_and_language(engine: ModelEngine) -> None:
    texts = {
        final(engine, varied(1), options).text
        for options in (
            ENGLISH,
            SegmentOptions("ja"),
            SegmentOptions("en", ("zebra",)),
            SegmentOptions("en", context="A zebra."),
        )
    }

    assert len(texts) >= 3


def test_the_language_is_told_or_found_out(engine: ModelEngine) -> None:
    assert final(engine, varied(1), SegmentOptions("en-GB")).language == "en"
    assert final(engine, varied(1), SegmentOptions("zh-Hans")).language == "zh"
    assert final(engine, varied(1), SegmentOptions()).language is None  # random weights know none


def test_silence_is_no_text_and_no_error(engine: ModelEngine) -> None:
    for samples in (np.empty(0, np.float32), np.zeros(16_000, np.float32)):
        assert final(engine, samples) == Hypothesis("", (), None, final=True)
    committed = Ask(final=True, prefix="so far")
    assert final(engine, np.zeros(16_000, np.float32), ask=committed).text == "so far"


def test_an_interrupted_pass_can_be_made_again(engine: ModelEngine) -> None:
    samples = varied(9)
    expected = final(engine, samples)
    whole = Questions()
    segment = engine.open(ENGLISH)
    segment.feed(samples)
    segment.decode(FINAL, whole)
    segment.close()

    for stop_at in {1, 2, 5, whole.asked // 2, whole.asked - 1}:
        segment = engine.open(ENGLISH)
        segment.feed(samples)
        with pytest.raises(CancelledError):
            segment.decode(FINAL, Questions(stop_at))
        assert segment.decode(FINAL, never) == expected
        segment.close()


def test_more_segments_than_sequences_are_heard_in_turns(engine: ModelEngine) -> None:
    n_open = 2 * EXACT.n_together + 3
    samples = [varied(0.5 + number / 8, number) for number in range(n_open)]
    segments = [engine.open(ENGLISH) for _ in samples]

    for half in (0, 1):
        for segment, each in zip(segments, samples, strict=True):
            segment.feed(np.array_split(each, 2)[half])
            segment.decode(Ask(), never)
    heard = [segment.decode(FINAL, never) for segment in segments]
    for segment in segments:
        segment.close()

    assert heard == [final(engine, each) for each in samples]


def passes(
    engine: ModelEngine, samples: list[Floats], aborts: dict[int, Questions] | None = None
) -> list[SegmentPass]:
    found = []
    for number, each in enumerate(samples):
        segment = engine.open(ENGLISH)
        segment.feed(each)
        found.append(SegmentPass(segment, FINAL, (aborts or {}).get(number, never)))
    return found


def together(engine: ModelEngine, asked: list[SegmentPass]) -> dict[int, object]:
    outcomes: dict[int, object] = dict(engine.decode_together(asked))
    for each in asked:
        each.segment.close()
    return outcomes


SOUNDS = [varied(2.5), varied(1, 1), varied(3, 2)]


def test_passes_together_give_what_each_gives_alone(engine: ModelEngine) -> None:
    outcomes = together(engine, passes(engine, SOUNDS))

    assert outcomes == {number: final(engine, each) for number, each in enumerate(SOUNDS)}


def test_one_that_is_aborted_leaves_the_others_alone(engine: ModelEngine) -> None:
    whole = {number: Questions() for number in range(3)}
    together(engine, passes(engine, SOUNDS, whole))

    expected = {number: final(engine, each) for number, each in enumerate(SOUNDS)}
    for number, stop_at in ((0, 1), (1, whole[1].asked // 2), (2, whole[2].asked - 1)):
        asked = passes(engine, SOUNDS, {number: Questions(stop_at)})
        outcomes = together(engine, asked)

        assert isinstance(outcomes.pop(number), CancelledError)
        assert outcomes == {n: text for n, text in expected.items() if n != number}


def test_passes_that_do_not_fit_at_once_are_made_one_after_the_other(
    small: ModelEngine,
) -> None:
    sounds = [varied(7, number) for number in range(3)]

    outcomes = together(small, passes(small, sounds))

    assert outcomes == {number: final(small, each) for number, each in enumerate(sounds)}


def test_one_that_never_fits_fails_alone(small: ModelEngine) -> None:
    outcomes = together(small, passes(small, [varied(2), varied(25)]))

    assert outcomes[0] == final(small, varied(2))
    assert isinstance(outcomes[1], TooLargeError)
    assert final(small, varied(1)).final


def test_a_model_that_needs_more_memory_than_there_is_is_not_loaded(
    folder: Path, tmp_path: Path
) -> None:
    greedy = changed(folder, tmp_path, ram_bytes=1 << 45)

    with pytest.raises(OutOfMemoryError):
        ModelEngine(greedy, EXACT).load()


def test_a_model_of_another_kind_is_refused(
    tiny_model: TinyModels, folder: Path, tmp_path: Path
) -> None:
    aligner = tiny_model("fp32", "f32", aligner=True)

    with pytest.raises(LoadFailedError, match="speech into text"):
        ModelEngine(aligner, EXACT).load()
    with pytest.raises(ModelCorruptError):
        ModelEngine(tmp_path, EXACT).load()
