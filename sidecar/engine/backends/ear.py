"""How the embedded engine hears: PocketSphinx's one decoder, used in two ways.

A *recording* is heard as a whole, with the cepstral mean of all of it and with the second
search ("fwdflat"), which is a third of the work and is done when all is heard.

*Live* speech is heard as it comes, in one utterance of the decoder that is carried on from
pass to pass. So the end of it costs 1 % of the work, and whoever stops need not wait. There
is no second search, and the cepstral mean is that of what was heard so far. It is brought
up to date every 100 ms of audio, counted from the segment's first sample, so that what is
heard depends on the audio alone and never on when passes were made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from sidecar.domain import SAMPLE_RATE_HZ, Samples, Word
from sidecar.engine.base import Abort
from sidecar.errors import CancelledError

if TYPE_CHECKING:
    import numpy.typing as npt
    from pocketsphinx import Decoder

FRAMES_PER_S: Final = 100
PIECE_SAMPLES: Final = SAMPLE_RATE_HZ // 10  # heard between two questions whether to stop
FIRST_SAMPLES: Final = SAMPLE_RATE_HZ  # of live speech: less tells too little of the voice
PRE_ROLL_SAMPLES: Final = 3 * PIECE_SAMPLES  # of those, which rarely are speech
TARGET_LEVEL: Final = 0.1  # -20 dBFS: 16 bits then keep the quietest speech, and clip none
LIVE_LEVEL: Final = 0.05  # as the first second may be softer than the rest
LEAST_LEVEL: Final = 0.0005  # -66 dBFS: quieter is silence, in which the model would dream up words

_SET_FRAMES: Final = 500  # that the decoder takes a mean for which it is told (cmn.h, CMN_WIN)
_WHOLE, _MEAN = "whole", "mean"  # searches of the decoder, beside the one it comes with
_MEAN_GRAMMAR: Final = "#JSGF V1.0; grammar mean; public <mean> = oh;"
_PRONUNCIATION: Final = re.compile(r"\(\d+\)$")  # "read(2)" is the second way to say "read"


class Ear:
    """The decoder, and whose utterance it is in.

    Raises:
        ImportError, RuntimeError, ValueError: PocketSphinx or its model is missing or damaged.
    """

    def __init__(self) -> None:
        from pocketsphinx import Decoder

        # 5000 states a frame, not 30000: a fifth faster, as many errors in 300 words.
        decoder = Decoder(samprate=SAMPLE_RATE_HZ, loglevel="FATAL", maxhmmpf=5000, fwdflat=False)
        self._decoder = decoder
        self._live_search: str = decoder.current_search()
        # A search keeps the settings it was made with, and shares the language model.
        decoder.config["fwdflat"] = True
        decoder.add_lm(_WHOLE, decoder.get_lm(self._live_search))
        decoder.add_jsgf_string(_MEAN, _MEAN_GRAMMAR)
        self._in_utterance = False
        self._speaker: object = None
        self._n_heard = 0
        self._gain = 1.0
        self._mean = _Mean(decoder.get_cmn(False), 0)

    def hear_all(self, samples: Samples, abort: Abort) -> tuple[Word, ...]:
        """The words of a recording, with confidences."""
        self._gain = TARGET_LEVEL / level(samples)
        mean = self._cepstral_mean(samples)
        self._begin(None, _WHOLE, mean)
        for start in range(0, len(samples), PIECE_SAMPLES):
            # Pinned at the mean of all: by itself it would follow the last seconds.
            self._decoder.set_cmn(mean)
            self._hear(samples[start : start + PIECE_SAMPLES], abort)
        self._end()
        return tuple(_words(self._decoder, len(samples), scored=True))

    def hear_more(self, speaker: object, samples: Samples, abort: Abort) -> tuple[Word, ...]:
        """The words so far of speech that grows, told from others by `speaker`."""
        whole = len(samples) - len(samples) % PIECE_SAMPLES
        if whole < FIRST_SAMPLES:
            return ()
        self._follow(speaker, samples[:whole], abort)
        return tuple(_words(self._decoder, len(samples), scored=False))

    def hear_last(self, speaker: object, samples: Samples, abort: Abort) -> tuple[Word, ...]:
        """The words of speech that has ended, with confidences."""
        self._follow(speaker, samples, abort)
        self._end()
        return tuple(_words(self._decoder, len(samples), scored=True))

    def _follow(self, speaker: object, samples: Samples, abort: Abort) -> None:
        """Hear what is new of a speaker, or all where another was heard meanwhile."""
        if self._speaker is not speaker:
            self._meet(speaker, samples[:FIRST_SAMPLES])
        for start in range(self._n_heard, len(samples), PIECE_SAMPLES):
            self._hear(samples[start : start + PIECE_SAMPLES], abort)
            if start >= FIRST_SAMPLES:
                self._mean = self._mean.moved_to(self._decoder.get_cmn(True))
            self._decoder.set_cmn(self._mean.text)

    def _meet(self, speaker: object, samples: Samples) -> None:
        """Begin an utterance of somebody of whom this is the first second."""
        self._end()
        self._gain = LIVE_LEVEL / max(level(samples), LEAST_LEVEL)
        voice = samples[min(PRE_ROLL_SAMPLES, len(samples) // 2) :]
        n_frames = len(voice) * FRAMES_PER_S // SAMPLE_RATE_HZ
        self._mean = _Mean(self._cepstral_mean(voice), n_frames)
        self._begin(speaker, self._live_search, self._mean.text)

    def _begin(self, speaker: object, search: str, mean: str) -> None:
        self._end()
        self._decoder.activate_search(search)
        self._decoder.reinit_feat()  # forget the noise of the utterance before
        self._decoder.set_cmn(mean)
        self._decoder.start_utt()
        self._in_utterance, self._speaker, self._n_heard = True, speaker, 0

    def _end(self) -> None:
        if self._in_utterance:
            self._in_utterance, self._speaker = False, None
            self._decoder.end_utt()

    def _hear(self, samples: Samples, abort: Abort) -> None:
        if abort():
            raise CancelledError("The pass was aborted.")
        self._decoder.process_raw(_pcm(samples * self._gain))
        self._n_heard += len(samples)

    def _cepstral_mean(self, samples: Samples) -> str:
        """The mean over all frames, which the decoder computes only on its way to a result.

        So it searches for the grammar of one word, 0.5 % of the work of a real search.
        """
        self._end()
        self._decoder.activate_search(_MEAN)
        self._decoder.reinit_feat()
        self._decoder.start_utt()
        self._decoder.process_raw(_pcm(samples * self._gain), full_utt=True)
        mean: str = self._decoder.get_cmn(False)
        self._decoder.end_utt()
        return mean


@dataclass(frozen=True, slots=True)
class _Mean:
    """The cepstral mean of so many frames."""

    text: str
    n_frames: int

    def moved_to(self, told: str) -> _Mean:
        """The mean of a piece more.

        Args:
            told: the decoder's own mean after it, in which this one counts for 500 frames.
        """
        mean, moved = _vector(self.text), _vector(told)
        piece = FRAMES_PER_S * PIECE_SAMPLES // SAMPLE_RATE_HZ
        total = self.n_frames + piece
        mean += (moved - mean) * (_SET_FRAMES + piece) / total
        return _Mean(",".join(f"{value:.9g}" for value in mean), total)


def _vector(text: str) -> npt.NDArray[np.float64]:
    return np.array([float(value) for value in text.split(",")])


def _words(decoder: Decoder, n_samples: int, *, scored: bool) -> Iterator[Word]:
    """The decoder's words without its marks for silence and noise."""
    duration_s = n_samples / SAMPLE_RATE_HZ
    for segment in decoder.seg() or ():
        if segment.word[0] not in "<[+":
            yield Word(
                _PRONUNCIATION.sub("", segment.word),
                segment.start_frame / FRAMES_PER_S,
                min((segment.end_frame + 1) / FRAMES_PER_S, duration_s),
                min(segment.prob, 1.0) if scored else None,
            )


def level(samples: Samples) -> float:
    """RMS of the loudest 100 ms, of full scale. Shape (n,), of at least that length."""
    n_pieces = len(samples) // PIECE_SAMPLES
    pieces = samples[: n_pieces * PIECE_SAMPLES].reshape(n_pieces, PIECE_SAMPLES)
    return float(np.sqrt((pieces**2).mean(axis=1).max()))


def _pcm(samples: Samples) -> bytes:
    scaled: Samples = np.clip(samples * 32768.0, -32768, 32767)
    return scaled.astype("<i2").tobytes()
