"""Where in the audio each unit of a hypothesis lies."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from sidecar.domain import Hypothesis, Word
from sidecar.text.units import split_units, unit_key


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of text (`sidecar.text.units`) and its place, in seconds of its utterance.

    Attributes:
        text: as recognised, with the space before it.
        key: what makes two units the same; "" for punctuation alone.
        start_s: where it begins.
        end_s: where it ends.
        estimated: the engine gave no word times; these are off by up to a second or so.
        confidence: in [0, 1], or None where the engine does not give one.
    """

    text: str
    key: str
    start_s: float
    end_s: float
    estimated: bool = False
    confidence: float | None = None

    @property
    def middle_s(self) -> float:
        """Half way between its start and its end."""
        return (self.start_s + self.end_s) / 2


def place(
    hypothesis: Hypothesis, start_s: float, heard_s: float, skip: int = 0
) -> tuple[Unit, ...]:
    """The units of a hypothesis, from the character `skip` of its stripped text on.

    Times are those of the engine's words, interpolated where a unit is a part of a word,
    or spread evenly over the audio where there are no words. Units that begin after the
    audio ends are dropped: the engine heard them in padding.

    Args:
        hypothesis: of the audio from `start_s` to `heard_s`; its times count from `start_s`.
        start_s: where its audio begins in the utterance.
        heard_s: where its audio ends.
        skip: characters that are known already.
    """
    text = hypothesis.text.strip()
    ruler = _Ruler(len(unit_key(text)), hypothesis.words, start_s, heard_s)
    known = len(unit_key(text[:skip]))
    units = _measured(split_units(text[skip:]), ruler, known)
    return tuple(unit for unit in units if unit.start_s <= heard_s)


def _measured(pieces: Iterable[str], ruler: _Ruler, at: int) -> Iterator[Unit]:
    for piece in pieces:
        key = unit_key(piece)
        yield ruler.unit(piece, key, at)
        at += len(key)


class _Ruler:
    """Places to times. A place is a count of the letters before, as units are compared.

    So words and text may differ in punctuation and capitals. If they differ in more, such
    as numerals, places are stretched to fit, which is good enough for what times are for.
    """

    def __init__(
        self, n_letters: int, words: Sequence[Word], start_s: float, heard_s: float
    ) -> None:
        lengths = [len(unit_key(word.text)) for word in words]
        stretch = n_letters / (sum(lengths) or 1)
        ends = [end * stretch for end in accumulate(lengths)]
        self._estimated = not words
        self._starts = [0.0, *ends[:-1]]
        self._confidences = [word.confidence for word in words] or [None]
        edges: list[tuple[float, float]] = [(0.0, start_s)]
        for start, end, word in zip(self._starts, ends, words, strict=False):
            edges += [(start, start_s + word.start_s), (end, start_s + word.end_s)]
        edges.append((n_letters, max(heard_s, edges[-1][1])))
        self._places = [place for place, _ in edges]
        self._times = [time_s for _, time_s in edges]

    def unit(self, piece: str, key: str, at: int) -> Unit:
        """The unit whose first letter is at the place `at`."""
        end_s = self._time(at + len(key), max(0, bisect_left(self._places, at + len(key)) - 1))
        start_s = self._time(at, bisect_right(self._places, at) - 1) if key else end_s
        confidence = self._confidences[bisect_right(self._starts, at) - 1]
        return Unit(piece, key, start_s, end_s, self._estimated, confidence)

    def _time(self, place: int, before: int) -> float:
        """The time of a place that lies at or after the edge `before`."""
        after = min(before + 1, len(self._places) - 1)
        length = self._places[after] - self._places[before]
        share = (place - self._places[before]) / length if length else 0.0
        return self._times[before] + share * (self._times[after] - self._times[before])
