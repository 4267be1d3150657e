"""Every engine keeps the promises of `SpeechEngine`, and the suite notices who does not."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import soundfile

from sidecar.domain import SAMPLE_RATE_HZ, Hypothesis, Samples
from sidecar.engine.backends.builtin import BuiltinEngine
from sidecar.engine.base import Abort, Ask, Capabilities, SegmentOptions, SpeechEngine
from sidecar.errors import CancelledError
from sidecar.testing import check_engine
from sidecar.testing.scripted import (
    FreeEngine,
    ScriptedEngine,
    ScriptedSegment,
    TogetherEngine,
    UnsettledEngine,
    UntimedEngine,
)

CHECKOUT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "engine", [ScriptedEngine, FreeEngine, UntimedEngine, UnsettledEngine, TogetherEngine]
)
def test_the_scripted_engines_conform(engine: type[ScriptedEngine]) -> None:
    check_engine(engine)


@pytest.mark.slow
def test_the_embedded_engine_conforms() -> None:
    demo, rate_hz = soundfile.read(CHECKOUT / "sidecar/cli/data/demo.flac", dtype="float32")
    assert rate_hz == SAMPLE_RATE_HZ

    check_engine(BuiltinEngine, speech=demo[: SAMPLE_RATE_HZ * 5 // 4])


def test_the_example_of_a_third_party_conforms() -> None:
    path = CHECKOUT / "examples/custom_engine/sotto_dtmf.py"
    spec = importlib.util.spec_from_file_location("sotto_dtmf", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    check_engine(module.DtmfEngine, speech=dial("1234#"), text="1 2 3 4 #")


def dial(keys: str) -> Samples:
    """A keypad: 200 ms of tone and as much pause per key."""
    time_s = np.arange(SAMPLE_RATE_HZ // 5) / SAMPLE_RATE_HZ
    rows, columns = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
    pieces = []
    for key in keys:
        row = next(i for i, line in enumerate(("123A", "456B", "789C", "*0#D")) if key in line)
        column = ("123A", "456B", "789C", "*0#D")[row].index(key)
        tone = np.sin(2 * np.pi * rows[row] * time_s) + np.sin(2 * np.pi * columns[column] * time_s)
        pieces += [0.3 * tone, 0 * tone]
    return np.concatenate(pieces).astype(np.float32)


class Broken:
    """A good engine with one fault: `fault` changes what a segment would answer."""

    capabilities: ClassVar[Capabilities] = ScriptedEngine.capabilities

    def __init__(self, make_segment: Callable[[SegmentOptions], Any], **declared: Any) -> None:
        self._make_segment = make_segment
        # A class attribute by contract; one engine here declares this, another that.
        self.__dict__["capabilities"] = replace(self.capabilities, **declared)

    def load(self) -> None:
        pass

    def open(self, options: SegmentOptions) -> Any:
        return self._make_segment(options)


class Segment(ScriptedSegment):
    def answer(self, hypothesis: Hypothesis, ask: Ask) -> Hypothesis:
        return hypothesis

    def decode(self, ask: Ask, abort: Abort) -> Hypothesis:
        return self.answer(super().decode(ask, abort), ask)


class NeverFinal(Segment):
    def answer(self, hypothesis: Hypothesis, ask: Ask) -> Hypothesis:
        return replace(hypothesis, final=False)


class AlwaysFinal(Segment):
    def answer(self, hypothesis: Hypothesis, ask: Ask) -> Hypothesis:
        return replace(hypothesis, final=True)


class Padded(Segment):
    def answer(self, hypothesis: Hypothesis, ask: Ask) -> Hypothesis:
        return replace(hypothesis, text=hypothesis.text + " ")


class NumpyTimes(Segment):
    def answer(self, hypothesis: Hypothesis, ask: Ask) -> Hypothesis:
        first, *rest = hypothesis.words
        odd: Any = np.float32(first.start_s)
        return replace(hypothesis, words=(replace(first, start_s=odd), *rest))


class OtherLanguage(Segment):
    def answer(self, hypothesis: Hypothesis, ask: Ask) -> Hypothesis:
        return replace(hypothesis, language="fr")


class Shuffled(Segment):
    def answer(self, hypothesis: Hypothesis, ask: Ask) -> Hypothesis:
        return replace(hypothesis, words=hypothesis.words[::-1])


class TooLate(Segment):
    def answer(self, hypothesis: Hypothesis, ask: Ask) -> Hypothesis:
        late = tuple(replace(w, start_s=w.start_s + 9, end_s=w.end_s + 9) for w in hypothesis.words)
        return replace(hypothesis, words=late)


class TooSure(Segment):
    def answer(self, hypothesis: Hypothesis, ask: Ask) -> Hypothesis:
        words = tuple(replace(w, confidence=1.5) for w in hypothesis.words)
        return replace(hypothesis, words=words)


class Dreaming(Segment):
    def answer(self, hypothesis: Hypothesis, ask: Ask) -> Hypothesis:
        return hypothesis if hypothesis.text else replace(hypothesis, text="Thank you.")


class LastPieceOnly(Segment):
    def feed(self, samples: Samples) -> None:
        self._samples = samples.copy() if len(samples) else self._samples


class ChangedByPartials(Segment):
    def answer(self, hypothesis: Hypothesis, ask: Ask) -> Hypothesis:
        if not ask.final:
            self._samples = self._samples[:-1]
        return hypothesis


class EndedByFinals(Segment):
    def answer(self, hypothesis: Hypothesis, ask: Ask) -> Hypothesis:
        if ask.final:
            self._samples = self._samples[:0]
        return hypothesis


class EndedByLiveFinals(EndedByFinals):
    def answer(self, hypothesis: Hypothesis, ask: Ask) -> Hypothesis:
        return super().answer(hypothesis, ask) if self._options.live else hypothesis


class CountingPasses(Segment):
    n_passes = 0

    def answer(self, hypothesis: Hypothesis, ask: Ask) -> Hypothesis:
        self.n_passes += self._options.live and not ask.final
        return replace(hypothesis, text=hypothesis.text + "!" * self.n_passes)


class SilentUntilTheEnd(Segment):
    def answer(self, hypothesis: Hypothesis, ask: Ask) -> Hypothesis:
        return hypothesis if ask.final else Hypothesis("")


class Writing(Segment):
    def feed(self, samples: Samples) -> None:
        super().feed(samples)
        samples *= 0.5


class Borrowing(Segment):
    def feed(self, samples: Samples) -> None:
        self._samples = np.concatenate((self._samples, samples)) if len(self._samples) else samples


class Deaf(Segment):
    def decode(self, ask: Ask, abort: Abort) -> Hypothesis:
        return super().decode(ask, lambda: False)


class Stubborn(Segment):
    def decode(self, ask: Ask, abort: Abort) -> Hypothesis:
        abort()
        return super().decode(ask, lambda: False)


class BrokenByAborts(Segment):
    def decode(self, ask: Ask, abort: Abort) -> Hypothesis:
        try:
            return super().decode(ask, abort)
        except CancelledError:
            self._samples = self._samples[:-1]
            raise


class Mixing(Segment):
    current: ClassVar[ScriptedSegment | None] = None

    def feed(self, samples: Samples) -> None:
        super().feed(samples)
        if type(self).current not in {None, self}:
            self._samples = self._samples + np.float32(0.1)
        type(self).current = self

    def close(self) -> None:
        super().close()
        type(self).current = None


class IgnoringPrefix(Segment):
    def decode(self, ask: Ask, abort: Abort) -> Hypothesis:
        return super().decode(replace(ask, prefix=""), abort)


class TrustingDrafts(Segment):
    def answer(self, hypothesis: Hypothesis, ask: Ask) -> Hypothesis:
        return replace(hypothesis, text=ask.draft or hypothesis.text)


class ObeyingHotwords(Segment):
    def answer(self, hypothesis: Hypothesis, ask: Ask) -> Hypothesis:
        if not self._options.hotwords:
            return hypothesis
        return replace(hypothesis, text=self._options.hotwords[0])


class ClosingBadly(Segment):
    n_unfinished: ClassVar[int] = 0
    finished = False

    def answer(self, hypothesis: Hypothesis, ask: Ask) -> Hypothesis:
        self.finished = ask.final
        return replace(hypothesis, text=hypothesis.text + "!" * type(self).n_unfinished)

    def close(self) -> None:
        super().close()
        type(self).n_unfinished += not self.finished


@pytest.mark.parametrize(
    ("segment", "declared", "promise"),
    [
        (Segment, {"max_segment_s": 0.0}, "segments of a second"),
        (Segment, {"languages": ("English!",)}, "BCP 47"),
        (Segment, {"word_times": False, "confidences": True}, "belong to words"),
        (Segment, {"word_times": False, "confidences": False}, "gives no words"),
        (Segment, {"confidences": False}, "only given where declared"),
        (NeverFinal, {}, "gives a final hypothesis"),
        (Padded, {}, "no space around"),
        (NumpyTimes, {}, "plain Python values"),
        (OtherLanguage, {"languages": ("en",)}, "in a declared language"),
        (Shuffled, {}, "follow each other"),
        (TooLate, {}, "within the audio"),
        (TooSure, {}, r"in \[0, 1\]"),
        (Dreaming, {}, "has no words"),
        (LastPieceOnly, {}, "cut into pieces"),
        (AlwaysFinal, {}, "only a final pass"),
        (ChangedByPartials, {}, "do not change it"),
        (Segment, {"agreement": 1}, "passes must agree"),
        (Segment, {"agreement": 8}, "passes must agree"),
        (Segment, {"resumes": None}, "it resumes, or not"),
        (EndedByFinals, {}, "goes on as without it"),
        (EndedByLiveFinals, {}, "goes on as without it"),
        (CountingPasses, {}, "depends on the audio alone"),
        (SilentUntilTheEnd, {}, "words before the end"),
        (Writing, {}, "not written to"),
        (Borrowing, {}, "no reference"),
        (Deaf, {}, "asks whether to stop"),
        (Stubborn, {}, "raises CancelledError at once"),
        (BrokenByAborts, {}, "after an abort"),
        (Mixing, {}, "do not mix"),
        (IgnoringPrefix, {}, "begins the text"),
        (TrustingDrafts, {}, "never changes the result"),
        (ObeyingHotwords, {"hotwords": False}, "are ignored"),
        (ClosingBadly, {}, "closed in any state"),
    ],
)
def test_the_suite_names_the_promise_that_an_engine_breaks(
    segment: type[Segment], declared: dict[str, Any], promise: str
) -> None:
    def make_engine() -> SpeechEngine:
        engine: SpeechEngine = Broken(segment, **declared)
        return engine

    with pytest.raises(AssertionError, match=promise):
        check_engine(make_engine)


class Late:
    """Knows what it can do once it is loaded, since that depends on its model."""

    capabilities: Capabilities

    def load(self) -> None:
        self.capabilities = ScriptedEngine.capabilities

    def open(self, options: SegmentOptions) -> ScriptedSegment:
        return ScriptedSegment(options, self.capabilities)


def test_what_an_engine_can_do_may_be_known_only_once_it_is_loaded() -> None:
    check_engine(Late)


def test_an_engine_that_says_that_it_shares_has_to_be_able_to() -> None:
    with pytest.raises(AssertionError, match="decode_together"):
        check_engine(lambda: Broken(Segment, together=2))


def test_an_engine_that_should_recognise_something_else_fails_the_suite() -> None:
    with pytest.raises(AssertionError, match="not 'hello'"):
        check_engine(ScriptedEngine, text="hello")
