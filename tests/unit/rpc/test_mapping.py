from __future__ import annotations

import dataclasses
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar import domain
from sidecar.engine.base import Capabilities
from sidecar.errors import TooLargeError
from sidecar.protocol import messages
from sidecar.rpc.mapping import (
    capabilities_to_wire,
    event_from_wire,
    event_to_wire,
    to_ms,
    to_permille,
    transcript_from_wire,
    transcript_to_wire,
)

seconds = st.integers(0, 10**8).map(lambda ms: ms / 1000)
shares = st.integers(0, 1000).map(lambda permille: permille / 1000)
texts = st.text(max_size=20)
languages = st.none() | st.sampled_from(["en", "zh-CN"])
words = st.builds(
    domain.Word,
    text=st.text(min_size=1, max_size=20),
    start_s=seconds,
    end_s=seconds,
    confidence=st.none() | shares,
)
segments = st.builds(
    domain.Segment,
    start_s=seconds,
    end_s=seconds,
    text=texts,
    words=st.lists(words, max_size=3).map(tuple),
    language=languages,
)
bins = st.lists(shares, max_size=5).map(tuple)
events = st.one_of(
    segments,
    st.builds(
        domain.Progress,
        phase=st.sampled_from(["queued", "loading", "transcribing"]),
        done_s=seconds,
        total_s=st.none() | seconds,
    ),
    st.builds(domain.Level, start_s=seconds, bin_s=seconds, peak=bins, rms=bins, speech=bins),
)
transcripts = st.builds(
    domain.Transcript,
    text=texts,
    segments=st.lists(segments, max_size=3).map(tuple),
    language=languages,
    engine=st.just("builtin"),
    timings=st.builds(
        domain.Timings, audio_s=seconds, speech_s=seconds, decode_s=seconds, total_s=seconds
    ),
    notices=st.lists(texts, max_size=2).map(tuple),
)


def over_the_wire(struct: Any) -> Any:
    """The struct as the other end reads it, checked against its schema."""
    return msgspec.convert(msgspec.to_builtins(struct), type(struct))


@given(transcripts)
def test_a_transcript_survives_the_wire(transcript: domain.Transcript) -> None:
    assert transcript_from_wire(over_the_wire(transcript_to_wire(transcript))) == transcript


@given(events)
def test_an_event_survives_the_wire(event: domain.TranscriptionEvent) -> None:
    # A bin of zero length is no bin: the schema refuses it, so no level meter makes one.
    if isinstance(event, domain.Level) and not 0 < event.bin_s <= 10:
        event = dataclasses.replace(event, bin_s=0.05)

    assert event_from_wire(over_the_wire(event_to_wire(event))) == event


@given(st.floats())
def test_whatever_an_engine_claims_fits_the_schema(value: float) -> None:
    word = domain.Word("a" * 300, value, value, value)
    segment = domain.Segment(value, value, "a", (word, domain.Word("", 0, 0)), "")

    wire = over_the_wire(event_to_wire(segment))

    assert [len(word.text) for word in wire.segment.words] == [256]


@pytest.mark.parametrize("language", ["", "e", "x" * 36])
def test_a_language_that_is_no_tag_is_left_out(language: str) -> None:
    segment = domain.Segment(0, 1, "a", (), language)

    assert over_the_wire(event_to_wire(segment)).segment.language is msgspec.UNSET


def test_more_than_a_message_may_carry_is_refused_and_never_cut() -> None:
    word = domain.Word("a", 0, 1)
    too_long = (
        domain.Segment(0, 1, "a" * 65_537),
        domain.Segment(0, 1, "a", (word,) * 4097),
    )
    fits = domain.Segment(0, 1, "a" * 65_536, (word,) * 4096)
    timings = domain.Timings(1, 1, 1, 1)
    three_bytes_each = "\N{CJK UNIFIED IDEOGRAPH-4E00}" * 700_000

    assert len(over_the_wire(event_to_wire(fits)).segment.words) == 4096
    for segment in too_long:
        with pytest.raises(TooLargeError, match="split the recording"):
            event_to_wire(segment)
    for transcript in (
        domain.Transcript(three_bytes_each, (), None, "builtin", timings),
        domain.Transcript("a", (domain.Segment(0, 1, "a"),) * 65_537, None, "builtin", timings),
    ):
        with pytest.raises(TooLargeError):
            transcript_to_wire(transcript)


@given(st.floats(), st.lists(st.text(max_size=40), max_size=600).map(tuple))
def test_whatever_an_engine_declares_fits_the_schema(
    seconds: float, languages: tuple[str, ...]
) -> None:
    declared = Capabilities(languages=languages, max_segment_s=seconds)

    wire = over_the_wire(capabilities_to_wire(declared))

    assert set(wire.languages) <= set(languages)


def test_times_and_shares_are_rounded_and_kept_in_range() -> None:
    assert [to_ms(s) for s in (-1.0, 0.0004, 0.0006, 1e12, float("inf"))] == [
        0,
        0,
        1,
        2**32 - 1,
        2**32 - 1,
    ]
    assert [to_permille(s) for s in (-0.1, 0.5, 1.2)] == [0, 500, 1000]


def test_capabilities_become_a_message_that_fits_the_schema() -> None:
    declared = Capabilities(languages=("en",), word_times=True, max_segment_s=30, notice="x" * 600)

    wire = over_the_wire(capabilities_to_wire(declared))

    assert wire == messages.EngineCaps(
        languages=("en",),
        word_times=True,
        confidences=False,
        partials=False,
        forced_prefix=False,
        drafts=False,
        hotwords=False,
        max_segment_ms=30_000,
        notice="x" * 512,
    )
