"""A tiny random aligner as it is installed, and what transformers makes of the same input."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from transformers import Qwen2Tokenizer, Qwen3ASRFeatureExtractor

from sidecar.convert.order import Order
from sidecar.convert.pipeline import convert
from sidecar.domain import SAMPLE_RATE_HZ, Samples
from sidecar.model_store.manifest import DecoderKind, EncoderKind
from tests.unit.checkpoints import write_checkpoint
from tests.unit.models import TinyModel


def install_aligner(
    model: TinyModel,
    folder: Path,
    encoder: EncoderKind = "fp32",
    decoder: DecoderKind = "f32",
) -> tuple[Path, Path]:
    """Its official checkpoint and what the converter makes of it, as folders of this one."""
    checkpoint, installed = folder / "checkpoint", folder / "tiny-aligner"
    if not checkpoint.exists():
        write_checkpoint(checkpoint, model, layout="original")
    order = Order(checkpoint, installed, installed.name, encoder, decoder, n_threads=1)
    convert(order, lambda _phase, _done, _total: None, lambda: False)
    return checkpoint, installed


def reference_logits(
    model: TinyModel, checkpoint: Path, samples: Samples, words: Sequence[str]
) -> npt.NDArray[np.float32]:
    """What the official model says at each mark, shape (2 * len(words), classes).

    Its processor writes the prompt as text and has it tokenised as a whole.
    """
    features = Qwen3ASRFeatureExtractor(feature_size=128)(
        samples,
        sampling_rate=SAMPLE_RATE_HZ,
        padding=True,
        return_attention_mask=True,
        return_tensors="pt",
    )
    mel, mask = features["input_features"], features["attention_mask"]
    tokenizer = Qwen2Tokenizer.from_pretrained(checkpoint)
    mark = model.reference.config.timestamp_token_id
    with torch.no_grad():
        n_audio = len(model.reference.model.get_audio_features(mel, mask).pooler_output)
        prompt = "<|audio_start|>" + "<|audio_pad|>" * n_audio + "<|audio_end|>"
        prompt += "".join(f"{word}<timestamp><timestamp>" for word in words)
        ids = torch.tensor([tokenizer(prompt)["input_ids"]])
        logits = model.reference(
            input_ids=ids, input_features=mel, input_features_mask=mask
        ).logits[0]
    found: npt.NDArray[np.float32] = logits[ids[0] == mark].numpy()
    return found
