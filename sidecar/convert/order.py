"""What is asked of a conversion. Apart, as whoever asks need not load what converts."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sidecar.model_store.manifest import DecoderKind, EncoderKind


@dataclass(frozen=True, slots=True)
class Order:
    """What to convert, and how.

    Attributes:
        source: folder of an official checkpoint.
        target: folder to make; its parent is made if need be.
        id: of the model.
        encoder: how the audio tower's weights are kept.
        decoder: how the decoder's weights are kept; an aligner's are 8-bit integers unless
            this is "f32".
        prefill: make the graph that prefills in 8 bits, too; an aligner has no use for it.
        n_threads: how many threads quantise.
    """

    source: Path
    target: Path
    id: str
    encoder: EncoderKind = "int8"
    decoder: DecoderKind = "q4_k"
    prefill: bool = True
    n_threads: int = field(default_factory=lambda: os.cpu_count() or 1)
