"""The engine of an installed forced aligner: it gives the words of a text their times."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sidecar.domain import SAMPLE_RATE_HZ, Hypothesis, Samples, Word
from sidecar.engine.backends.aligner_model import MOST_S, AlignerModel
from sidecar.engine.base import Abort, Ask, Capabilities, SegmentOptions
from sidecar.errors import CancelledError
from sidecar.model_store.manifest import read_manifest
from sidecar.text.alignment_units import AlignmentUnit, alignment_units
from sidecar.text.monotonic import in_order


class AlignerEngine:
    """An installed model of the family `qwen3-forced-aligner`.

    Args:
        folder: of the model.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._capabilities = Capabilities()
        self._model: AlignerModel | None = None

    @property
    def capabilities(self) -> Capabilities:
        """What it can do, once it is loaded."""
        return self._capabilities

    def load(self) -> None:
        """Load the model and warm it.

        Raises:
            LoadFailedError, ModelCorruptError: see `AlignerModel`.
        """
        manifest = read_manifest(self._folder)
        self._model = AlignerModel(self._folder, manifest)
        self._capabilities = Capabilities(
            languages=manifest.languages,
            word_times=True,
            forced_prefix=True,
            max_segment_s=MOST_S,
            agreement=0,
        )
        self._model.times_ms(np.zeros(SAMPLE_RATE_HZ, np.float32), ["a"], lambda: False)

    def open(self, options: SegmentOptions) -> AlignerSegment:
        """Begin a segment. Only its language matters."""
        assert self._model is not None, "an engine is loaded before it is used"
        return AlignerSegment(self._model, options.language)


class AlignerSegment:
    """Sound, kept until somebody tells what is said in it."""

    def __init__(self, model: AlignerModel, language: str | None) -> None:
        self._model = model
        self._language = language
        self._pieces: list[Samples] = []

    def feed(self, samples: Samples) -> None:
        """Append samples, shape (n,)."""
        self._pieces.append(samples.copy())

    def decode(self, ask: Ask, abort: Abort) -> Hypothesis:
        """The text of `ask.prefix`, with words.

        Raises:
            CancelledError: `abort` returned True.
            EngineError: sound and text together are too long.
        """
        if abort():
            raise CancelledError("The pass was aborted.")
        text = ask.prefix.strip()
        units = alignment_units(text, self._language)
        words = self._words(units, abort) if units else ()
        return Hypothesis(text, words, self._language, final=ask.final)

    def close(self) -> None:
        """Forget the sound."""
        self._pieces.clear()

    def _words(self, units: tuple[AlignmentUnit, ...], abort: Abort) -> tuple[Word, ...]:
        samples = np.concatenate([np.empty(0, np.float32), *self._pieces])
        guessed_ms = self._model.times_ms(samples, [unit.spoken for unit in units], abort)
        whole_s = len(samples) / SAMPLE_RATE_HZ
        times_s = [min(time_ms / 1000, whole_s) for time_ms in in_order(guessed_ms)]
        edges = zip(times_s[::2], times_s[1::2], strict=True)
        return tuple(
            Word(unit.written.strip(), start_s, end_s)
            for unit, (start_s, end_s) in zip(units, edges, strict=True)
        )
