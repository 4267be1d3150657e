"""What tests give to decoders of the tiny model, and ask them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sidecar.inference.context import DecoderOptions
from sidecar.inference.decoder import Decoder, Run
from sidecar.inference.kv_state import KeyValues

Floats = npt.NDArray[np.float32]

EXACT = DecoderOptions(
    n_cells=512,
    n_sequences=4,
    n_batch=32,
    n_outputs=12,
    n_threads=1,
    n_batch_threads=1,
    kv="f32",
    flash_attention=False,
)
TOKENS = [int(token) for token in np.random.default_rng(1).integers(0, 250, 90)]


def never() -> bool:
    return False


def nothing(n: int) -> KeyValues:
    """Keys and values of so many positions."""
    return KeyValues(np.zeros((3, n, 64), np.float32), np.zeros((3, 64, n), np.float32))


def audio(n: int, width: int = 96) -> Floats:
    return np.random.default_rng(n).normal(0, 0.3, (n, width)).astype(np.float32)


def logits_after(decoder: Decoder, tokens: list[int], sequence: int = 0) -> Floats:
    decoder.rewind(sequence, 0)
    [logits] = decoder.advance([Run(sequence, tokens, range(len(tokens)))], never)
    return logits
