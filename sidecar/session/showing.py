"""What of a segment's tentative text is shown, and when."""

from __future__ import annotations

from itertools import takewhile
from typing import Final

from sidecar.domain import Partial
from sidecar.text.units import split_units

LEAST_PAUSE_S: Final = 0.15  # between two partials


class Showing:
    """Makes the partials of one segment out of what its passes say."""

    def __init__(self, segment: int) -> None:
        self._segment = segment
        self._revision = 0
        self._said = ""  # by the last pass, committed text included
        self._n_committed = 0
        self._shown = ""
        self._shown_at_s = float("-inf")

    def show(self, committed: str, tentative: str, now_s: float, *, sure: bool) -> Partial | None:
        """What to show after one more pass, if that is anything new.

        Args:
            committed: the segment's committed text.
            tentative: what the pass says after it, with the space before it.
            now_s: a monotonic time.
            sure: whether one pass is enough; else only what two passes say is shown.
        """
        before, self._said = self._said, committed + tentative
        text = self._said
        if not sure:
            text = _agreed(before, text)
        text = text[len(committed) :]
        # What was shown is void once some of it is committed: then it cannot wait.
        may_wait = len(committed) == self._n_committed
        self._n_committed = len(committed)
        if text == self._shown or (may_wait and now_s - self._shown_at_s < LEAST_PAUSE_S):
            return None
        stable = _n_shared(before, self._said) - len(committed)
        partial = Partial(self._segment, self._revision, text, max(0, min(stable, len(text))))
        self._revision, self._shown, self._shown_at_s = self._revision + 1, text, now_s
        return partial


def _agreed(one: str, other: str) -> str:
    """The units with which both begin.

    >>> _agreed("we are here", "we are hearing")
    'we are'
    """
    pairs = zip(split_units(one), split_units(other), strict=False)
    return "".join(a for a, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _n_shared(one: str, other: str) -> int:
    """With how many characters both begin."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
