"""Speech that is known, and a recogniser that makes mistakes about it, but not for long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random

from sidecar.domain import Hypothesis, Word
from sidecar.engine.base import Ask
from sidecar.stabilizer.base import Stabilizer
from sidecar.stabilizer.log import CommitLog
from sidecar.stabilizer.placing import Unit
from sidecar.text.units import split_units, unit_key


def say(text: str, word_s: float = 0.4, gap_s: float = 0.1, start_s: float = 0.0) -> list[Word]:
    """The words of a text, spoken evenly."""
    step_s = word_s + gap_s
    return [
        Word(word, start_s + i * step_s, start_s + i * step_s + word_s)
        for i, word in enumerate(text.split())
    ]


def hear(text: str, *, timed: bool = True) -> Hypothesis:
    """A hypothesis of evenly spoken words, half a second each."""
    return Hypothesis(text, tuple(say(text)) if timed else ())


def written(units: Sequence[Unit]) -> str:
    """The units as text."""
    return "".join(unit.text for unit in units)


def keys(text: str) -> list[str]:
    """The units of a text as they are compared."""
    return [unit_key(unit) for unit in split_units(text)]


def ramble(random: Random, n_words: int, vocabulary: Sequence[str]) -> list[Word]:
    """Random words, often repeated, fast and slow, with pauses."""
    words: list[Word] = []
    at_s = 0.0
    for _ in range(n_words):
        again = words and random.random() < 0.15
        text = words[-1].text if again else random.choice(vocabulary)
        end_s = at_s + random.uniform(0.25, 0.5)
        words.append(Word(text, at_s, end_s))
        at_s = end_s + (random.uniform(0.3, 0.8) if random.random() < 0.1 else 0.05)
    return words


def silences(words: Sequence[Word]) -> list[tuple[float, float]]:
    """Where nothing is said."""
    return [(before.end_s, after.start_s) for before, after in pairwise(words)]


@dataclass(slots=True)
class NoisyRecogniser:
    """Hears what is said, but mistakes words near the end of the audio.

    No mistake is made twice, so none is ever agreed on. Capitals, commas and times differ
    in each pass. Words that begin after the audio ends are dreamt up.
    """

    truth: Sequence[Word]
    random: Random
    timed: bool
    joint: str = " "
    unsettled_s: float = 0.8
    jitter_s: float = 0.08
    n_mistakes: int = field(default=0)

    def decode(self, ask: Ask, start_s: float, heard_s: float) -> Hypothesis:
        """One pass over the audio from `start_s` to `heard_s`, told to begin with a prefix."""
        heard = [
            self._heard(word, heard_s, final=ask.final)
            for word in self.truth
            if (word.start_s + word.end_s) / 2 >= start_s and word.start_s < heard_s
        ]
        if not ask.final and self.random.random() < 0.2:
            heard.append(Word(self._mistake(), heard_s + 0.1, heard_s + 0.5))
        text = self.joint.join(word.text for word in heard)
        known = len(split_units(ask.prefix))
        text = "".join((ask.prefix, *split_units(text)[known:]))
        return Hypothesis(text, self._times(heard, start_s), final=ask.final)

    def _heard(self, word: Word, heard_s: float, *, final: bool) -> Word:
        unsettled = not final and word.end_s > heard_s - self.unsettled_s
        half = word.end_s > heard_s
        if unsettled and (half or self.random.random() < 0.4):
            return Word(self._mistake(), word.start_s, min(word.end_s, heard_s))
        if self.joint and self.random.random() < 0.2:
            styled = self.random.choice((word.text.capitalize(), word.text + ","))
            return Word(styled, word.start_s, word.end_s)
        return word

    def _mistake(self) -> str:
        self.n_mistakes += 1
        if self.joint:
            return "".join(self.random.choices("bcdfgjklmpqxz", k=8))
        return chr(0x5000 + self.n_mistakes)

    def _times(self, words: Sequence[Word], start_s: float) -> tuple[Word, ...]:
        if not self.timed:
            return ()
        off_s = [self.random.uniform(-self.jitter_s, self.jitter_s) for _ in words]
        return tuple(
            Word(word.text, max(0.0, word.start_s - start_s + off), word.end_s - start_s + off)
            for word, off in zip(words, off_s, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Dictated:
    """What came of a dictation: the log, each text on display, and cuts that were made."""

    log: CommitLog
    shown: tuple[str, ...]
    cuts_s: tuple[float, ...]


def dictate(
    recogniser: NoisyRecogniser,
    stabilizer: Stabilizer,
    interval_s: float = 0.7,
    window_s: float = float("inf"),
) -> Dictated:
    """Recognise all of the speech in passes, as a session does, cutting long audio."""
    log, shown, cuts_s = CommitLog(), [], [0.0]
    end_s = recogniser.truth[-1].end_s + 0.2
    log.begin(0, 0.0)
    for step in range(1, int(end_s / interval_s) + 1):
        heard_s, start_s = step * interval_s, cuts_s[-1]
        found = recogniser.decode(stabilizer.ask(start_s=start_s), start_s, heard_s)
        update = stabilizer.update(found, heard_s, start_s)
        log.append(update.committed)
        shown.append(log.text + update.tentative)
        if heard_s - start_s > window_s:
            cut_s = stabilizer.cut_s(silences(recogniser.truth), after_s=start_s + 1)
            cuts_s.append(start_s if cut_s is None else cut_s)
    ask = stabilizer.ask(final=True, start_s=cuts_s[-1])
    found = recogniser.decode(ask, cuts_s[-1], end_s)
    log.append(stabilizer.finish(found, end_s, cuts_s[-1]).committed)
    return Dictated(log, tuple(shown), tuple(cuts_s))
