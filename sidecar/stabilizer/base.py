"""What a session needs of a stabiliser."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from sidecar.domain import Hypothesis
from sidecar.engine.base import Ask
from sidecar.stabilizer.placing import Unit


@dataclass(frozen=True, slots=True)
class Update:
    """What one pass has changed.

    Attributes:
        committed: units appended by this pass, for `CommitLog.append`. Final for ever.
        tentative: the text after all that is committed; replaces the one before.
    """

    committed: tuple[Unit, ...]
    tentative: str


class Stabilizer(Protocol):
    """Turns the hypotheses of one open segment into text that is never taken back.

    There is one for each segment; the log of commits is the dictation's. Hypotheses come in
    the order of their passes. All times are seconds from the start of the segment, but
    those inside a hypothesis count from the start of the audio its engine was given.
    """

    def update(self, hypothesis: Hypothesis, heard_s: float, start_s: float = 0.0) -> Update:
        """Take a partial hypothesis of the audio from `start_s` to `heard_s`."""
        ...

    def finish(self, hypothesis: Hypothesis, heard_s: float, start_s: float = 0.0) -> Update:
        """Take the final hypothesis and commit all of it that is not committed yet."""
        ...

    def ask(self, *, final: bool = False, start_s: float = 0.0) -> Ask:
        """What to ask of the engine in the next pass, which hears the audio from `start_s`."""
        ...

    def cut_s(self, silences: Iterable[tuple[float, float]], after_s: float = 0.0) -> float | None:
        """The best place after `after_s` before which no audio is needed any more, or None."""
        ...
