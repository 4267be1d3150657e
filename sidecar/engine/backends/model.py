"""The engine of an installed model that hears sound in windows and answers with text.

What a family of models has of its own is in its `Family`; everything else is the same for
all of them. A pass hears what is new, puts the sound behind the prompt, and has the answer
said: committed text is given, what the pass before found is verified rather than said again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sidecar.domain import Hypothesis, Samples
from sidecar.engine.backends.generation import Generation, Script
from sidecar.engine.backends.machine import Machine, MachineOptions
from sidecar.engine.backends.passes import Outcome, Passes, Placed
from sidecar.engine.backends.qwen3_asr import QWEN3_ASR
from sidecar.engine.backends.tuned import options_for
from sidecar.engine.backends.windows import Windows
from sidecar.engine.base import Abort, Ask, Capabilities, SegmentOptions, SegmentPass
from sidecar.engine.shortage import too_little
from sidecar.errors import CancelledError, LoadFailedError
from sidecar.host.memory import free_memory
from sidecar.model_store.manifest import Manifest, read_manifest

if TYPE_CHECKING:
    from sidecar.engine.backends.family import Family

FAMILIES: Final[dict[str, Family]] = {"qwen3-asr": QWEN3_ASR}


class ModelEngine:
    """An installed model.

    Args:
        folder: of the model.
        options: how it is run; None for what `sotto bench` has found, or suits most machines.
    """

    def __init__(self, folder: Path, options: MachineOptions | None = None) -> None:
        self._folder = folder
        self._options = options or options_for(folder)
        self._capabilities = Capabilities()
        self._hearing: _Hearing | None = None

    @property
    def capabilities(self) -> Capabilities:
        """What it can do, once it is loaded."""
        return self._capabilities

    def load(self) -> None:
        """Load the model.

        Raises:
            LoadFailedError: a library is missing, or the model is of a family without engine.
            ModelCorruptError: a file is not what the manifest says.
            OutOfMemoryError: there is not enough memory for it.
        """
        manifest = read_manifest(self._folder)
        family = _family_of(manifest)
        _check_memory(manifest)
        machine = Machine(self._folder, manifest, family, self._options)
        self._hearing = _Hearing(machine, manifest, family)
        self._capabilities = Capabilities(
            languages=manifest.languages,
            partials=True,
            forced_prefix=True,
            drafts=True,
            hotwords=True,
            max_segment_s=family.max_segment_s,
            together=self._options.n_together,
        )

    def open(self, options: SegmentOptions) -> ModelSegment:
        """Begin a segment."""
        assert self._hearing is not None, "an engine is loaded before it is used"
        return ModelSegment(self._hearing, options)

    def decode_together(self, passes: Sequence[SegmentPass]) -> Iterator[tuple[int, Outcome]]:
        """Make several passes, which say their texts in common steps; see `SharingEngine`."""
        assert self._hearing is not None, "an engine is loaded before it is used"
        asked = [(_own(each.segment), each.ask, each.abort) for each in passes]
        return Passes(self._hearing.machine, asked).outcomes()


class _Hearing:
    """What the segments of an engine share.

    Attributes:
        machine: the model.
        manifest: its description.
        family: how it is asked.
        last_header: what was said last before a text: people rarely change their language.
    """

    def __init__(self, machine: Machine, manifest: Manifest, family: Family) -> None:
        self.machine = machine
        self.manifest = manifest
        self.family = family
        self.last_header: list[int] = []


class ModelSegment:
    """One segment: its sound, and what was said of it last."""

    def __init__(self, hearing: _Hearing, options: SegmentOptions) -> None:
        self._hearing = hearing
        self._options = options
        self._windows = Windows(hearing.machine.encoder, hearing.manifest.audio)
        self._head = hearing.machine.prompter.head(options)
        self._said: list[int] = []  # in the last pass that was made to its end, prefix included
        self._header: list[int] = []  # what was said last before a text

    def feed(self, samples: Samples) -> None:
        """Append samples, shape (n,)."""
        self._windows.feed(samples)

    def decode(self, ask: Ask, abort: Abort) -> Hypothesis:
        """Recognise all of it.

        Raises:
            CancelledError: `abort` returned True.
            EngineError: the sound is too long, or the decoder has failed.
        """
        for _, outcome in Passes(self._hearing.machine, [(self, ask, abort)]).outcomes():
            if isinstance(outcome, BaseException):
                raise outcome
            return outcome
        raise AssertionError("a pass has an outcome")

    def close(self) -> None:
        """Forget the sound, and give the sequence to others."""
        self._hearing.machine.sequences.forget(self)
        self._windows = Windows(self._hearing.machine.encoder, self._hearing.manifest.audio)

    def begin(self, ask: Ask, abort: Abort) -> Placed | None:
        """Put the sound into the decoder; None for silence. See `passes.Hearer`."""
        if abort():
            raise CancelledError("The pass was aborted.")
        if self._windows.is_silent():
            return None
        machine, prompter = self._hearing.machine, self._hearing.machine.prompter
        windows = self._windows.encode(abort)
        generation = Generation(prompter.rules, self._script(ask))
        lead = generation.lead() if machine.feeding.is_fast else ()
        sequence = machine.sequences.take(self, [self._head, *windows], abort, lead=lead)
        return Placed(sequence, machine.decoder.length(sequence) - len(lead), generation)

    def end(self, ask: Ask, generation: Generation | None) -> Hypothesis:
        """The hypothesis of what was said; None is silence. See `passes.Hearer`."""
        if generation is None:
            return Hypothesis(ask.prefix.strip(), final=ask.final)
        prompter = self._hearing.machine.prompter
        self._said = [*prompter.tokens(ask.prefix), *generation.text]
        if generation.header:
            self._header = self._hearing.last_header = [*generation.header]
        text = (ask.prefix + prompter.text(generation.text)).strip()
        language = prompter.language(self._header, self._options) if text else None
        return Hypothesis(text, (), self._declared(language), ask.final)

    def leave(self) -> None:
        """The pass is over."""
        self._hearing.machine.sequences.leave(self)

    def _script(self, ask: Ask) -> Script:
        """What is known of the answer."""
        prompter = self._hearing.machine.prompter
        prefix = prompter.tokens(ask.prefix)
        return prompter.script(
            self._options,
            prefix=prefix,
            # Text that is committed was committed in a language.
            header=self._header if prefix else (),
            header_guess=self._hearing.last_header,
            guess=self._guess(prefix, ask),
            duration_s=self._windows.duration_s,
        )

    def _guess(self, prefix: list[int], ask: Ask) -> Sequence[int]:
        """What may be said after the prefix: what was said last, else what the caller thinks."""
        n_prefix = len(prefix)
        if len(self._said) > n_prefix and self._said[:n_prefix] == prefix:
            return self._said[n_prefix:]
        tokens = self._hearing.machine.prompter.tokens(ask.prefix + ask.draft)
        return tokens[n_prefix:] if tokens[:n_prefix] == prefix else ()

    def _declared(self, language: str | None) -> str | None:
        declared = self._hearing.manifest.languages
        return language if language in declared or not declared else None


def _own(segment: object) -> ModelSegment:
    assert isinstance(segment, ModelSegment), "a segment of this engine"
    return segment


def _family_of(manifest: Manifest) -> Family:
    family = FAMILIES.get(manifest.family)
    if family is None:
        raise LoadFailedError(
            f"The model {manifest.id} does not turn speech into text; choose another engine."
        )
    return family


def _check_memory(manifest: Manifest) -> None:
    """Refuse what would not fit, before the system ends some other program for it."""
    found = free_memory()
    if found and manifest.ram_bytes > found.available_bytes + found.swap_bytes:
        raise too_little(manifest.id, manifest.ram_bytes, found)
