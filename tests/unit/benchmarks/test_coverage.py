from __future__ import annotations

import numpy as np
import soundfile as sf

from benchmarks._account import Account
from benchmarks._coverage import Span, uncovered_samples, voiced
from sidecar.cli.clip import CLIP
from sidecar.domain import SAMPLE_RATE_HZ, Final, SegmentFinal, Timings
from sidecar.vad.endpointer import EndpointerOptions


def account(*segments: Span, accepted: int = 64_000) -> Account:
    """A dictation of 4 s with these final segments."""
    told: list[tuple[float, SegmentFinal | Final]] = [
        (1.0, SegmentFinal(n, "", start / SAMPLE_RATE_HZ, end / SAMPLE_RATE_HZ, "pause"))
        for n, (start, end) in enumerate(segments)
    ]
    timings = Timings(accepted / SAMPLE_RATE_HZ, 0.0, 0.0, 0.0)
    told.append((5.0, Final("", None, "scripted", timings, "close", True)))
    return Account(pushed=[(64_000, 4.0)], told=[*told])


def test_speech_inside_segments_is_covered() -> None:
    assert uncovered_samples(account((0, 16_000), (16_000, 32_000)), [(8_000, 24_000)]) == 0


def test_speech_outside_every_segment_is_counted_to_the_sample() -> None:
    assert uncovered_samples(account((0, 16_000)), [(15_000, 16_512), (32_000, 32_512)]) == 1_024


def test_samples_in_two_segments_are_counted() -> None:
    assert uncovered_samples(account((0, 16_000), (15_000, 20_000), (15_500, 16_500)), []) == 2_000


def test_audio_that_the_end_does_not_account_for_is_counted() -> None:
    assert uncovered_samples(account(accepted=62_000), []) == 2_000
    assert uncovered_samples(account(accepted=64_010), []) == 0  # less than a millisecond


def test_an_end_that_is_rounded_to_a_millisecond_covers_its_last_samples() -> None:
    assert uncovered_samples(account((0, 16_000)), [(15_872, 16_005)]) == 0


def test_voice_is_found_in_speech_and_not_in_silence() -> None:
    clip, _ = sf.read(CLIP, dtype="float32")
    silence = np.zeros(3 * SAMPLE_RATE_HZ, np.float32)

    found = voiced(np.concatenate((silence, clip[:32_100])), EndpointerOptions())

    assert found[0][0] > len(silence)
    assert found[-1][1] <= len(silence) + 32_100
    assert sum(end - start for start, end in found) > SAMPLE_RATE_HZ
    assert voiced(silence, EndpointerOptions()) == []
