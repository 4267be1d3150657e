"""What a dictation tells, as messages and back. Engine output that is too large is made to fit.

Text that a person dictated is never lost for its size: commits are split, and what the last
message of a dictation cannot carry has been committed before.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from msgspec import UNSET, structs

from sidecar import domain
from sidecar.errors import ParseError
from sidecar.protocol import messages
from sidecar.rpc.mapping import (
    MAX_NOTICES,
    MAX_SEGMENT_TEXT,
    MAX_SEGMENT_WORDS,
    level_from_wire,
    level_to_wire,
    notices_to_wire,
    tag_to_wire,
    timings_from_wire,
    timings_to_wire,
    to_ms,
    within,
    word_from_wire,
    word_to_wire,
)

MAX_KIND, MAX_MESSAGE, MAX_DETAIL = 32, 1024, 256
MAX_TEXT_BYTES = messages.LIMITS.max_str_bytes
CUT = "The text is too long for one message: what is missing at its end has been committed."


def live_event_to_wire(event: domain.LiveEvent) -> Iterator[messages.Event]:
    """What happened in a dictation, as messages: one, or several for a very long commit.

    Raises:
        TooLargeError: more text than one segment may have.
    """
    match event:
        case domain.Level():
            yield level_to_wire(event)
        case domain.SpeechEdge():
            yield messages.SpeechEvent(edge=event.edge, at_ms=to_ms(event.at_s))
        case domain.Partial():
            yield _partial_to_wire(event)
        case domain.Commit():
            yield from _commit_to_wire(event)
        case domain.SegmentFinal():
            yield _segment_final_to_wire(event)
        case domain.Flushed():
            yield messages.FlushedEvent(seq=event.seq)
        case domain.Status():
            yield _status_to_wire(event)
        case domain.Trouble():
            yield _trouble_to_wire(event)
        case domain.Final():
            yield _final_to_wire(event)
        case _:
            assert_never(event)


def live_event_from_wire(event: messages.Event) -> domain.LiveEvent:  # noqa: PLR0911 - one each
    """What happened in a dictation, from a message.

    Raises:
        ParseError: it is an event of something else.
    """
    match event:
        case messages.LevelEvent():
            return level_from_wire(event)
        case messages.SpeechEvent():
            return domain.SpeechEdge(event.edge, event.at_ms / 1000)
        case messages.PartialEvent():
            return domain.Partial(event.segment, event.revision, event.text, event.stable_chars)
        case messages.CommitEvent():
            return _commit_from_wire(event)
        case messages.SegmentFinalEvent():
            return _segment_final_from_wire(event)
        case messages.FlushedEvent():
            return domain.Flushed(event.seq)
        case messages.StatusEvent():
            return _status_from_wire(event)
        case messages.ErrorEvent():
            detail = None if event.detail is UNSET else event.detail
            return domain.Trouble(event.kind, event.message, event.recoverable, detail)
        case messages.FinalEvent():
            return final_from_wire(event)
        case (
            messages.ProgressEvent()
            | messages.SegmentEvent()
            | messages.ModelProgressEvent()
            | messages.DeltaEvent()
        ):
            raise ParseError("The sidecar told of something else than a dictation.")
        case _:
            assert_never(event)


def close_to_wire(final: domain.Final) -> messages.StreamCloseResult:
    """The end of a dictation as the answer of asr.stream.close."""
    return messages.StreamCloseResult(**structs.asdict(_final_to_wire(final)))


def final_from_wire(final: messages.FinalEvent | messages.StreamCloseResult) -> domain.Final:
    """The end of a dictation, from its event or the answer of asr.stream.close."""
    return domain.Final(
        text=final.text,
        language=final.language or None,
        engine=final.engine,
        timings=timings_from_wire(final.timings),
        reason=final.reason,
        complete=final.complete,
        recording=final.recording or None,
        notices=tuple(final.notices),
    )


def cut_to_message(text: str) -> str:
    """As much of a text, from its beginning, as one message can carry."""
    return text.encode()[:MAX_TEXT_BYTES].decode(errors="ignore")


def _partial_to_wire(partial: domain.Partial) -> messages.PartialEvent:
    text = partial.text[:MAX_SEGMENT_TEXT]
    return messages.PartialEvent(
        segment=partial.segment,
        revision=partial.revision,
        text=text,
        stable_chars=min(partial.stable_chars, len(text)),
    )


def _commit_to_wire(commit: domain.Commit) -> Iterator[messages.CommitEvent]:
    """A commit; in pieces without word times where it is longer than a message may be."""
    whole = len(commit.text) <= MAX_SEGMENT_TEXT and len(commit.words) <= MAX_SEGMENT_WORDS
    words = (word_to_wire(word) for word in commit.words if word.text) if whole else ()
    for start in range(0, len(commit.text), MAX_SEGMENT_TEXT):
        yield messages.CommitEvent(
            segment=commit.segment,
            offset=commit.offset + start,
            text=commit.text[start : start + MAX_SEGMENT_TEXT],
            start_ms=to_ms(commit.start_s),
            end_ms=to_ms(commit.end_s),
            words=tuple(words),
        )


def _commit_from_wire(commit: messages.CommitEvent) -> domain.Commit:
    return domain.Commit(
        segment=commit.segment,
        offset=commit.offset,
        text=commit.text,
        start_s=commit.start_ms / 1000,
        end_s=commit.end_ms / 1000,
        words=tuple(word_from_wire(word) for word in commit.words),
    )


def _segment_final_to_wire(final: domain.SegmentFinal) -> messages.SegmentFinalEvent:
    return messages.SegmentFinalEvent(
        segment=final.segment,
        text=within(MAX_SEGMENT_TEXT, final.text),
        start_ms=to_ms(final.start_s),
        end_ms=to_ms(final.end_s),
        trigger=final.trigger,
    )


def _segment_final_from_wire(final: messages.SegmentFinalEvent) -> domain.SegmentFinal:
    return domain.SegmentFinal(
        segment=final.segment,
        text=final.text,
        start_s=final.start_ms / 1000,
        end_s=final.end_ms / 1000,
        trigger=final.trigger,
    )


def _status_to_wire(status: domain.Status) -> messages.StatusEvent:
    return messages.StatusEvent(
        state=status.state,
        lag_ms=to_ms(status.lag_s),
        rtf_permille=to_ms(status.rtf),  # a thousandth of it, as of a second
        interval_ms=to_ms(status.interval_s),
    )


def _status_from_wire(status: messages.StatusEvent) -> domain.Status:
    return domain.Status(
        state=status.state,
        lag_s=status.lag_ms / 1000,
        rtf=status.rtf_permille / 1000,
        interval_s=status.interval_ms / 1000,
    )


def _trouble_to_wire(trouble: domain.Trouble) -> messages.ErrorEvent:
    return messages.ErrorEvent(
        kind=trouble.kind[:MAX_KIND],
        message=trouble.message[:MAX_MESSAGE],
        recoverable=trouble.recoverable,
        detail=UNSET if trouble.detail is None else trouble.detail[:MAX_DETAIL],
    )


def _final_to_wire(final: domain.Final) -> messages.FinalEvent:
    """The end, which must always come: cut rather than refused."""
    text, notices = cut_to_message(final.text), final.notices
    if len(text) < len(final.text):
        notices = (CUT, *notices[: MAX_NOTICES - 1])
    return messages.FinalEvent(
        text=text,
        language=tag_to_wire(final.language),
        engine=final.engine,
        timings=timings_to_wire(final.timings),
        reason=final.reason,
        complete=final.complete,
        recording=final.recording or UNSET,
        notices=notices_to_wire(notices),
    )
