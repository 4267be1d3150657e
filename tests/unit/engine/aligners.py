"""A tiny random aligner as it is installed, and what transformers makes of the same input."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from transformers import Qwen2Tokenizer, Qwen3ASRFeatureExtractor

from sidecar.convert.checkpoint import Checkpoint
from sidecar.convert.decoder_gguf import write_decoder, write_embeddings, write_tokenizer
from sidecar.convert.encoder_graph import write_encoder
from sidecar.convert.stem_graph import write_stem
from sidecar.convert.vocabulary import read_vocabulary
from sidecar.domain import SAMPLE_RATE_HZ, Samples
from sidecar.model_store.manifest import (
    DECODER,
    EMBEDDINGS,
    ENCODER,
    STEM,
    TOKENIZER,
    Alignment,
    Audio,
    Decoder,
    Encoder,
    Manifest,
    Source,
    describe,
    write_manifest,
)
from tests.unit.checkpoints import write_checkpoint
from tests.unit.models import TinyModel

FILES = (STEM, ENCODER, DECODER, TOKENIZER, EMBEDDINGS)


def install_aligner(model: TinyModel, folder: Path, checkpoint_folder: Path) -> None:
    """Write the folder of an installed aligner, in full precision, and its checkpoint."""
    write_checkpoint(checkpoint_folder, model, layout="original")
    weights = Checkpoint(checkpoint_folder)
    shape = weights.model
    vocabulary = read_vocabulary(checkpoint_folder, shape.text.rows, "<timestamp>")
    write_stem(folder / STEM, shape.audio, weights, "fp32")
    write_encoder(folder / ENCODER, shape.audio, weights, "fp32")
    write_decoder(folder / DECODER, shape, weights.blocks, vocabulary, "f32")
    write_tokenizer(folder / TOKENIZER, shape, vocabulary)
    write_embeddings(folder / EMBEDDINGS, shape, weights.blocks)
    manifest = Manifest(
        id="tiny-aligner",
        family="qwen3-forced-aligner",
        name="Tiny aligner",
        languages=("zh", "en", "ja", "ko"),
        licence="MIT",
        ram_bytes=1 << 20,
        source=Source(repo="tiny"),
        audio=Audio(),
        width=shape.text.width,
        layers=shape.text.layers,
        kv_heads=shape.text.kv_heads,
        head_dim=shape.text.head_dim,
        max_context=shape.text.max_context,
        encoder=Encoder("fp32"),
        decoder=Decoder("f32"),
        alignment=Alignment(shape.n_classes, shape.class_ms),
        files={name: describe(folder / name) for name in FILES},
    )
    write_manifest(folder, manifest)


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
