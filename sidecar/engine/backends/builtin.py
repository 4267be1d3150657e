"""The embedded engine: PocketSphinx with the en-US model inside its own wheel.

Speech becomes text on a fresh machine with no download. It is a hidden Markov model of
2015 and mishears about half of what is said; its job is to work everywhere, at once.

A *final* pass hears the segment from its beginning, with the cepstral mean of all of it,
and depends on nothing that happened before: the same audio always gives the same words.
*Partial* passes carry one utterance of the decoder on through the segment, which costs
only the new audio. There is one decoder (100 MB): when another segment has used it
meanwhile, the next partial pass hears its own segment again from the beginning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from sidecar.domain import SAMPLE_RATE_HZ, Hypothesis, Samples, Word
from sidecar.engine.base import Abort, Ask, Capabilities, SegmentOptions
from sidecar.errors import CancelledError, LoadFailedError

if TYPE_CHECKING:
    from pocketsphinx import Decoder

FRAMES_PER_S = 100
PIECE_SAMPLES = SAMPLE_RATE_HZ // 10  # what is heard between two questions whether to stop
MIN_SAMPLES = SAMPLE_RATE_HZ // 5  # no word is shorter
MIN_LEVEL = 0.0005  # -66 dBFS: quieter is silence, in which the model would dream up words
TARGET_LEVEL = 0.1  # -20 dBFS: 16 bits then keep the quietest speech, and clip none
_PRONUNCIATION = re.compile(r"\(\d+\)$")  # "read(2)" is the second way to say "read"
_MEAN_GRAMMAR = "#JSGF V1.0; grammar mean; public <mean> = oh;"


class BuiltinEngine:
    """English without any download; see the module."""

    capabilities: ClassVar[Capabilities] = Capabilities(
        languages=("en",),
        word_times=True,
        confidences=True,
        partials=True,
        max_segment_s=15.0,  # the last step, 7 % of that, cannot be aborted
        notice=(
            "The built-in engine knows English only and makes many mistakes;"
            " for better text install an engine package and pass --engine NAME."
        ),
    )

    def __init__(self) -> None:
        self._ear: _Ear

    def load(self) -> None:
        """Load the model and hear some noise, which brings all of it into memory.

        Raises:
            LoadFailedError: PocketSphinx or its model is missing or damaged.
        """
        try:
            from pocketsphinx import Decoder

            # 5000 states a frame, not 30000: a fifth faster, as many errors in 300 words.
            decoder = Decoder(samprate=SAMPLE_RATE_HZ, loglevel="FATAL", maxhmmpf=5000)
            self._ear = _Ear(decoder)
        except (ImportError, RuntimeError, ValueError) as error:
            raise LoadFailedError(
                "PocketSphinx or its English model is damaged; install Sotto again."
            ) from error
        noise = np.random.default_rng(0).normal(0, 0.03, MIN_SAMPLES)
        self._ear.hear_all(noise.astype(np.float32), lambda: False)

    def open(self, options: SegmentOptions) -> BuiltinSegment:  # noqa: ARG002 - it takes none
        """Begin a segment."""
        return BuiltinSegment(self._ear)


class BuiltinSegment:
    """A segment, kept as samples, since finals and interrupted partials hear it again."""

    def __init__(self, ear: _Ear) -> None:
        self._ear = ear
        self._samples: Samples = np.empty(0, np.float32)

    def feed(self, samples: Samples) -> None:
        """Append samples, shape (n,)."""
        self._samples = np.concatenate((self._samples, samples))

    def decode(self, ask: Ask, abort: Abort) -> Hypothesis:
        """Recognise all of it. Confidences come with the final pass alone.

        Raises:
            CancelledError: `abort` said so.
        """
        if abort():
            raise CancelledError("The pass was aborted.")
        if len(self._samples) < MIN_SAMPLES or _level(self._samples) < MIN_LEVEL:
            return Hypothesis("", language="en", final=ask.final)
        if ask.final:
            words = self._ear.hear_all(self._samples, abort)
        else:
            words = self._ear.hear_more(self, self._samples, abort)
        return Hypothesis(" ".join(word.text for word in words), words, "en", ask.final)

    def close(self) -> None:
        """Forget the samples."""
        self._samples = np.empty(0, np.float32)


class _Ear:
    """The decoder, and whose utterance it is in."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._speech_search = decoder.current_search()
        decoder.add_jsgf_string("mean", _MEAN_GRAMMAR)
        self._in_utterance = False
        self._speaker: object = None
        self._n_heard = 0
        self._gain = 1.0

    def hear_all(self, samples: Samples, abort: Abort) -> tuple[Word, ...]:
        """The words of a whole segment, with confidences."""
        mean = self._begin(None, samples)
        for start in range(0, len(samples), PIECE_SAMPLES):
            # Pinned at the mean of all: by itself it would follow the last seconds.
            self._decoder.set_cmn(mean)
            self._hear(samples[start : start + PIECE_SAMPLES], abort)
        self._end()
        return tuple(_words(self._decoder, len(samples), scored=True))

    def hear_more(self, speaker: object, samples: Samples, abort: Abort) -> tuple[Word, ...]:
        """The words so far of a segment that grows, told from others by `speaker`."""
        if self._speaker is not speaker:
            self._begin(speaker, samples)
        for start in range(self._n_heard, len(samples), PIECE_SAMPLES):
            self._hear(samples[start : start + PIECE_SAMPLES], abort)
        return tuple(_words(self._decoder, len(samples), scored=False))

    def _begin(self, speaker: object, samples: Samples) -> str:
        """Begin an utterance that sounds like `samples`; gives their cepstral mean."""
        self._end()
        self._gain = TARGET_LEVEL / _level(samples)
        mean = self._cepstral_mean(samples)
        self._decoder.reinit_feat()  # forget the noise of the utterance before
        self._decoder.set_cmn(mean)
        self._decoder.start_utt()
        self._in_utterance, self._speaker, self._n_heard = True, speaker, 0
        return mean

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
        self._decoder.activate_search("mean")
        self._decoder.reinit_feat()
        self._decoder.start_utt()
        self._decoder.process_raw(_pcm(samples * self._gain), full_utt=True)
        mean: str = self._decoder.get_cmn(False)
        self._decoder.end_utt()
        self._decoder.activate_search(self._speech_search)
        return mean


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


def _level(samples: Samples) -> float:
    """RMS of the loudest 100 ms, of full scale."""
    n_pieces = len(samples) // PIECE_SAMPLES
    pieces = samples[: n_pieces * PIECE_SAMPLES].reshape(n_pieces, PIECE_SAMPLES)
    return float(np.sqrt((pieces**2).mean(axis=1).max()))


def _pcm(samples: Samples) -> bytes:
    scaled: Samples = np.clip(samples * 32768.0, -32768, 32767)
    return scaled.astype("<i2").tobytes()
