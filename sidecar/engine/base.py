"""What a speech engine is.

An engine lives in a worker process of its own and is driven from one thread there.
It hears one *segment* at a time per `open`: audio is fed in pieces as it grows, and
may be decoded at any point, any number of times, for a hypothesis of all of it.

    engine = Engine()                  cheap: no model yet
    engine.load()                      the model, warm
    segment = engine.open(options)     language, hotwords, context
    segment.feed(samples)              the segment grows
    segment.decode(Ask(), abort)       a partial hypothesis
    segment.decode(Ask(final=True), abort)   the whole of it, unless it grows again
    segment.close()                    caches dropped

An engine that decodes several segments faster together than one after the other says how
many (`Capabilities.together`), and has one method more (`SharingEngine`):

    for n, outcome in engine.decode_together(passes):   of different segments

Third-party engines register under the entry point group `sotto.engines`:

    [project.entry-points."sotto.engines"]
    my-engine = "my_package:MyEngine"

The class of an installed model is called with its folder, all others with nothing. An engine
proves itself with `sidecar.testing.check_engine(MyEngine)`.

An aligner finds when each word of a text is said that another engine has recognised. It is an
engine too, which adds nothing to the text that it must start with: its final passes give
`Ask.prefix` with the times of its words. It is registered under `sotto.aligners`, and proves
itself with `sidecar.testing.check_aligner(MyAligner)`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from sidecar.domain import Hypothesis, Samples

Abort: TypeAlias = Callable[[], bool]
"""Asked by an engine at least every 200 ms of work; True means stop now."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine declares, so that callers ask and never guess.

    Attributes:
        languages: BCP 47 tags it understands; empty means any.
        word_times: hypotheses carry `words` with times.
        confidences: those words carry confidences.
        partials: decoding a segment before it ends is meaningful.
        forced_prefix: `Ask.prefix` is honoured: the hypothesis starts with it.
        drafts: `Ask.draft` is verified and speeds decoding up, never changes the result.
        hotwords: `SegmentOptions.hotwords` raise the odds of those words.
        max_segment_s: longest segment it decodes well; callers cut before that.
        agreement: how many passes in a row must say the same before their text is committed:
            2, or more for partials that change much (up to 7). With 0 nothing but final
            passes is committed.
        resumes: going on after a final pass costs nothing extra, so that a pause may be
            taken for the end in good hope.
        together: how many passes `decode_together` can make at once; with 1 there need be no
            such method. Memory is best set aside for so many when the engine loads.
        notice: a plain sentence a person should read before trusting it, or "".
    """

    languages: tuple[str, ...] = ()
    word_times: bool = False
    confidences: bool = False
    partials: bool = False
    forced_prefix: bool = False
    drafts: bool = False
    hotwords: bool = False
    max_segment_s: float = 30.0
    agreement: int = 2
    resumes: bool = True
    together: int = 1
    notice: str = ""

    def knows(self, language: str) -> bool:
        """Whether it declares a language, or a variety of it.

        >>> Capabilities(("en", "zh-Hans")).knows("en-GB"), Capabilities(("en",)).knows("eng")
        (True, False)
        """
        return not self.languages or any(_same_language(tag, language) for tag in self.languages)


@dataclass(frozen=True, slots=True)
class SegmentOptions:
    """Fixed for the life of a segment.

    Attributes:
        language: BCP 47 tag, or None to let the engine find out.
        hotwords: words and phrases that are likely; ignored unless declared.
        context: text that came before, for engines that condition on it.
        live: audio comes as it is spoken, and the final pass must end soon after its end. An
            engine may then hear it otherwise than a recording, but what the final pass says
            depends on the audio alone, never on when passes were made: a worker may die at
            any time, and the next one hears it all at once.
    """

    language: str | None = None
    hotwords: tuple[str, ...] = ()
    context: str = ""
    live: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """One decoding pass over everything fed so far.

    Attributes:
        final: the segment is complete, as far as the caller knows. More audio may follow
            all the same, where a pause was taken for the end; the engine then goes on as if
            this pass had never been.
        prefix: committed text the hypothesis must start with (`forced_prefix`).
        draft: what the pass before found after `prefix`, to verify rather than
            generate again (`drafts`).
    """

    final: bool = False
    prefix: str = ""
    draft: str = ""


class SpeechSegment(Protocol):
    """One growing piece of speech inside an engine."""

    def feed(self, samples: Samples) -> None:
        """Append mono 16 kHz float32 samples, shape (n,). Keeps no reference to the array."""
        ...

    def decode(self, ask: Ask, abort: Abort) -> Hypothesis:
        """Recognise everything fed so far. Silence gives an empty text, never an error.

        Raises:
            CancelledError: `abort` returned True. The segment may be decoded again.
            EngineError: this pass failed. The engine remains usable.
        """
        ...

    def close(self) -> None:
        """Drop the segment's state. Called once, in any state."""
        ...


class SpeechEngine(Protocol):
    """A model that turns speech into text. Called from one thread."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do, once it is loaded; it does not change after that."""
        ...

    def load(self) -> None:
        """Load the model, and whatever the first decode would otherwise wait for.

        Raises:
            LoadFailedError: with a sentence that says what is missing.
            ModelCorruptError: a file of the model is not what it was.
            OutOfMemoryError: there is not enough memory for it.
        """
        ...

    def open(self, options: SegmentOptions) -> SpeechSegment:
        """Begin a segment. Several may be open at once; their audio never mixes."""
        ...


@dataclass(frozen=True, slots=True)
class SegmentPass:
    """One of several passes to be made together: `segment.decode(ask, abort)`."""

    segment: SpeechSegment
    ask: Ask
    abort: Abort


class SharingEngine(SpeechEngine, Protocol):
    """An engine whose passes can share the work: `Capabilities.together` is 2 or more."""

    def decode_together(
        self, passes: Sequence[SegmentPass]
    ) -> Iterator[tuple[int, Hypothesis | BaseException]]:
        """Make 2 to `together` passes, each of another segment of this engine.

        Each gives what it would give alone, or the error that it would raise; one that fails
        or is aborted leaves the others as they are. Every `abort` is asked at least every
        200 ms, until its own pass has its outcome.

        Yields:
            The number of a pass in `passes` and its outcome, as soon as that is known, in any
            order, once for each.

        Raises:
            EngineError: none of those that have no outcome yet will have one.
        """
        ...


def _same_language(one: str, other: str) -> bool:
    """Whether one tag is the other or a variety of it.

    >>> _same_language("en", "en-GB"), _same_language("zh-Hans", "zh"), _same_language("en", "eng")
    (True, True, False)
    """
    one, other = one.lower() + "-", other.lower() + "-"
    return one.startswith(other) or other.startswith(one)
