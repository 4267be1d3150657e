"""Language models that go round in circles: found while they do, or in what they have said.

People repeat themselves too, and numbers do: a guard that is in doubt lets it through. The
cap on a pass's tokens ends what it lets through.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

LONGEST_PERIOD: Final = 32  # tokens
LEAST_ROUNDS: Final = 4
LEAST_TOKENS: Final = 13  # as "no no no no" is said, and a refrain of a few words
DULL_TOKENS: Final = 15  # of which a few distinct ones are no speech, in whatever order
DULL_DISTINCT: Final = 3

_ONE_CHARACTER: Final = re.compile(r"(.)\1{20,}", re.DOTALL)
_PATTERN: Final = re.compile(r"(.{1,20}?)\1{19,}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Loop:
    """Tokens that go round in circles up to their end.

    Attributes:
        n_kept: how many tokens there are up to the end of the first round.
        tokens: what is said in a round.
    """

    n_kept: int
    tokens: frozenset[int]


def find_loop(tokens: Sequence[int], is_number: Callable[[int], bool]) -> Loop | None:
    """The loop that the tokens end with, if they do. Meant to be asked after each new one.

    Args:
        tokens: said so far.
        is_number: whether a token is part of a number, or the space in one. There are numbers
            of many equal digits.
    """
    for period in range(1, min(LONGEST_PERIOD, len(tokens) // LEAST_ROUNDS) + 1):
        if tokens[-1] != tokens[-1 - period]:
            continue
        length = _run(tokens, period)
        round_ = tokens[-period:]
        if length >= max(LEAST_ROUNDS * period, LEAST_TOKENS) and not all(map(is_number, round_)):
            return Loop(len(tokens) - length + period, frozenset(round_))
    return _dullness(tokens, is_number)


def _run(tokens: Sequence[int], period: int) -> int:
    """How many of the last tokens repeat with that period, the first round included."""
    at = len(tokens) - 1
    while at >= period and tokens[at] == tokens[at - period]:
        at -= 1
    return len(tokens) - 1 - at + period


def _dullness(tokens: Sequence[int], is_number: Callable[[int], bool]) -> Loop | None:
    last = tokens[-DULL_TOKENS:]
    distinct = frozenset(last)
    if len(last) < DULL_TOKENS or len(distinct) > DULL_DISTINCT or all(map(is_number, distinct)):
        return None
    return Loop(len(tokens) - DULL_TOKENS + len(distinct), distinct)


def without_repeats(text: str) -> str:
    """A text in which what is repeated 20 times and more is said once.

    A character that comes more than 20 times in a row is left once, and so is a pattern of up
    to 20 characters that comes 20 times and more.
    Source: `detect_and_fix_repetitions` of QwenLM/Qwen3-ASR, `qwen_asr/inference/utils.py`.

    >>> without_repeats("so" + "o" * 30 + " good" + " ha ha" * 25)
    'so good ha'
    """
    return _PATTERN.sub(r"\1", _ONE_CHARACTER.sub(r"\1", text))
