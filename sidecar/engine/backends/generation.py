"""What a model says after it has heard the audio: a machine that is stepped from outside.

It knows tokens and logits, and neither the decoder nor text, so that the passes of several
segments can take their steps in one batch.

    append generation.lead(), or leave it to the first proposal
    while not generation.done:
        logits of generation.proposal() -> generation.take(logits)
        forget all but the first generation.n_kept of its tokens

A proposal holds tokens that are given (the end of the prompt, committed text) and guesses
(what the pass before has said). A guess is kept if the model would have said the same, so
that guesses never change what is said, only how many steps it takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sidecar.engine.backends.loops import Loop, find_loop

if TYPE_CHECKING:
    import numpy.typing as npt

MOST_HEADER: Final = 12  # tokens before the mark of text: a model that says more says text
# In the first batch, whose other rows are needed anyway, a guess costs 0.4 of a step. Later one of
# four costs 2.5 steps, and one of eight as much as one by one (4-bit weights on AVX2).
FIRST_GUESSES: Final = 32
NEXT_GUESSES: Final = 3
RESYNC_TOKENS: Final = 16  # how far on a guess is sought again after one was wrong
MOST_RETRIES: Final = 2
PENALTIES: Final = (1.15, 1.5)  # of logits, on what was said in a loop


@dataclass(frozen=True, slots=True)
class Rules:
    """What tokens of a model mean.

    Attributes:
        ends: the model is done.
        mark: text begins after it, and what the language is was said before.
        is_number: see `find_loop`.
    """

    ends: frozenset[int]
    mark: int
    is_number: Callable[[int], bool]


@dataclass(frozen=True, slots=True)
class Script:
    """What is known beforehand of a pass.

    Attributes:
        given: the end of the prompt; at least one token.
        header: whether the model says the language, and the mark, before its text.
        prefix: how the text must begin.
        header_guess: what comes before the text, without the mark.
        guess: what may come after the prefix.
        most: tokens of text after the prefix.
    """

    given: Sequence[int]
    header: bool
    prefix: Sequence[int] = ()
    header_guess: Sequence[int] = ()
    guess: Sequence[int] = ()
    most: int = 512


class _Entry(NamedTuple):
    token: int
    guessed: bool = False


@dataclass(slots=True)
class _Guess:
    """What may be said next, as far as it still agrees with what is said."""

    tokens: Sequence[int]
    at: int = 0
    lost: bool = False

    def said(self, text: Sequence[int]) -> None:
        """Follow what was said."""
        if self.lost:
            self._resync(text[-2:])
        elif self.at < len(self.tokens) and self.tokens[self.at] == text[-1]:
            self.at += 1
        else:
            self.lost = True

    def next(self, n: int) -> Sequence[int]:
        return () if self.lost else self.tokens[self.at : self.at + n]

    def _resync(self, last: Sequence[int]) -> None:
        """Go on where the same two tokens stand further on."""
        until = min(self.at + RESYNC_TOKENS, len(self.tokens) - 1)
        for start in range(max(0, self.at - 1), until):
            if list(self.tokens[start : start + 2]) == list(last):
                self.at, self.lost = start + 2, False
                return


@dataclass(frozen=True, slots=True)
class Proposal:
    """Tokens to append to the sequence, and after which of them logits are wanted."""

    tokens: tuple[int, ...]
    wanted: tuple[int, ...]


@dataclass(slots=True)
class _Said:
    header: list[int] = field(default_factory=list)
    text: list[int] = field(default_factory=list)


class Generation:
    """One pass; see the module.

    Attributes:
        done: nothing more will be said.
        n_kept: how many of the tokens proposed so far, in the order of the sequence, are right.
    """

    def __init__(self, rules: Rules, script: Script) -> None:
        self.done = False
        self.n_kept = 0
        self._rules = rules
        self._script = script
        self._said = _Said()
        self._in_header = script.header
        self._guess = _Guess(script.guess)
        self._text_at = 0  # where in the sequence the first token after the prefix is
        self._avoid: frozenset[int] = frozenset()
        self._n_retries = 0
        self._next = [*_given(script.given), *self._opening()]

    @property
    def header(self) -> Sequence[int]:
        """What was said before the mark."""
        return self._said.header

    @property
    def text(self) -> Sequence[int]:
        """What was said after the prefix."""
        return self._said.text

    @property
    def n_lead(self) -> int:
        """How many tokens of the next proposal come before the first that is asked after."""
        return self.proposal().wanted[0]

    def lead(self) -> tuple[int, ...]:
        """Take these out of the next proposal; the caller appends them."""
        lead, self._next = self._next[: self.n_lead], self._next[self.n_lead :]
        self.n_kept += len(lead)
        return tuple(entry.token for entry in lead)

    def proposal(self) -> Proposal:
        """What to append to the sequence next."""
        entries = self._next
        last = len(entries) - 1
        wanted = tuple(i for i in range(len(entries)) if i == last or entries[i + 1].guessed)
        return Proposal(tuple(entry.token for entry in entries), wanted)

    def take(self, logits: Iterable[npt.NDArray[np.float32]]) -> None:
        """Go on with the logits that the last proposal wanted, each of shape (tokens,)."""
        entries, self._next = self._next, []
        rows = iter(logits)
        for at in range(1, len(entries) + 1):
            self.n_kept += 1
            following = entries[at] if at < len(entries) else None
            if following is not None and not following.guessed:
                continue
            chosen = self._choose(next(rows))
            turned = self._say(chosen)
            if self.done or turned or following is None or following.token != chosen:
                return

    def _opening(self) -> list[_Entry]:
        """What is given and guessed up to the text, and how that may begin."""
        if not self._in_header:
            return self._text_opening(FIRST_GUESSES)
        guess = self._script.header_guess
        if not guess:
            return []
        entries = [_Entry(token, guessed=True) for token in (*guess, self._rules.mark)]
        return [*entries, *self._text_opening(FIRST_GUESSES)]

    def _text_opening(self, n_guesses: int) -> list[_Entry]:
        return [*_given(self._script.prefix), *self._guesses(n_guesses)]

    def _guesses(self, n: int) -> list[_Entry]:
        return [_Entry(token, guessed=True) for token in self._guess.next(n)]

    def _choose(self, logits: npt.NDArray[np.float32]) -> int:
        """The most likely token, where nothing is to be avoided."""
        if self._avoid:
            avoided = [*self._avoid]
            penalty = PENALTIES[self._n_retries - 1]
            logits = logits.copy()
            found = logits[avoided]
            logits[avoided] = np.where(found > 0, found / penalty, found * penalty)
        return int(logits.argmax())

    def _say(self, token: int) -> bool:
        """Take note of a token that the model says; whether it goes on otherwise than guessed."""
        if self._in_header:
            return self._say_header(token)
        return self._say_text(token)

    def _say_header(self, token: int) -> bool:
        if token == self._rules.mark:
            self._begin_text()
            return False
        self.done = token in self._rules.ends
        if not self.done:
            self._said.header.append(token)
            self._next = [_Entry(token)]
            if len(self._said.header) <= MOST_HEADER:
                return False
        if self._script.prefix:  # there is text, whatever the model makes of the sound
            self.done = False
            self._begin_text()
        else:
            self._take_header_for_text()
        return True

    def _take_header_for_text(self) -> None:
        """A model that says no mark has said text."""
        self._in_header = False
        self._text_at = self.n_kept - len(self._said.header) + 1
        self._said.text, self._said.header = self._said.header, []

    def _begin_text(self) -> None:
        """Say the mark, then what is given of the text."""
        self._in_header = False
        self._next = [_Entry(self._rules.mark), *self._text_opening(NEXT_GUESSES)]

    def _say_text(self, token: int) -> bool:
        text = self._said.text
        if not text:
            self._text_at = self.n_kept
        self.done = token in self._rules.ends
        if self.done:
            return False
        text.append(token)
        self._guess.said(text)
        loop = find_loop(text, self._rules.is_number)
        if loop is not None:
            self._leave(loop)
            return True
        self.done = len(text) >= self._script.most
        self._next = [_Entry(token), *self._guesses(NEXT_GUESSES)]
        return False

    def _leave(self, loop: Loop) -> None:
        """Go back to the end of the first round, and say something else from there."""
        text = self._said.text
        del text[loop.n_kept :]
        self._guess.lost, self._guess.tokens = True, ()
        if self._n_retries == MOST_RETRIES:
            self.done = True
            return
        self._n_retries += 1
        self._avoid |= loop.tokens
        self.n_kept = self._text_at + loop.n_kept - 1
        self._next = [_Entry(text[-1])]


def _given(tokens: Iterable[int]) -> list[_Entry]:
    return [_Entry(token) for token in tokens]
