"""How training clips are made of spoken lines: joins, cuts, speed, rooms, noise, levels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import soxr

from tests.tiny.speech import RATE_HZ, Word

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from tests.tiny.speech import Spoken

    Audio = npt.NDArray[np.float32]

NEARLY_SAID: Final = 0.6  # a word cut later than this share of it is let finish
REVERBERATION_SAMPLES: Final = 4_000
TAIL_S: Final = 0.04  # the release of a last sound, beyond the end the synthesizer states


@dataclass(frozen=True, slots=True)
class Clip:
    """Mono 16 kHz float32 samples with the words that are complete in them."""

    samples: Audio
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def seconds(self) -> float:
        return len(self.samples) / RATE_HZ


def clip_of(spoken: Spoken) -> Clip:
    return Clip(spoken.samples, spoken.words)


def joined(clips: Sequence[Clip], pauses_s: Sequence[float]) -> Clip:
    """Clips one after another, each preceded by a pause; one more pause may end it."""
    parts: list[Audio] = []
    words: list[Word] = []
    at = 0
    for clip, pause_s in zip(clips, pauses_s, strict=False):
        silence = np.zeros(round(pause_s * RATE_HZ), np.float32)
        at += len(silence)
        words += (_moved(word, at / RATE_HZ) for word in clip.words)
        parts += (silence, clip.samples)
        at += len(clip.samples)
    for pause_s in pauses_s[len(clips) :]:
        parts.append(np.zeros(round(pause_s * RATE_HZ), np.float32))
    return Clip(np.concatenate(parts), tuple(words))


def cut(clip: Clip, at_s: float) -> Clip:
    """The clip as a listener has it while it is still spoken, with the words said so far.

    Nobody can tell a word that lacks its last sound from a whole one, so the cut moves to
    the end of a word that is nearly said.
    """
    for word in clip.words:
        nearly_s = word.start_s + NEARLY_SAID * (word.end_s - word.start_s)
        if nearly_s < at_s < word.end_s + TAIL_S:
            at_s = word.end_s + TAIL_S
    words = tuple(word for word in clip.words if word.end_s <= at_s)
    return Clip(clip.samples[: round(at_s * RATE_HZ)], words)


def at_speed(clip: Clip, factor: float) -> Clip:
    """Faster (and higher) by a factor, as a tape would play it."""
    samples = soxr.resample(clip.samples, RATE_HZ * factor, RATE_HZ, quality="LQ")
    words = (
        replace(word, start_s=word.start_s / factor, end_s=word.end_s / factor)
        for word in clip.words
    )
    return Clip(np.asarray(samples, np.float32), tuple(words))


def in_a_room(samples: Audio, rng: np.random.Generator) -> Audio:
    """Coloured by a random microphone, and one time in five by a short reverberation."""
    n_samples = len(samples)
    n_transform = _fast_length(n_samples + REVERBERATION_SAMPLES)
    spectrum = np.fft.rfft(samples, n_transform)
    gain_db = np.interp(
        np.linspace(0, 7, len(spectrum)), np.arange(8), rng.uniform(-6, 6, 8) * rng.random()
    )
    spectrum *= 10 ** (gain_db / 20)
    if rng.random() < 0.2:
        spectrum *= np.fft.rfft(_room_response(rng), n_transform)
    return np.asarray(np.fft.irfft(spectrum)[:n_samples], np.float32)


def _fast_length(n_samples: int) -> int:
    """The next length that is quick to transform: 4096 times something small."""
    return -(-n_samples // 4_096) * 4_096


def _room_response(rng: np.random.Generator) -> npt.NDArray[np.float64]:
    time_s = np.arange(REVERBERATION_SAMPLES) / RATE_HZ
    tail = rng.standard_normal(len(time_s)) * np.exp(-time_s / rng.uniform(0.02, 0.08))
    tail *= rng.uniform(0.1, 0.5) / np.linalg.norm(tail)
    tail[0] = 1.0
    return tail


def noise(n_samples: int, rng: np.random.Generator) -> Audio:
    """White to brown noise of power 1, sometimes with a hum."""
    shape = rng.uniform(0, 2)
    n_transform = _fast_length(n_samples)
    spectrum = np.fft.rfft(rng.standard_normal(n_transform, np.float32))
    spectrum *= np.maximum(np.arange(len(spectrum)), n_samples / 400) ** (-shape / 2)
    sound = np.fft.irfft(spectrum)[:n_samples]
    if rng.random() < 0.2:
        hum_hz = rng.choice((50, 60, 100, 120, 400))
        sound += sound.std() * np.sin(2 * np.pi * hum_hz / RATE_HZ * np.arange(n_samples))
    return np.asarray(sound / (sound.std() + 1e-9), np.float32)


def babble(voices: Sequence[Audio], n_samples: int, rng: np.random.Generator) -> Audio:
    """Several voices over one another, power 1."""
    mixed = np.zeros(n_samples, np.float32)
    for voice in voices:
        mixed += np.roll(np.resize(voice, n_samples), rng.integers(n_samples))
    return mixed / np.float32(mixed.std() + 1e-9)


def with_noise(samples: Audio, sound: Audio, snr_db: float) -> Audio:
    """The samples with a sound of power 1 added so many decibels below their power."""
    power = float(np.sqrt(np.mean(samples**2))) + 1e-6
    return samples + sound * np.float32(power * 10 ** (-snr_db / 20))


def at_level(samples: Audio, peak: float) -> Audio:
    return np.asarray(samples * (peak / (np.abs(samples).max() + 1e-9)), np.float32)


def _moved(word: Word, by_s: float) -> Word:
    return replace(word, start_s=word.start_s + by_s, end_s=word.end_s + by_s)
