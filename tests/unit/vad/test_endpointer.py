from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.vad.endpointer import Endpointer, EndpointerOptions, FrameSpan, frames_of

CONFIRM = frames_of(250)
PRE_ROLL = frames_of(500)
TAIL = frames_of(200)
LONGEST = 875  # frames in 28 s


def spans_of(probabilities: Sequence[float], **options: float) -> list[FrameSpan]:
    endpointer = Endpointer(EndpointerOptions(**options))  # type: ignore[arg-type]
    ended = [endpointer.push(probability) for probability in probabilities]
    return [span for span in (*ended, endpointer.flush()) if span is not None]


def silence(frames: int) -> list[float]:
    return [0.02] * frames


def voice(frames: int, probability: float = 0.95) -> list[float]:
    return [probability] * frames


def test_silence_gives_no_span() -> None:
    assert spans_of(silence(2_000)) == []


def test_a_word_gives_one_span_with_its_pre_roll_and_tail() -> None:
    spans = spans_of(silence(100) + voice(20) + silence(100))

    assert spans == [FrameSpan(100 - PRE_ROLL, 120 + TAIL)]


def test_two_of_three_likely_frames_begin_a_span_at_the_first_of_them() -> None:
    spans = spans_of([*silence(50), 0.6, 0.4, 0.6, *voice(20, 0.4), *silence(100)])

    assert spans == [FrameSpan(50 - PRE_ROLL, 73 + TAIL)]


def test_likely_frames_further_apart_begin_nothing() -> None:
    assert spans_of([0.6, 0.4, 0.4] * 50) == []


def test_one_very_likely_frame_begins_a_span() -> None:
    spans = spans_of([*silence(50), 0.8, *voice(20, 0.4), *silence(100)])

    assert spans == [FrameSpan(50 - PRE_ROLL, 71 + TAIL)]


def test_a_click_shorter_than_the_confirmation_is_dropped() -> None:
    too_short = spans_of(silence(50) + voice(CONFIRM - 1) + silence(100))
    just_enough = spans_of(silence(50) + voice(CONFIRM) + silence(100))

    assert too_short == []
    assert len(just_enough) == 1


def test_a_dropped_click_leaves_its_audio_to_the_pre_roll_of_the_next_span() -> None:
    pause = frames_of(900)
    spans = spans_of(silence(50) + voice(2) + silence(pause) + voice(20) + silence(100))

    assert spans[0].start == 50 + 2 + pause - PRE_ROLL


@pytest.mark.parametrize(
    ("age_s", "pause_ms"), [(1, 900), (2.5, 900), (5, 700), (12, 500), (18, 300), (23, 150)]
)
def test_the_pause_that_ends_a_span_shortens_with_its_age(age_s: float, pause_ms: int) -> None:
    words, pause = voice(frames_of(age_s * 1_000)), frames_of(pause_ms)

    bridged = spans_of(words + silence(pause - 1) + voice(20) + silence(100))
    ended = spans_of(words + silence(pause) + voice(20) + silence(100))

    assert len(bridged) == 1
    assert len(ended) == 2


def test_speech_without_pauses_is_cut_where_it_is_least_likely_and_nothing_is_lost() -> None:
    talk = [*voice(760), 0.9, 0.5, 0.2, 0.6, *voice(400)]

    first, second = spans_of(talk)

    assert first == FrameSpan(0, 762, "length")
    assert second == FrameSpan(762, len(talk), "flush")


def test_a_dip_that_is_no_silence_is_waited_out_until_the_longest_allowed() -> None:
    talk = [*voice(800), 0.4, *voice(400)]

    first, second = spans_of(talk)

    assert first == FrameSpan(0, 800, "length")
    assert second == FrameSpan(800, len(talk), "flush")


def test_a_dip_before_the_last_five_seconds_is_too_early_to_cut_at() -> None:
    talk = [*voice(600), 0.4, *voice(600)]

    first, _ = spans_of(talk)

    assert LONGEST - frames_of(5_000) <= first.end <= LONGEST


def test_the_rest_after_a_cut_is_kept_however_short() -> None:
    talk = [*voice(790), 0.1, *voice(3), *silence(60)]

    first, second = spans_of(talk)

    assert first == FrameSpan(0, 790, "length")
    assert second == FrameSpan(790, 794 + TAIL)


def test_a_cut_before_silence_leaves_no_span_of_silence() -> None:
    talk = voice(780) + silence(200)

    (only,) = spans_of(talk)

    assert 780 <= only.end <= 780 + TAIL


def test_a_span_is_not_cut_where_text_is_settled() -> None:
    talk = [*voice(770), 0.1, *voice(400)]
    endpointer = Endpointer()
    endpointer.no_cut_before = 775

    spans = [span for p in talk if (span := endpointer.push(p)) is not None]

    assert spans[0].ended == "length"
    assert 775 <= spans[0].end <= LONGEST


def test_a_span_whose_text_is_settled_up_to_now_is_cut_now() -> None:
    endpointer = Endpointer()
    spans = []
    for p in voice(LONGEST + 10):
        endpointer.no_cut_before = endpointer.n_frames + 1
        spans.append(endpointer.push(p))

    assert [span for span in spans if span] == [FrameSpan(0, LONGEST - 1, "length")]


def test_a_flush_ends_the_open_span_and_the_stream_goes_on() -> None:
    endpointer = Endpointer()
    for p in voice(100):
        endpointer.push(p)

    first = endpointer.flush()
    for p in voice(50):
        endpointer.push(p)
    second = endpointer.flush()

    assert first == FrameSpan(0, 100, "flush")
    assert second == FrameSpan(100, 150, "flush")


def test_a_span_is_open_once_it_is_confirmed_and_until_it_ends() -> None:
    endpointer = Endpointer()
    was_open = []
    for p in silence(50) + voice(20) + silence(60):
        endpointer.push(p)
        was_open.append(endpointer.open is not None)

    assert was_open.index(True) == 50 + CONFIRM - 1
    assert not was_open[-1]
    assert was_open.count(True) > 20 - CONFIRM


def test_an_engine_with_shorter_segments_gets_shorter_spans_of_the_same_shape() -> None:
    spans = spans_of(voice(5_000), longest_s=7.0)

    assert all(span.end - span.start <= 7_000 / 32 for span in spans)
    assert sum(span.end - span.start for span in spans) == 5_000


def test_a_limit_too_short_for_a_word_is_refused() -> None:
    with pytest.raises(ValueError, match="no room"):
        EndpointerOptions(longest_s=1.0)


# Streams like real ones: stretches of one kind, with the odd frame anywhere.
stretches = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.2, 0.34, 0.35, 0.5, 0.6, 0.79, 0.8, 1.0]), st.integers(1, 1_000)
    ),
    max_size=12,
).map(lambda parts: [probability for probability, n in parts for _ in range(n)])
limits_s = st.sampled_from([2.0, 7.0, 28.0])
streams = st.one_of(stretches, st.lists(st.floats(0, 1), max_size=2_000))


@given(streams, limits_s)
def test_spans_are_ordered_disjoint_within_bounds_and_never_too_long(
    stream: list[float], longest_s: float
) -> None:
    position = 0
    for span in spans_of(stream, longest_s=longest_s):
        assert position <= span.start < span.end <= len(stream)
        assert (span.end - span.start) * 0.032 <= longest_s
        position = span.end


@given(streams, limits_s)
def test_every_run_of_speech_long_enough_is_inside_spans(
    stream: list[float], longest_s: float
) -> None:
    spans = spans_of(stream, longest_s=longest_s)
    covered = {i for span in spans for i in range(span.start, span.end)}

    run: list[int] = []
    for i, probability in enumerate([*stream, 0.0]):
        if probability >= 0.5:
            run.append(i)
            continue
        if len(run) >= CONFIRM + 1:  # one frame may pass before the second begins the span
            assert covered.issuperset(run)
        run = []


@given(streams)
def test_no_span_but_the_rest_of_a_cut_one_is_without_enough_voice(stream: list[float]) -> None:
    previous_end = -1
    for span in spans_of(stream):
        voiced = sum(p >= 0.35 for p in stream[span.start : span.end])
        assert voiced >= (1 if span.start == previous_end else CONFIRM)
        previous_end = span.end


@given(streams, limits_s)
def test_what_an_open_span_shows_is_what_it_becomes_unless_it_is_cut(
    stream: list[float], longest_s: float
) -> None:
    endpointer = Endpointer(EndpointerOptions(longest_s=longest_s))
    shown = None
    for probability in stream:
        span = endpointer.push(probability)
        if span and shown:
            assert span.start == shown.start
            assert span.ended == "length" or span.end >= shown.end
        now = endpointer.open
        if shown and now and not span:
            assert now.start == shown.start
            assert now.end >= shown.end
        shown = now


@given(streams)
def test_a_span_never_needs_a_frame_that_was_given_up(stream: list[float]) -> None:
    endpointer = Endpointer()
    given_up = 0
    for probability in stream:
        span = endpointer.push(probability)
        assert span is None or span.start >= given_up
        assert endpointer.keep_from >= given_up
        given_up = endpointer.keep_from
    last = endpointer.flush()

    assert last is None or last.start >= given_up
