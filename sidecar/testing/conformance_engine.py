"""What every speech engine must do, whoever wrote it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from sidecar.domain import SAMPLE_RATE_HZ, Hypothesis, Samples
from sidecar.engine.base import Ask, Capabilities, SegmentOptions, SpeechEngine, SpeechSegment
from sidecar.engine.link import Done, encode
from sidecar.errors import CancelledError
from sidecar.stabilizer.agreement import MOST_TAILS
from sidecar.testing.conformance_sharing import check_sharing

FINAL = Ask(final=True)
PLAIN = SegmentOptions()
LIVE = SegmentOptions(live=True)


def check_engine(
    make_engine: Callable[[], SpeechEngine],
    *,
    speech: Samples | None = None,
    text: str | None = None,
) -> None:
    """Assert every promise of `SpeechEngine`.

    Args:
        make_engine: the engine's class, or anything else that makes one.
        speech: something the engine recognises, mono 16 kHz, shape (n,); a second will do.
            Without it the engine is played a melody, which may mean nothing to it.
        text: what it should recognise in `speech`, if it is that good.

    Raises:
        AssertionError: naming the promise that is broken.
    """
    engine = make_engine()
    engine.load()
    _check_capabilities(engine.capabilities)
    lab = _Lab(engine, melody() if speech is None else speech)
    reference = lab.final(lab.speech)
    assert text is None or reference.text == text, f"it heard {reference.text!r}, not {text!r}"
    for check in CHECKS:
        check(lab, reference)
    check_sharing(engine, lab.speech)


@dataclass(frozen=True, slots=True)
class _Lab:
    """An engine that is loaded, and something to play to it."""

    engine: SpeechEngine
    speech: Samples

    def fed(self, pieces: Iterable[Samples], options: SegmentOptions = PLAIN) -> SpeechSegment:
        segment = self.engine.open(options)
        for piece in pieces:
            segment.feed(piece.copy())
        return segment

    def final(
        self,
        samples: Samples,
        options: SegmentOptions = PLAIN,
        ask: Ask = FINAL,
    ) -> Hypothesis:
        segment = self.fed([samples], options)
        hypothesis = segment.decode(ask, _never)
        segment.close()
        return hypothesis


def melody() -> Samples:
    """Three seconds: three notes, and a pause after each."""
    time_s = np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    notes = [np.sin(2 * np.pi * hz * time_s) * (time_s < 0.7) for hz in (220.0, 277.2, 329.6)]
    return (0.3 * np.concatenate(notes)).astype(np.float32)


def _never() -> bool:
    return False


def _check_capabilities(declared: Capabilities) -> None:
    assert isinstance(declared, Capabilities), "capabilities are a Capabilities"
    assert declared.max_segment_s >= 1, "segments of a second are the least an engine takes"
    tags = all(re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", t) for t in declared.languages)
    assert tags, "languages are BCP 47 tags"
    assert declared.agreement in {0, *range(2, MOST_TAILS)}, "no, or 2 to 7, passes must agree"
    assert declared.resumes in {True, False}, "it resumes, or not"
    assert declared.together >= 1, "an engine makes at least one pass at a time"
    assert declared.word_times or not declared.confidences, "confidences belong to words"


def _check_result(lab: _Lab, reference: Hypothesis) -> None:
    assert reference.final, "a final pass gives a final hypothesis"
    assert reference.text == reference.text.strip(), "text has no space around it"
    try:
        encode(Done(1, reference.text, reference.words, reference.language, reference.final))
    except TypeError:
        raise AssertionError("a hypothesis holds plain Python values, not those of numpy") from None
    declared = lab.engine.capabilities.languages
    spoken = reference.language is None or not declared or reference.language in declared
    assert spoken, "a hypothesis is in a declared language"


def _check_words(lab: _Lab, reference: Hypothesis) -> None:
    declared = lab.engine.capabilities
    words = reference.words
    if not declared.word_times:
        assert not words, "an engine that declares no word times gives no words"
        return
    assert bool(words) == bool(reference.text), "text and words come together"
    duration_s = len(lab.speech) / SAMPLE_RATE_HZ
    times = [time_s for word in words for time_s in (word.start_s, word.end_s)]
    assert times == sorted(times), "words follow each other in time"
    assert all(0 <= t <= duration_s for t in times), "words lie within the audio"
    assert all(word.text.strip() for word in words), "a word is not empty"
    scores = [word.confidence for word in words]
    if declared.confidences:
        assert all(s is not None and 0 <= s <= 1 for s in scores), "confidences are in [0, 1]"
    else:
        assert all(s is None for s in scores), "confidences are only given where declared"


def _check_nothing_is_heard_in_silence(lab: _Lab, _: Hypothesis) -> None:
    faint = np.random.default_rng(0).normal(0, 1e-5, SAMPLE_RATE_HZ).astype(np.float32)
    for name, samples in (
        ("an empty segment", np.empty(0, np.float32)),
        ("a single sample", np.zeros(1, np.float32)),
        ("digital silence", np.zeros(SAMPLE_RATE_HZ, np.float32)),
        ("noise at -100 dBFS", faint),
    ):
        heard = lab.final(samples)
        assert (heard.text, heard.words) == ("", ()), f"{name} has no words"


def _check_pieces_change_nothing(lab: _Lab, reference: Hypothesis) -> None:
    cuts = np.random.default_rng(2).integers(0, len(lab.speech), 12)
    pieces = np.split(lab.speech, np.sort(np.append(cuts, cuts[0])))
    segment = lab.fed(pieces)
    heard = segment.decode(FINAL, _never)
    segment.close()
    assert heard == reference, "how audio is cut into pieces changes nothing"


def _check_partials(lab: _Lab, reference: Hypothesis) -> None:
    segment = lab.engine.open(PLAIN)
    for piece in np.array_split(lab.speech, 3):
        segment.feed(piece.copy())
        partial = segment.decode(Ask(), _never)
        assert not partial.final, "only a final pass gives a final hypothesis"
    if lab.engine.capabilities.partials and reference.text:
        assert partial.text, "an engine that declares partials has words before the end"
    heard = segment.decode(FINAL, _never)
    segment.close()
    assert heard == reference, "passes before the final one do not change it"


def _check_a_final_pass_is_not_the_end(lab: _Lab, reference: Hypothesis) -> None:
    for options, expected in ((PLAIN, reference), (LIVE, lab.final(lab.speech, LIVE))):
        segment = lab.engine.open(options)
        for piece in np.array_split(lab.speech, 3):
            segment.feed(piece.copy())
            heard = segment.decode(FINAL, _never)
        again = segment.decode(FINAL, _never)
        segment.close()
        assert heard == again == expected, "after a final pass a segment goes on as without it"


def _check_live(lab: _Lab, _: Hypothesis) -> None:
    expected = lab.final(lab.speech, LIVE)
    _check_words(lab, expected)
    for n_pieces, ask_after in ((30, 1), (30, 7), (2, 1), (3, 3)):
        segment = lab.engine.open(LIVE)
        for number, piece in enumerate(np.array_split(lab.speech, n_pieces)):
            segment.feed(piece.copy())
            if number % ask_after == 0:
                segment.decode(Ask(), _never)
        heard = segment.decode(FINAL, _never)
        segment.close()
        assert heard == expected, "what is said live depends on the audio alone"


def _check_input_is_left_alone(lab: _Lab, reference: Hypothesis) -> None:
    pushed = lab.speech.copy()
    segment = lab.engine.open(PLAIN)
    segment.feed(pushed)
    assert (pushed == lab.speech).all(), "input is not written to"
    pushed[:] = 0
    heard = segment.decode(FINAL, _never)
    segment.close()
    assert heard == reference, "no reference to the input is kept"


def _check_abort(lab: _Lab, reference: Hypothesis) -> None:
    untold = lab.fed([lab.speech])
    questions = _aborted_at(untold, 10**9)
    untold.close()
    assert questions > 0, "an engine asks whether to stop"
    for nth in {1, (questions + 1) // 2}:
        segment = lab.fed([lab.speech])  # what was heard before may be kept, and asks no more
        # Whoever asks by the clock may be done before he has asked so often again.
        told = _aborted_at(segment, nth)
        assert 0 < told <= nth, "an aborted pass raises CancelledError at once"
        heard = segment.decode(FINAL, _never)
        assert heard == reference, "after an abort a segment works as before"
        segment.close()
    assert lab.final(lab.speech) == reference, "after an abort the engine works as before"


def _aborted_at(segment: SpeechSegment, nth: int) -> int:
    """Abort a pass at the n-th question; how often it asked, and -1 if it went on."""
    asked = 0

    def abort() -> bool:
        nonlocal asked
        asked += 1
        return asked >= nth

    try:
        segment.decode(FINAL, abort)
    except CancelledError:
        return asked
    return asked if asked < nth else -1


def _check_segments_do_not_mix(lab: _Lab, reference: Hypothesis) -> None:
    backwards = np.ascontiguousarray(lab.speech[::-1])
    alone = lab.final(backwards)
    one, other = lab.engine.open(PLAIN), lab.engine.open(PLAIN)
    for piece, reversed_piece in zip(
        np.array_split(lab.speech, 2), np.array_split(backwards, 2), strict=True
    ):
        one.feed(piece.copy())
        other.feed(reversed_piece.copy())
        one.decode(Ask(), _never)
        other.decode(Ask(), _never)
    heard = [one.decode(FINAL, _never), other.decode(FINAL, _never)]
    one.close()
    other.close()
    assert heard == [reference, alone], "two open segments do not mix"


def _check_prefix(lab: _Lab, reference: Hypothesis) -> None:
    if not lab.engine.capabilities.forced_prefix:
        return
    own = " ".join(reference.text.split()[:2])
    for prefix in (own, "zebra"):
        heard = lab.final(lab.speech, ask=Ask(final=True, prefix=prefix))
        assert heard.text.startswith(prefix), "a forced prefix begins the text"


def _check_draft(lab: _Lab, reference: Hypothesis) -> None:
    if not lab.engine.capabilities.drafts:
        return
    for draft in (reference.text, "zebra crossing"):
        heard = lab.final(lab.speech, ask=Ask(final=True, draft=draft))
        assert heard.text == reference.text, "a draft never changes the result"


def _check_hotwords(lab: _Lab, reference: Hypothesis) -> None:
    heard = lab.final(lab.speech, SegmentOptions(hotwords=("zebra", "Zürich", "斑马")))
    if not lab.engine.capabilities.hotwords:
        assert heard == reference, "hotwords that are not declared are ignored"
    assert lab.final(lab.speech) == reference, "hotwords last as long as their segment"


def _check_languages(lab: _Lab, _: Hypothesis) -> None:
    for language in lab.engine.capabilities.languages:
        assert lab.final(lab.speech, SegmentOptions(language=language)).final, "it speaks it"


def _check_close(lab: _Lab, reference: Hypothesis) -> None:
    lab.engine.open(PLAIN).close()
    lab.fed([lab.speech]).close()
    halfway = lab.fed([lab.speech])
    halfway.decode(Ask(), _never)
    halfway.close()
    aborted = lab.fed([lab.speech])
    assert _aborted_at(aborted, 1) == 1, "an aborted pass raises CancelledError at once"
    aborted.close()
    assert lab.final(lab.speech) == reference, "segments may be closed in any state"


CHECKS: tuple[Callable[[_Lab, Hypothesis], None], ...] = (
    _check_result,
    _check_words,
    _check_nothing_is_heard_in_silence,
    _check_pieces_change_nothing,
    _check_partials,
    _check_a_final_pass_is_not_the_end,
    _check_live,
    _check_input_is_left_alone,
    _check_abort,
    _check_segments_do_not_mix,
    _check_prefix,
    _check_draft,
    _check_hotwords,
    _check_languages,
    _check_close,
)
