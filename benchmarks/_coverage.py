"""Whether every sample that was accepted is accounted for, once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from benchmarks._account import Account
from sidecar.domain import SAMPLE_RATE_HZ, SegmentFinal
from sidecar.vad.base import FRAME_SAMPLES
from sidecar.vad.default import make_vad
from sidecar.vad.spans import SpanFinder

if TYPE_CHECKING:
    from sidecar.domain import Samples
    from sidecar.vad.endpointer import EndpointerOptions

MS_SAMPLES = SAMPLE_RATE_HZ // 1000

Span = tuple[int, int]
"""From this sample to before that one."""


def voiced(samples: Samples, options: EndpointerOptions) -> list[Span]:
    """Where there is speech, frame by frame.

    These are the frames that the voice detector takes for voice (`options.onset` or more)
    inside the spans that the endpointer finds in the recording as a whole. So neither a
    click that no span confirms nor the silence around a voice is speech.

    Args:
        samples: float32, shape (n,), mono 16 kHz.
        options: those that the dictation was cut with.
    """
    padded = np.concatenate((samples, np.zeros(-len(samples) % FRAME_SAMPLES, np.float32)))
    vad = make_vad()
    vad.reset()
    chances = vad.probabilities(padded.reshape(-1, FRAME_SAMPLES))
    finder = SpanFinder(options)
    spans = [*finder.push(padded, chances)]
    if last := finder.end_span():
        spans.append(last)
    frames = np.flatnonzero(chances >= options.onset) * FRAME_SAMPLES
    return [
        (int(start), min(int(start) + FRAME_SAMPLES, len(samples)))
        for start in frames
        if any(span.start <= start < span.end for span in spans)
    ]


def uncovered_samples(account: Account, speech: Iterable[Span]) -> int:
    """Samples that are not accounted for exactly once: 0, or it is a fault.

    The sum of

    - samples of speech (see `voiced`) that are in no final segment,
    - samples that are in more than one, for each time too many,
    - the difference between what was pushed and what the end says was accepted.

    Times on the wire are whole milliseconds, so that less than one is no difference.
    """
    segments = [
        (round(segment.start_s * SAMPLE_RATE_HZ), round(segment.end_s * SAMPLE_RATE_HZ))
        for _, segment in account.of(SegmentFinal)
    ]
    missing = abs(account.n_samples - round(account.final.timings.audio_s * SAMPLE_RATE_HZ))
    lost = [_n_outside(span, segments) for span in speech]
    return sum(n for n in (*lost, missing) if n >= MS_SAMPLES) + _n_twice(segments)


def _n_outside(span: Span, segments: Sequence[Span]) -> int:
    start, end = span
    inside = (max(0, min(end, last) - max(start, first)) for first, last in segments)
    return max(0, end - start - sum(inside))


def _n_twice(segments: Iterable[Span]) -> int:
    count = reached = 0
    for start, end in sorted(segments):
        count += max(0, min(reached, end) - start)
        reached = max(reached, end)
    return count
