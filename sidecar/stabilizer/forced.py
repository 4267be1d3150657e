"""Forcing committed text on engines that can begin with it."""

from __future__ import annotations

from typing import Final

_STUCK_PASSES: Final = 2
_STUCK_S: Final = 1.5  # of new audio in which nothing was found


class PrefixForcing:
    """Which prefix an engine with `forced_prefix` must begin with in its next pass.

    A decoder may find that the text ends right after what it was forced to say, and would
    then find nothing for ever. So after some such passes one is free, and is aligned.
    """

    def __init__(self) -> None:
        self._asked = ""
        self._n_empty = 0
        self._found_s = 0.0  # how much had been heard when last something was found
        self._heard_s = 0.0

    def ask(self, committed: str) -> str:
        """The prefix for the next pass: the committed text, or "" for a free one."""
        self._asked = "" if self._is_stuck() else committed
        return self._asked

    def heard(self, text: str, heard_s: float) -> None:
        """Take note of the stripped text that a pass has found."""
        self._heard_s = heard_s
        if self._asked and text == self._asked:
            self._n_empty += 1
        else:
            self._n_empty, self._found_s = 0, heard_s

    def _is_stuck(self) -> bool:
        new_s = self._heard_s - self._found_s
        return self._n_empty >= _STUCK_PASSES and new_s > _STUCK_S
