"""The stabiliser: commits what is settled and never contradicts it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from sidecar.domain import Hypothesis
from sidecar.engine.base import Ask, Capabilities
from sidecar.stabilizer.agreement import MOST_TAILS, LocalAgreement, Settled, Tail
from sidecar.stabilizer.alignment import AlignedAgreement
from sidecar.stabilizer.base import Update
from sidecar.stabilizer.cuts import best_cut_s
from sidecar.stabilizer.forced import PrefixForcing
from sidecar.stabilizer.frontier import Frontier
from sidecar.stabilizer.impasse import most_agreed
from sidecar.stabilizer.placing import Unit
from sidecar.text.units import is_character

_VOTES: Final = 3  # tails that are compared when no two in a row agree


@dataclass(frozen=True, slots=True)
class StabilizerOptions:
    """How careful a stabiliser is.

    Attributes:
        hold_back_s: units that end later than this before the end of the audio may be
            half heard and are not committed.
        hold_back_characters: the same for characters without times.
        progress_s: a pass that has heard less new audio than this proves nothing new.
        impasse_s: speech without a commit after which a vote decides.
        impasse_age_s: the vote is on units that end longer ago than this.
    """

    hold_back_s: float = 0.4
    hold_back_characters: int = 2
    progress_s: float = 0.1
    impasse_s: float = 6.0
    impasse_age_s: float = 3.0


class SegmentStabilizer:
    """A `Stabilizer` that commits what `settled` says, for any engine.

    Work per pass grows with the audio of that pass, never with the length of a dictation.
    """

    def __init__(
        self,
        settled: Settled,
        options: StabilizerOptions = StabilizerOptions(),
        *,
        forced: bool = False,
        drafts: bool = False,
    ) -> None:
        self._settled = settled
        self._options = options
        self._forcing = PrefixForcing() if forced else None
        self._drafts = drafts
        self._frontier = Frontier()
        self._tails: deque[Tail] = deque(maxlen=MOST_TAILS)
        self._waiting_since_s: float | None = None
        self._tentative = ""

    @property
    def diverged(self) -> int:
        """How many passes said otherwise about audio whose text was committed."""
        return self._frontier.diverged

    def update(self, hypothesis: Hypothesis, heard_s: float, start_s: float = 0.0) -> Update:
        """Take a partial hypothesis of the audio from `start_s` to `heard_s`."""
        self._note(hypothesis, heard_s)
        tail = self._frontier.tail(hypothesis, heard_s, start_s)
        if tail is None:
            return Update((), self._tentative)
        self._remember(Tail(tail, heard_s))
        units = self._ripe(heard_s) or self._voted(heard_s)
        self._commit(units)
        if tail[: len(units)] == units:
            tail = tail[len(units) :]
        else:  # the vote went to an older pass
            tail = self._frontier.tail(hypothesis, heard_s, start_s) or ()
        self._wait(heard_s, is_waiting=bool(tail), is_anew=bool(units))
        self._tentative = _text(tail)
        return Update(units, self._tentative)

    def finish(self, hypothesis: Hypothesis, heard_s: float, start_s: float = 0.0) -> Update:
        """Take the final hypothesis and commit all of it that is not committed yet."""
        tail = self._frontier.tail(hypothesis, heard_s, start_s, patient=False) or ()
        self._commit(tail)
        self._tentative = ""
        return Update(tail, "")

    def ask(self, *, final: bool = False, start_s: float = 0.0) -> Ask:
        """What to ask of the engine in the next pass, which hears the audio from `start_s`."""
        committed = self._frontier.text(start_s)
        prefix = self._forcing.ask(committed) if self._forcing else ""
        text = (committed + self._tentative).lstrip()
        return Ask(final, prefix, text[len(prefix) :] if self._drafts else "")

    def cut_s(self, silences: Iterable[tuple[float, float]], after_s: float = 0.0) -> float | None:
        """The best place after `after_s` before which no audio is needed any more, or None."""
        return best_cut_s(self._frontier.units, silences, after_s)

    def _note(self, hypothesis: Hypothesis, heard_s: float) -> None:
        if self._forcing:
            self._forcing.heard(hypothesis.text.strip(), heard_s)

    def _remember(self, tail: Tail) -> None:
        """Keep a tail; it replaces the one before if it has heard nothing new."""
        last = self._tails[-1] if self._tails else None
        if last and tail.heard_s - last.heard_s < self._options.progress_s:
            self._tails[-1] = Tail(tail.units, last.heard_s)
        else:
            self._tails.append(tail)

    def _ripe(self, heard_s: float) -> tuple[Unit, ...]:
        """What is settled and well heard, without punctuation that may yet change."""
        tails = [*self._tails]
        units = tails[-1].units
        n = min(self._settled(tails), self._n_heard_well(units, heard_s))
        while n and not units[n - 1].key:
            n -= 1
        return units[:n]

    def _n_heard_well(self, units: tuple[Unit, ...], heard_s: float) -> int:
        if units and units[-1].estimated and is_character(units[-1].text):
            return max(0, len(units) - self._options.hold_back_characters)
        until_s = heard_s - self._options.hold_back_s
        return sum(1 for _ in takewhile(lambda unit: unit.end_s <= until_s, units))

    def _voted(self, heard_s: float) -> tuple[Unit, ...]:
        """What most of the last tails say, if nothing was committed for too long."""
        since_s = self._waiting_since_s
        if since_s is None or heard_s - since_s < self._options.impasse_s or len(self._tails) < 2:
            return ()
        return most_agreed([*self._tails][-_VOTES:], heard_s - self._options.impasse_age_s)

    def _commit(self, units: tuple[Unit, ...]) -> None:
        """Append, and keep of the tails what follows in those that say the same."""
        if units:
            self._frontier.commit(units)
            n, keys = len(units), tuple(unit.key for unit in units)
            same = [Tail(t.units[n:], t.heard_s) for t in self._tails if t.keys[:n] == keys]
            self._tails.clear()
            self._tails.extend(same)

    def _wait(self, heard_s: float, *, is_waiting: bool, is_anew: bool) -> None:
        if not is_waiting:
            self._waiting_since_s = None
        elif is_anew or self._waiting_since_s is None:
            self._waiting_since_s = heard_s


def stabilizer_for(
    capabilities: Capabilities, options: StabilizerOptions = StabilizerOptions()
) -> SegmentStabilizer:
    """A stabiliser for one segment of an engine.

    Engines that time their words, or continue committed text, get LocalAgreement: their
    hypotheses agree to the word. Others are aligned, since one flipping word without a time
    would hold up all those after it.
    """
    exact = capabilities.word_times or capabilities.forced_prefix
    n = capabilities.agreement or 2  # with 0 no partial pass is ever asked about
    settled: Settled = LocalAgreement(n) if exact else AlignedAgreement()
    return SegmentStabilizer(
        settled, options, forced=capabilities.forced_prefix, drafts=capabilities.drafts
    )


def _text(units: Iterable[Unit]) -> str:
    return "".join(unit.text for unit in units)
