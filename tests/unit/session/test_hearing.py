from __future__ import annotations

import threading
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.audio.resample import Resampler
from sidecar.domain import Samples
from sidecar.errors import DiskFullError, InternalError, LoadFailedError
from sidecar.session.hearing import Deaf, Hearing, Mark, Sound, Told, Unsafe
from sidecar.session.recording import Recording
from sidecar.vad.base import FRAME_SAMPLES, Vad
from sidecar.vad.energy import EnergyVad
from tests.process.dictations import LoudVad, chunks_of, pcm_of, talk


@dataclass
class Heard:
    """What an audio thread has told, in its order."""

    told: list[Told] = field(default_factory=list)

    @property
    def sounds(self) -> list[Sound]:
        return [told for told in self.told if isinstance(told, Sound)]

    @property
    def samples(self) -> Samples:
        """All whole frames."""
        return np.concatenate([sound.samples for sound in self.sounds])


def hear(*items: bytes | Mark, rate_hz: int = 16_000, **how: object) -> Heard:
    """Put all of it, and wait for the end."""
    heard = Heard()
    options = {"begin_recording": None, "make_vad": EnergyVad} | how
    hearing = Hearing(rate_hz, tell=heard.told.append, **options)  # type: ignore[arg-type]
    for item in items:
        hearing.put(item)
    hearing.put(Mark.CLOSE)
    hearing.join()
    return heard


@settings(max_examples=25)
@given(st.lists(st.integers(1, 3000), max_size=12), st.sets(st.integers(0, 12)))
def test_however_audio_comes_its_frames_are_the_same(sizes: list[int], flushes: set[int]) -> None:
    samples = talk(sum(sizes) / 16_000)
    pieces = np.split(samples, np.cumsum(sizes)[:-1]) if sizes else []
    items = [
        item
        for i, piece in enumerate(pieces)
        for item in ([Mark.FLUSH] if i in flushes else []) + [pcm_of(piece)]
    ]

    heard = hear(*items)

    whole = len(samples) - len(samples) % FRAME_SAMPLES
    np.testing.assert_array_equal(heard.samples, samples[:whole])
    np.testing.assert_array_equal(heard.sounds[-1].tail, samples[whole:])
    assert [sound.n_chunks for sound in heard.sounds][-1] == len(sizes)
    assert sum(sound.mark is Mark.FLUSH for sound in heard.sounds) == items.count(Mark.FLUSH)


def test_a_mark_comes_with_all_samples_before_it() -> None:
    samples = talk(0.1)

    heard = hear(pcm_of(samples), Mark.FLUSH, pcm_of(samples))

    until = [sound.mark for sound in heard.sounds].index(Mark.FLUSH) + 1
    frames = np.concatenate([sound.samples for sound in heard.sounds[:until]])
    tail = heard.sounds[until - 1].tail
    np.testing.assert_array_equal(np.concatenate((frames, tail)), samples)


def test_each_frame_has_a_probability_and_a_level_at_its_place() -> None:
    heard = hear(*chunks_of(talk(1.0), 130), make_vad=LoudVad)

    at_s = 0.0
    for sound in heard.sounds:
        assert len(sound.samples) == len(sound.speech) * FRAME_SAMPLES
        if sound.level is None:
            assert not len(sound.speech)
            continue
        assert sound.level.start_s == pytest.approx(at_s)
        assert len(sound.level.speech) == len(sound.level.peak) == len(sound.speech)
        at_s += len(sound.speech) * sound.level.bin_s
    assert at_s > 0.9


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 192_000])
def test_audio_of_another_rate_is_resampled_as_a_whole(rate_hz: int) -> None:
    tone = np.sin(np.arange(rate_hz) * 2 * np.pi * 440 / rate_hz).astype(np.float32) * 0.5
    pcm = pcm_of(tone)

    heard = hear(*(pcm[at : at + 4000] for at in range(0, len(pcm), 4000)), rate_hz=rate_hz)

    resampler = Resampler(rate_hz)
    exact = np.frombuffer(pcm, "<i2").astype(np.float32) / np.float32(32768)
    expected = np.concatenate((resampler.push(exact), resampler.flush()))
    all_of_it = np.concatenate((heard.samples, heard.sounds[-1].tail))
    np.testing.assert_allclose(all_of_it, expected, atol=1e-6)


def test_full_scale_is_minus_one() -> None:
    heard = hear(np.full(FRAME_SAMPLES, -32768, "<i2").tobytes())

    assert heard.samples.min() == -1.0


def test_a_chunk_is_safe_before_it_is_told() -> None:
    kept: list[bytes] = []

    class Keeping:
        name = "kept"

        def append(self, pcm: bytes) -> None:
            kept.append(pcm)

    n_kept: list[tuple[int, int]] = []

    def tell(told: Told) -> None:
        if isinstance(told, Sound):
            n_kept.append((told.n_chunks, len(kept)))

    hearing = Hearing(16_000, Keeping, EnergyVad, tell)  # type: ignore[arg-type]
    for chunk in chunks_of(talk(1.0)):
        hearing.put(chunk)
    hearing.put(Mark.CLOSE)
    hearing.join()

    assert n_kept[-1] == (10, 10)
    assert all(n_chunks <= n for n_chunks, n in n_kept)


def test_a_disk_that_is_full_from_the_start_or_later_is_told_once() -> None:
    class Full:
        n_chunks = 0

        def append(self, pcm: bytes) -> None:
            self.n_chunks += 1
            if self.n_chunks == 3:
                raise DiskFullError("There is no room on disk.")

    def refuse() -> Recording:
        raise DiskFullError("There is no room on disk.")

    for begin in (Full, refuse):
        heard = hear(*chunks_of(talk(1.0)), begin_recording=begin)

        assert [type(told.error) for told in heard.told if isinstance(told, Unsafe)] == [
            DiskFullError
        ]
        assert heard.sounds[-1].n_chunks == 10


def test_a_failure_in_the_thread_is_told_and_the_rest_is_still_recorded() -> None:
    kept: list[bytes] = []

    class Keeping:
        def append(self, pcm: bytes) -> None:
            kept.append(pcm)

    class Failing(LoudVad):
        def probabilities(self, frames: Samples) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
            if len(kept) == 4:
                raise RuntimeError("out of order")
            return super().probabilities(frames)

    heard = hear(*chunks_of(talk(1.0)), begin_recording=Keeping, make_vad=Failing)

    (deaf,) = (told for told in heard.told if isinstance(told, Deaf))
    assert isinstance(deaf.error, InternalError)
    assert heard.told[-1] is deaf
    assert len(kept) == 10


def test_a_typed_failure_keeps_its_type() -> None:
    def fail() -> Vad:
        raise LoadFailedError("The voice detector is missing. Install Sotto again.")

    (deaf,) = hear(make_vad=fail).told

    assert isinstance(deaf, Deaf)
    assert isinstance(deaf.error, LoadFailedError)


def test_an_abandoned_dictation_is_heard_no_further() -> None:
    entered, go_on = threading.Event(), threading.Event()
    heard = Heard()

    class Slow(LoudVad):
        def probabilities(self, frames: Samples) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
            entered.set()
            assert go_on.wait(10)
            return super().probabilities(frames)

    hearing = Hearing(16_000, None, Slow, heard.told.append)
    for chunk in chunks_of(talk(1.0)):
        hearing.put(chunk)
    assert entered.wait(10)
    hearing.abandon()
    go_on.set()
    hearing.join()

    assert len(heard.told) == 1
