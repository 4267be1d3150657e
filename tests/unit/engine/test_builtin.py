from __future__ import annotations

import sys
from itertools import repeat

import numpy as np
import pytest
import soundfile

from sidecar.domain import SAMPLE_RATE_HZ, Hypothesis, Samples
from sidecar.engine.backends.builtin import BuiltinEngine
from sidecar.engine.base import Ask, SegmentOptions
from sidecar.errors import LoadFailedError
from tests.conftest import CHECKOUT

SECOND = SAMPLE_RATE_HZ


@pytest.fixture(scope="module")
def engine() -> BuiltinEngine:
    engine = BuiltinEngine()
    engine.load()
    return engine


@pytest.fixture(scope="module")
def speech() -> Samples:
    """Three seconds of the demo clip."""
    samples: Samples
    samples, rate_hz = soundfile.read(CHECKOUT / "sidecar/cli/data/demo.flac", dtype="float32")
    assert rate_hz == SECOND
    return samples[: 3 * SECOND]


def final(engine: BuiltinEngine, samples: Samples) -> Hypothesis:
    segment = engine.open(SegmentOptions())
    segment.feed(samples)
    return segment.decode(Ask(final=True), lambda: False)


def test_speech_becomes_words_without_marks_for_silence_or_pronunciation(
    engine: BuiltinEngine, speech: Samples
) -> None:
    heard = final(engine, speech)

    assert heard.text.startswith("hello this voice was made by")
    assert not set(heard.text) & set("<>[]()+")
    assert heard.words[0].start_s < heard.words[-1].start_s


def test_speech_at_minus_60_dbfs_is_heard_like_speech_that_is_loud(
    engine: BuiltinEngine, speech: Samples
) -> None:
    heard = final(engine, speech * np.float32(0.004))

    assert heard.text == final(engine, speech).text


def test_partial_hypotheses_grow_with_the_audio(engine: BuiltinEngine, speech: Samples) -> None:
    segment = engine.open(SegmentOptions())
    partials = []
    for piece in np.array_split(speech, 3):
        segment.feed(piece)
        partials.append(segment.decode(Ask(), lambda: False))

    assert [len(partial.text.split()) for partial in partials] == sorted(
        len(partial.text.split()) for partial in partials
    )
    assert len(partials[-1].words) > len(partials[0].words) > 0
    assert not any(partial.final for partial in partials)
    assert all(word.confidence is None for word in partials[-1].words)


def test_a_pass_in_between_does_not_change_the_partials_of_a_segment(
    engine: BuiltinEngine, speech: Samples
) -> None:
    undisturbed = engine.open(SegmentOptions())
    undisturbed.feed(speech)
    alone = undisturbed.decode(Ask(), lambda: False)

    segment = engine.open(SegmentOptions())
    segment.feed(speech)
    segment.decode(Ask(), lambda: False)
    final(engine, speech[:SECOND])
    again = segment.decode(Ask(), lambda: False)

    assert again == alone


def test_an_aborted_partial_goes_on_where_it_stopped(
    engine: BuiltinEngine, speech: Samples
) -> None:
    whole = engine.open(SegmentOptions())
    whole.feed(speech)
    expected = whole.decode(Ask(), lambda: False)

    segment = engine.open(SegmentOptions())
    segment.feed(speech)
    answers = iter([False] * 10 + [True])
    with pytest.raises(Exception, match="aborted"):
        segment.decode(Ask(), lambda: next(answers))
    heard = segment.decode(Ask(), lambda: False)

    assert heard == expected


def live(engine: BuiltinEngine, *pieces: Samples) -> list[Hypothesis]:
    """A live segment: a partial after each piece, and the final."""
    segment = engine.open(SegmentOptions(live=True))
    said = []
    for piece in pieces:
        segment.feed(piece)
        said.append(segment.decode(Ask(), lambda: False))
    return [*said, segment.decode(Ask(final=True), lambda: False)]


def test_the_end_of_live_speech_costs_the_new_audio_alone(
    engine: BuiltinEngine, speech: Samples
) -> None:
    segment = engine.open(SegmentOptions(live=True))
    segment.feed(speech[:-3200])
    segment.decode(Ask(), lambda: False)
    segment.feed(speech[-3200:])
    answers = repeat(False, 3)  # before it begins, and every 100 ms

    heard = segment.decode(Ask(final=True), lambda: next(answers))

    assert list(answers) == []
    assert heard == live(engine, speech)[-1]
    assert heard.text.startswith("hello this voice was made by")
    assert all(word.confidence is not None for word in heard.words)


def test_live_speech_is_heard_alike_whoever_else_speaks_meanwhile(
    engine: BuiltinEngine, speech: Samples
) -> None:
    expected = live(engine, speech)[-1]
    one = engine.open(SegmentOptions(live=True))
    other = engine.open(SegmentOptions(live=True))
    for piece in np.array_split(speech, 4):
        one.feed(piece)
        one.decode(Ask(), lambda: False)
        other.feed(piece[::-1].copy())
        other.decode(Ask(), lambda: False)
        final(engine, piece)

    assert one.decode(Ask(final=True), lambda: False) == expected


def test_less_than_a_second_of_live_speech_has_no_partial_but_a_final(
    engine: BuiltinEngine, speech: Samples
) -> None:
    hello = speech[: SECOND * 7 // 10]

    *partials, heard = live(engine, *np.array_split(hello, 3))

    assert [partial.text for partial in partials] == ["", "", ""]
    assert heard.text == "hello"


def test_live_speech_at_minus_60_dbfs_is_heard_like_speech_that_is_loud(
    engine: BuiltinEngine, speech: Samples
) -> None:
    quiet = live(engine, speech * np.float32(0.004))[-1]

    assert quiet.text == live(engine, speech)[-1].text


def test_a_missing_pocketsphinx_is_a_typed_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pocketsphinx", None)

    with pytest.raises(LoadFailedError, match="install Sotto again"):
        BuiltinEngine().load()
