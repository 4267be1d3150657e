"""What every aligner must do, whoever wrote it."""

from __future__ import annotations

from collections.abc import Callable

from sidecar.domain import SAMPLE_RATE_HZ, Hypothesis, Samples
from sidecar.engine.base import Ask, SegmentOptions, SpeechEngine
from sidecar.errors import CancelledError
from sidecar.testing.conformance_engine import check_engine, melody
from sidecar.text.units import unit_key


def check_aligner(
    make_aligner: Callable[[], SpeechEngine],
    *,
    speech: Samples | None = None,
    text: str = "One, two - and three!",
) -> None:
    """Assert every promise of an aligner, and those of an engine, which it is too.

    Args:
        make_aligner: the aligner's class, or anything else that makes one.
        speech: mono 16 kHz, shape (n,). Without it the aligner is played a melody.
        text: what is said in `speech`, in the first language that the aligner declares.

    Raises:
        AssertionError: naming the promise that is broken.
    """
    check_engine(make_aligner, speech=speech, text="")
    engine = make_aligner()
    engine.load()
    declared = engine.capabilities
    assert declared.word_times, "an aligner gives word times"
    assert declared.forced_prefix, "an aligner is told the text as a prefix"
    assert not declared.partials, "an aligner has nothing to say before the text is known"
    samples = melody() if speech is None else speech
    reference = _aligned(engine, samples, text)
    _check_words(reference, text, len(samples) / SAMPLE_RATE_HZ)
    assert _aligned(engine, samples, text + " and more").text.endswith("more"), "texts may differ"
    assert _aligned(engine, samples, text) == reference, "what is found depends on nothing before"
    assert _aligned(engine, samples, " - ... ").words == (), "punctuation has no words"
    _check_abort(engine, samples, text, reference)


def _aligned(
    engine: SpeechEngine, samples: Samples, text: str, abort: Callable[[], bool] = lambda: False
) -> Hypothesis:
    segment = engine.open(SegmentOptions(next(iter(engine.capabilities.languages), None)))
    segment.feed(samples.copy())
    try:
        return segment.decode(Ask(final=True, prefix=text), abort)
    finally:
        segment.close()


def _check_words(found: Hypothesis, text: str, duration_s: float) -> None:
    assert found.text == text.strip(), "an aligner changes no text"
    said = "".join(unit_key(word.text) for word in found.words)
    assert said == unit_key(text), "every letter of the text is in a word, in its place"
    times = [time_s for word in found.words for time_s in (word.start_s, word.end_s)]
    assert times == sorted(times), "words follow each other in time"
    assert all(0 <= time_s <= duration_s for time_s in times), "words lie within the audio"


def _check_abort(engine: SpeechEngine, samples: Samples, text: str, reference: Hypothesis) -> None:
    try:
        _aligned(engine, samples, text, lambda: True)
    except CancelledError:
        pass
    else:
        raise AssertionError("an aborted pass raises CancelledError at once")
    assert _aligned(engine, samples, text) == reference, "after an abort it works as before"
