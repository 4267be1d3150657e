"""Where a session may cut the audio that its engine hears again in every pass."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise, takewhile
from typing import Final

from sidecar.stabilizer.placing import Unit

_SILENCE_S: Final = 0.15  # of silence in which a cut hurts no word
_ANCHORS: Final = 4  # committed words left in the audio, by which the seam is found
_SENTENCE_ENDS: Final = tuple(".!?。！？…।။។")  # noqa: RUF001


def best_cut_s(
    committed: Sequence[Unit], silences: Iterable[tuple[float, float]], after_s: float
) -> float | None:
    """The last silence, else end of a sentence, else word in the committed audio.

    No audio that is not committed is ever before a cut. There is none where times are
    estimates: what would be left of the committed text could not be told.

    Args:
        committed: the committed units of a segment.
        silences: (start, end) of each stretch without voice, in seconds of the segment.
        after_s: cuts before this are of no use.
    """
    if not committed or committed[-1].estimated:
        return None
    end_s = committed[-1].end_s
    quiet = [(a + b) / 2 for a, b in silences if b - a >= _SILENCE_S and b <= end_s]
    kinds = (quiet, _sentences(committed, after_s), _words(committed))
    useful = ([cut_s for cut_s in cuts if cut_s > after_s] for cuts in kinds)
    return next((max(cuts) for cuts in useful if cuts), None)


def _sentences(committed: Sequence[Unit], after_s: float) -> list[float]:
    recent = [*takewhile(lambda unit: unit.end_s > after_s, reversed(committed))][::-1]
    return [_between_s(a, b) for a, b in pairwise(recent) if a.text.endswith(_SENTENCE_ENDS)]


def _words(committed: Sequence[Unit]) -> list[float]:
    return [_between_s(a, b) for a, b in pairwise(committed[-_ANCHORS - 1 : -_ANCHORS + 1])]


def _between_s(before: Unit, after: Unit) -> float:
    return (before.end_s + after.start_s) / 2
