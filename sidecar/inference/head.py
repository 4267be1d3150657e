"""The last step to logits, where llama.cpp's output layer is a rough one.

The output layer is a quarter of the weights that a step reads, and only the highest logits of
a step matter. So a layer of 4 bits finds the few tokens that may be next, and their logits are
computed again from the table of embeddings in half precision, without the rounding of a layer
of 6 bits, and sooner than such a layer would have them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from sidecar.inference.embeddings import Table

    Floats = npt.NDArray[np.float32]

NEAR: Final = 0.25
"""Of the way from the highest logit to the mean: at least the spread of all logits, as the
highest of 150,000 is four times the spread above the mean or more. Rounding to 4 bits moved
logits of the 0.6B shape by 0.09 of the spread, and none by more than 0.44."""
MOST: Final = 256


def sharpen(logits: Floats, hidden: Floats, table: Table) -> None:
    """Compute the highest logits again, in place.

    Args:
        logits: of all tokens, shape (n,).
        hidden: what entered the output layer, shape (width,).
        table: embeddings of the tokens, which are the output layer's rows, too.
    """
    highest = logits.max()
    near = np.flatnonzero(logits >= highest - NEAR * (highest - logits.mean()))
    if len(near) > MOST:
        near = near[np.argpartition(logits[near], -MOST)[-MOST:]]
    logits[near] = table.rows(near.tolist()) @ hidden
