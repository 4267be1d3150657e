from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar import domain
from sidecar.errors import ParseError, TooLargeError
from sidecar.protocol import messages
from sidecar.rpc.mapping import event_from_wire
from sidecar.rpc.mapping_live import (
    CUT,
    close_to_wire,
    cut_to_message,
    final_from_wire,
    live_event_from_wire,
    live_event_to_wire,
)
from tests.unit.rpc.test_mapping import bins, languages, over_the_wire, seconds, texts, words

numbers = st.integers(0, 2**32 - 1)
finals = st.builds(
    domain.Final,
    text=texts,
    language=languages,
    engine=st.just("builtin"),
    timings=st.builds(
        domain.Timings, audio_s=seconds, speech_s=seconds, decode_s=seconds, total_s=seconds
    ),
    reason=st.sampled_from(["close", "abort", "error"]),
    complete=st.booleans(),
    recording=st.none() | st.just("0123456789abcdef" * 2),
    notices=st.lists(texts, max_size=2).map(tuple),
)
live_events = st.one_of(
    st.builds(
        domain.Level,
        start_s=seconds,
        bin_s=st.just(0.032),
        peak=bins,
        rms=bins,
        speech=bins,
    ),
    st.builds(domain.SpeechEdge, edge=st.sampled_from(["start", "end"]), at_s=seconds),
    st.builds(
        domain.Partial, segment=numbers, revision=numbers, text=texts, stable_chars=st.just(0)
    ),
    st.builds(
        domain.Commit,
        segment=numbers,
        offset=numbers,
        text=st.text(min_size=1, max_size=20),
        start_s=seconds,
        end_s=seconds,
        words=st.lists(words, max_size=3).map(tuple),
    ),
    st.builds(
        domain.SegmentFinal,
        segment=numbers,
        text=texts,
        start_s=seconds,
        end_s=seconds,
        trigger=st.sampled_from(["pause", "length", "flush", "close"]),
    ),
    st.builds(domain.Flushed, seq=numbers),
    st.builds(
        domain.Status,
        state=st.sampled_from(["loading", "listening", "speech", "recovering", "draining"]),
        lag_s=seconds,
        rtf=seconds,
        interval_s=seconds,
    ),
    st.builds(
        domain.Trouble,
        kind=st.just("DISK_FULL"),
        message=texts,
        recoverable=st.booleans(),
        detail=st.none() | texts,
    ),
    finals,
)


def sent(event: domain.LiveEvent) -> list[messages.Event]:
    """The messages that tell of an event, as the other end reads them."""
    return [over_the_wire(message) for message in live_event_to_wire(event)]


@given(live_events)
def test_an_event_of_a_dictation_survives_the_wire(event: domain.LiveEvent) -> None:
    (message,) = sent(event)

    assert live_event_from_wire(message) == event


@given(finals)
def test_the_answer_of_close_says_what_the_last_event_said(final: domain.Final) -> None:
    assert final_from_wire(over_the_wire(close_to_wire(final))) == final


def test_an_event_of_the_other_kind_of_owner_is_refused() -> None:
    progress = messages.ProgressEvent(phase="loading", done_ms=0)
    flushed = messages.FlushedEvent(seq=1)

    with pytest.raises(ParseError):
        live_event_from_wire(progress)
    with pytest.raises(ParseError):
        event_from_wire(flushed)


@given(length=st.integers(65_530, 200_000), word=st.sampled_from(["a", "语", "𝄞"]))
def test_a_long_commit_is_told_in_pieces_that_join_to_it(length: int, word: str) -> None:
    commit = domain.Commit(3, 7, word * length, 1.0, 2.0, (domain.Word(word, 1.0, 2.0),))

    told = [live_event_from_wire(message) for message in sent(commit)]

    pieces = [piece for piece in told if isinstance(piece, domain.Commit)]
    assert "".join(piece.text for piece in pieces) == commit.text
    offset = 7
    for piece in pieces:
        assert piece.offset == offset
        offset += len(piece.text)
    assert len(pieces) == 1 or not any(piece.words for piece in pieces)


def test_a_commit_of_more_words_than_a_message_can_carry_keeps_its_text() -> None:
    word = domain.Word("a", 0.0, 0.1)
    commit = domain.Commit(0, 0, "a " * 5000, 0.0, 1.0, (word,) * 5000)

    (message,) = sent(commit)

    assert isinstance(message, messages.CommitEvent)
    assert (message.text, message.words) == (commit.text, ())


def test_a_word_of_no_text_is_left_out() -> None:
    empty, full = domain.Word("", 0.0, 0.1), domain.Word("a", 0.1, 0.2)

    (message,) = sent(domain.Commit(0, 0, "a", 0.0, 1.0, (empty, full)))

    assert isinstance(message, messages.CommitEvent)
    assert [word.text for word in message.words] == ["a"]


def test_a_long_partial_is_cut_as_it_is_replaced_anyway() -> None:
    (message,) = sent(domain.Partial(0, 0, "a" * 70_000, 70_000))

    assert isinstance(message, messages.PartialEvent)
    assert (len(message.text), message.stable_chars) == (65_536, 65_536)


def test_a_segment_of_more_text_than_fits_is_refused() -> None:
    with pytest.raises(TooLargeError):
        sent(domain.SegmentFinal(0, "a" * 65_537, 0.0, 1.0, "pause"))


def test_long_texts_of_an_error_are_cut() -> None:
    (message,) = sent(domain.Trouble("K" * 99, "m" * 2000, recoverable=False, detail="d" * 999))

    assert isinstance(message, messages.ErrorEvent)
    assert (len(message.kind), len(message.message), len(message.detail or "")) == (32, 1024, 256)


@pytest.mark.parametrize("word", ["a", "语", "𝄞"])
def test_the_last_word_is_said_however_long_the_text(word: str) -> None:
    timings = domain.Timings(0, 0, 0, 0)
    text = word * (messages.LIMITS.max_str_bytes // len(word.encode()) + 1)
    final = domain.Final(text, None, "e", timings, "close", complete=True, notices=("n",) * 20)

    (message,) = sent(final)

    assert isinstance(message, messages.FinalEvent)
    assert final.text.startswith(message.text)
    assert len(message.text) == len(text) - 1
    assert message.notices[0] == CUT
    assert len(message.notices) == 16


@given(texts)
def test_a_text_that_fits_is_not_cut(text: str) -> None:
    assert cut_to_message(text) == text


def test_numbers_beyond_all_bounds_are_brought_back() -> None:
    status = domain.Status("behind", float("inf"), float("nan"), -1.0)

    (message,) = sent(status)

    assert isinstance(message, messages.StatusEvent)
    assert (message.lag_ms, message.rtf_permille, message.interval_ms) == (2**32 - 1, 0, 0)
    assert live_event_from_wire(message) == replace(
        status, lag_s=(2**32 - 1) / 1000, rtf=0.0, interval_s=0.0
    )
