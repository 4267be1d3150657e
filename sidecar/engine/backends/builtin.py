"""The embedded engine: PocketSphinx with the en-US model inside its own wheel.

Speech becomes text on a fresh machine with no download. It is a hidden Markov model of
2015 and mishears about half of what is said; its job is to work everywhere, at once.

The *final* pass of a recording hears it from its beginning, and twice. *Partial* passes, and
final ones of live speech, carry one utterance of the decoder on, which costs only the new
audio; `ear` says how. There is one decoder (150 MB): when another segment has used it
meanwhile, the next pass hears its own segment again from the beginning.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from sidecar.domain import SAMPLE_RATE_HZ, Hypothesis, Samples, Word
from sidecar.engine.backends.ear import LEAST_LEVEL, Ear, level
from sidecar.engine.base import Abort, Ask, Capabilities, SegmentOptions
from sidecar.errors import CancelledError, LoadFailedError

MIN_SAMPLES = SAMPLE_RATE_HZ // 5  # no word is shorter


class BuiltinEngine:
    """English without any download; see the module."""

    capabilities: ClassVar[Capabilities] = Capabilities(
        languages=("en",),
        word_times=True,
        confidences=True,
        partials=True,
        max_segment_s=15.0,  # a recording's last step, 10 % of that, cannot be aborted
        resumes=False,
        notice=(
            "The built-in engine knows English only and makes many mistakes;"
            " for better text install a model: `sotto models` lists them."
        ),
    )

    def __init__(self) -> None:
        self._ear: Ear

    def load(self) -> None:
        """Load the model and hear some noise, which brings all of it into memory.

        Raises:
            LoadFailedError: PocketSphinx or its model is missing or damaged.
        """
        try:
            self._ear = Ear()
        except (ImportError, RuntimeError, ValueError) as error:
            raise LoadFailedError(
                "PocketSphinx or its English model is damaged; install Sotto again."
            ) from error
        noise = np.random.default_rng(0).normal(0, 0.03, MIN_SAMPLES).astype(np.float32)
        self._ear.hear_all(noise, lambda: False)
        self._ear.hear_last(self, noise, lambda: False)

    def open(self, options: SegmentOptions) -> BuiltinSegment:
        """Begin a segment."""
        return BuiltinSegment(self._ear, live=options.live)


class BuiltinSegment:
    """A segment, kept as samples, since it may have to be heard again."""

    def __init__(self, ear: Ear, *, live: bool) -> None:
        self._ear = ear
        self._live = live
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
        heard = self._heard(abort, final=ask.final) if self._is_sound() else ()
        return Hypothesis(" ".join(word.text for word in heard), heard, "en", ask.final)

    def close(self) -> None:
        """Forget the samples."""
        self._samples = np.empty(0, np.float32)

    def _is_sound(self) -> bool:
        return len(self._samples) >= MIN_SAMPLES and level(self._samples) >= LEAST_LEVEL

    def _heard(self, abort: Abort, *, final: bool) -> tuple[Word, ...]:
        if not final:
            return self._ear.hear_more(self, self._samples, abort)
        if self._live:
            return self._ear.hear_last(self, self._samples, abort)
        return self._ear.hear_all(self._samples, abort)
