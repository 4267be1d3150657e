"""What makes random weights speak like a model that hears: its text grows with the audio.

A random decoder says something else after each second of audio, so that no draft of it would
ever hold and nothing would be committed. Here most tokens have one successor. Each row of the
embedding holds a code of its own token in its first half and, in its second half, the code of
the token before it in a chain through all words. The MLP of the first layer copies the first
half into the second; the last norm hides the first half; the output layer, which is the same
table, then prefers the successor. Everything else is random and computed all the same. Every
twentieth successor is so weak that all of the context decides: there the audio counts.

A successor's logit lies about 16 deviations above the mean, the largest of 150 000 random
ones 4.4.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Values: TypeAlias = npt.NDArray[np.float32]

EMBEDDING_STD = 0.5
ALWAYS = 4.0  # the first value of every row of a token, which opens the gate of the copy
COPIED = 0.4  # how much the copy weighs beside what 28 random layers add
FORGOTTEN = 0.1  # what of a token's own code is taken away, lest it be its own successor
STEP = 7919  # words that follow each other are far from each other in the vocabulary
WEAK_EVERY, WEAK = 20, 0.26
HIDDEN = 0.02


@dataclass(frozen=True, slots=True)
class Chain:
    """Words in a row that never ends.

    Attributes:
        first_word, n_words: ids of what is said.
        start: id of the token that the first word follows.
    """

    first_word: int
    n_words: int
    start: int

    def plants(self) -> Mapping[str, Callable[[Values], Values]]:
        """For the tensors that hold the chain, from random values to their own, in place."""
        text = "model.language_model."
        mlp = f"{text}layers.0.mlp."
        return {
            f"{text}embed_tokens.weight": self._embedding,
            f"{mlp}gate_proj.weight": _gate,
            f"{mlp}up_proj.weight": _up,
            f"{mlp}down_proj.weight": _down,
            f"{text}norm.weight": _last_norm,
        }

    def _embedding(self, rows: Values) -> Values:
        rows *= EMBEDDING_STD
        half = rows.shape[1] // 2
        words = slice(self.first_word, self.first_word + self.n_words)
        codes = np.roll(rows[words, :half], STEP, axis=0)
        codes[0] = rows[self.start, :half]
        codes[WEAK_EVERY // 2 :: WEAK_EVERY] *= WEAK
        rows[:, half:] = 0.0  # never picked, unless it is a word
        rows[words, half:] = codes
        rows[:, 0] = ALWAYS
        return rows


def _gate(rows: Values) -> Values:
    """Open for as many neurons as there are values in a row."""
    width = rows.shape[1]
    rows[:width] = 0.0
    rows[:width, 0] = 1.0
    return rows


def _up(rows: Values) -> Values:
    """Each of those neurons is given one of the values."""
    width = rows.shape[1]
    rows[:width] = np.eye(width, dtype=np.float32)
    return rows


def _down(rows: Values) -> Values:
    """The first half is written over the second, and that taken away."""
    width = len(rows)
    half = width // 2
    rows[:, :width] = COPIED * np.eye(width, k=-half, dtype=np.float32)
    rows[half:, half:width] = -FORGOTTEN * np.eye(half, dtype=np.float32)
    return rows


def _last_norm(rows: Values) -> Values:
    rows[: len(rows) // 2] *= HIDDEN
    return rows
