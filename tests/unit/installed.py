"""Tiny models, converted as `sotto models install` does: once for each way to keep weights."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from sidecar.convert.order import Order
from sidecar.convert.pipeline import convert
from sidecar.model_store.manifest import DecoderKind, EncoderKind
from tests.unit.checkpoints import write_checkpoint
from tests.unit.models import TinyModel, tiny_aligner, tiny_asr

DATA = Path(__file__).resolve().parents[1] / "data"

# The smallest whose rows divide into the blocks of llama.cpp's K kinds.
AUDIO = {"output_dim": 256}
TEXT = {"hidden_size": 256, "intermediate_size": 512, "num_attention_heads": 8}


class TinyModels:
    """Installed models, made when they are first asked for.

    Args:
        folder: where they go.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def asr(self) -> TinyModel:
        """What transformers computes with the same weights as the models that write text."""
        return tiny_asr(audio=AUDIO, text=TEXT)

    @cached_property
    def aligner(self) -> TinyModel:
        """What transformers computes with the same weights as the aligners."""
        return tiny_aligner(audio=AUDIO, text=TEXT)

    def __call__(
        self,
        encoder: EncoderKind,
        decoder: DecoderKind,
        *,
        aligner: bool = False,
        trained: bool = False,
    ) -> Path:
        """Folder of an installed model; its id is the folder's name.

        Args:
            encoder: how the audio tower's weights are kept.
            decoder: how the decoder's weights are kept.
            aligner: one that times words, rather than one that writes them.
            trained: the one in `tests/data`, which knows a few words, rather than a random one.
        """
        kind = "aligner" if aligner else "asr"
        target = self._folder / f"{'trained' if trained else 'tiny'}-{kind}-{encoder}-{decoder}"
        if not target.is_dir():
            checkpoint = DATA / f"tiny-qwen3-{kind}" if trained else self._random(kind)
            order = Order(checkpoint, target, target.name, encoder, decoder, n_threads=1)
            convert(order, lambda *_: None, lambda: False)
        return target

    def _random(self, kind: str) -> Path:
        checkpoint = self._folder / "checkpoints" / kind
        if not checkpoint.is_dir():
            write_checkpoint(checkpoint, self.aligner if kind == "aligner" else self.asr)
        return checkpoint
