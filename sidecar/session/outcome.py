"""What a dictation has come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from sidecar.engine.base import Capabilities


@dataclass(slots=True)
class Tally:
    """What the segments of a dictation add up to.

    Attributes:
        speech_s: seconds of speech in them.
        decode_s: seconds their passes took.
        complete: each has got the text its engine found in it.
        languages: how many of them were in which language.
    """

    speech_s: float = 0.0
    decode_s: float = 0.0
    complete: bool = True
    languages: Counter[str] = field(default_factory=Counter)

    @property
    def language(self) -> str | None:
        """The one most segments were in, where the engine tells."""
        return max(self.languages, key=lambda tag: self.languages[tag], default=None)


def notices(engine: str, capabilities: Capabilities, *, hotwords: bool) -> Iterator[str]:
    """Plain sentences that a person should read about what an engine was asked to do."""
    if hotwords and not capabilities.hotwords:
        yield f"The engine {engine} does not use hotwords; they had no effect."
    if capabilities.notice:
        yield capabilities.notice
