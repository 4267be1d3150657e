"""The domain's values as messages, and back: seconds to milliseconds, shares to permille.

Those of dictations are in `mapping_live`.
"""

from __future__ import annotations

from collections.abc import Sequence, Sized
from typing import TypeVar, assert_never

from msgspec import UNSET, UnsetType

from sidecar import domain
from sidecar.engine.base import Capabilities
from sidecar.errors import ParseError, TooLargeError
from sidecar.protocol import messages

# What the schema allows. An engine may be anybody's: what it claims is made to fit where
# nothing is lost by it, and refused where a text would be.
U32 = 2**32 - 1
MAX_BINS = 1024  # of one level event
MAX_WORD, MAX_NOTICE, MAX_NOTICES = 256, 512, 16
MAX_SEGMENT_TEXT, MAX_SEGMENT_WORDS, MAX_SEGMENTS = 65_536, 4096, 65_536
MAX_TAGS, TAG_LENGTHS = 512, range(2, 36)
SEGMENT_MS = (1000, 86_400_000)  # the least and the most that an engine can take

S = TypeVar("S", bound=Sized)


def to_ms(seconds: float) -> int:
    """Seconds as whole milliseconds.

    >>> to_ms(1.2345)
    1234
    """
    return round(min(max(0.0, seconds * 1000), U32))  # in this order, NaN becomes 0


def to_permille(share: float) -> int:
    """A share of 1 as permille.

    >>> to_permille(0.5)
    500
    """
    return round(min(max(0.0, share * 1000), 1000))


def event_to_wire(event: domain.TranscriptionEvent) -> messages.Event:
    """What happened, as a message."""
    match event:
        case domain.Progress():
            return messages.ProgressEvent(
                phase=event.phase,
                done_ms=to_ms(event.done_s),
                total_ms=UNSET if event.total_s is None else to_ms(event.total_s),
            )
        case domain.Level():
            return level_to_wire(event)
        case domain.Segment():
            return messages.SegmentEvent(segment=segment_to_wire(event))
        case _:
            assert_never(event)


def event_from_wire(event: messages.Event) -> domain.TranscriptionEvent:
    """What happened in a transcription, from a message.

    Raises:
        ParseError: it is an event of something else.
    """
    match event:
        case messages.ProgressEvent():
            return domain.Progress(
                phase=event.phase,
                done_s=event.done_ms / 1000,
                total_s=None if event.total_ms is UNSET else event.total_ms / 1000,
            )
        case messages.LevelEvent():
            return level_from_wire(event)
        case messages.SegmentEvent():
            return segment_from_wire(event.segment)
        case (
            messages.SpeechEvent()
            | messages.PartialEvent()
            | messages.CommitEvent()
            | messages.SegmentFinalEvent()
            | messages.FlushedEvent()
            | messages.StatusEvent()
            | messages.ErrorEvent()
            | messages.FinalEvent()
            | messages.ModelProgressEvent()
            | messages.DeltaEvent()
        ):
            raise ParseError("The sidecar told of something else than a transcription.")
        case _:
            assert_never(event)


def level_to_wire(level: domain.Level) -> messages.LevelEvent:
    """Loudness over time as a message; what is beyond `MAX_BINS` is left out."""
    return messages.LevelEvent(
        start_ms=to_ms(level.start_s),
        bin_ms=to_ms(level.bin_s),
        peak_permille=_permilles(level.peak),
        rms_permille=_permilles(level.rms),
        speech_permille=_permilles(level.speech),
    )


def level_from_wire(level: messages.LevelEvent) -> domain.Level:
    """Loudness over time from a message."""
    return domain.Level(
        start_s=level.start_ms / 1000,
        bin_s=level.bin_ms / 1000,
        peak=_shares(level.peak_permille),
        rms=_shares(level.rms_permille),
        speech=_shares(level.speech_permille),
    )


def segment_to_wire(segment: domain.Segment) -> messages.Segment:
    """A segment as a message.

    Raises:
        TooLargeError: more text or words than one segment may have.
    """
    return messages.Segment(
        start_ms=to_ms(segment.start_s),
        end_ms=to_ms(segment.end_s),
        text=within(MAX_SEGMENT_TEXT, segment.text),
        words=within(
            MAX_SEGMENT_WORDS, tuple(word_to_wire(word) for word in segment.words if word.text)
        ),
        language=tag_to_wire(segment.language),
    )


def segment_from_wire(segment: messages.Segment) -> domain.Segment:
    """A segment from a message."""
    return domain.Segment(
        start_s=segment.start_ms / 1000,
        end_s=segment.end_ms / 1000,
        text=segment.text,
        words=tuple(word_from_wire(word) for word in segment.words),
        language=segment.language or None,
    )


def transcript_to_wire(transcript: domain.Transcript) -> messages.TranscribeResult:
    """A transcript as the answer of asr.transcribe.

    Raises:
        TooLargeError: more text or segments than one answer may have.
    """
    within(messages.LIMITS.max_str_bytes, transcript.text.encode())
    return messages.TranscribeResult(
        text=transcript.text,
        segments=within(MAX_SEGMENTS, tuple(map(segment_to_wire, transcript.segments))),
        language=tag_to_wire(transcript.language),
        engine=transcript.engine,
        timings=timings_to_wire(transcript.timings),
        notices=notices_to_wire(transcript.notices),
    )


def transcript_from_wire(result: messages.TranscribeResult) -> domain.Transcript:
    """A transcript from the answer of asr.transcribe."""
    return domain.Transcript(
        text=result.text,
        segments=tuple(segment_from_wire(segment) for segment in result.segments),
        language=result.language or None,
        engine=result.engine,
        timings=timings_from_wire(result.timings),
        notices=tuple(result.notices),
    )


def timings_to_wire(timings: domain.Timings) -> messages.Timings:
    """Where the time went, as a message."""
    return messages.Timings(
        audio_ms=to_ms(timings.audio_s),
        speech_ms=to_ms(timings.speech_s),
        decode_ms=to_ms(timings.decode_s),
        total_ms=to_ms(timings.total_s),
    )


def timings_from_wire(timings: messages.Timings) -> domain.Timings:
    """Where the time went, from a message."""
    return domain.Timings(
        audio_s=timings.audio_ms / 1000,
        speech_s=timings.speech_ms / 1000,
        decode_s=timings.decode_ms / 1000,
        total_s=timings.total_ms / 1000,
    )


def notices_to_wire(notices: Sequence[str]) -> tuple[str, ...]:
    """As many sentences, and as much of each, as a message can carry."""
    return tuple(notice[:MAX_NOTICE] for notice in notices[:MAX_NOTICES])


def capabilities_to_wire(capabilities: Capabilities) -> messages.EngineCaps:
    """What an engine declares, as a message."""
    return messages.EngineCaps(
        languages=tuple(tag for tag in capabilities.languages if len(tag) in TAG_LENGTHS)[
            :MAX_TAGS
        ],
        word_times=capabilities.word_times,
        confidences=capabilities.confidences,
        partials=capabilities.partials,
        forced_prefix=capabilities.forced_prefix,
        drafts=capabilities.drafts,
        hotwords=capabilities.hotwords,
        max_segment_ms=min(max(SEGMENT_MS[0], to_ms(capabilities.max_segment_s)), SEGMENT_MS[1]),
        notice=capabilities.notice[:MAX_NOTICE],
    )


def within(limit: int, found: S) -> S:
    """What was found, if it fits.

    Raises:
        TooLargeError: it does not.
    """
    if len(found) > limit:
        raise TooLargeError(
            "The engine found more text than a message can carry: split the recording,"
            " or try another engine."
        )
    return found


def tag_to_wire(language: str | None) -> str | UnsetType:
    """A language, unless it cannot be a BCP 47 tag."""
    return language if language and len(language) in TAG_LENGTHS else UNSET


def word_to_wire(word: domain.Word) -> messages.Word:
    """A word as a message."""
    return messages.Word(
        text=word.text[:MAX_WORD],
        start_ms=to_ms(word.start_s),
        end_ms=to_ms(word.end_s),
        confidence_permille=UNSET if word.confidence is None else to_permille(word.confidence),
    )


def word_from_wire(word: messages.Word) -> domain.Word:
    """A word from a message."""
    permille = word.confidence_permille
    return domain.Word(
        text=word.text,
        start_s=word.start_ms / 1000,
        end_s=word.end_ms / 1000,
        confidence=None if permille is UNSET else permille / 1000,
    )


def _permilles(shares: Sequence[float]) -> tuple[int, ...]:
    return tuple(to_permille(share) for share in shares[:MAX_BINS])


def _shares(permilles: Sequence[int]) -> tuple[float, ...]:
    return tuple(permille / 1000 for permille in permilles)
