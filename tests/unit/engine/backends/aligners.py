"""What transformers makes of sound and words: an installed aligner must do the same."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from transformers import Qwen2Tokenizer, Qwen3ASRFeatureExtractor

from sidecar.domain import SAMPLE_RATE_HZ, Samples
from tests.unit.checkpoints import write_tokenizer
from tests.unit.models import TinyModel


class OfficialAligner:
    """The module of transformers, behind its own feature extractor and tokenizer.

    Args:
        model: an aligner.
        folder: for the files of the tokenizer.
    """

    def __init__(self, model: TinyModel, folder: Path) -> None:
        self._module = model.reference
        self._folder = folder

    def logits(self, samples: Samples, words: Sequence[str]) -> npt.NDArray[np.float32]:
        """What it says at each mark, shape (2 * len(words), classes).

        The official processor writes the prompt as text and has it tokenised as a whole.
        """
        features = Qwen3ASRFeatureExtractor(feature_size=128)(
            samples,
            sampling_rate=SAMPLE_RATE_HZ,
            padding=True,
            return_attention_mask=True,
            return_tensors="pt",
        )
        mel, mask = features["input_features"], features["attention_mask"]
        with torch.no_grad():
            n_audio = len(self._module.model.get_audio_features(mel, mask).pooler_output)
            prompt = "<|audio_start|>" + "<|audio_pad|>" * n_audio + "<|audio_end|>"
            prompt += "".join(f"{word}<timestamp><timestamp>" for word in words)
            ids = torch.tensor([self._tokenizer(prompt)["input_ids"]])
            found = self._module(input_ids=ids, input_features=mel, input_features_mask=mask)
        marks = ids[0] == self._module.config.timestamp_token_id
        logits: npt.NDArray[np.float32] = found.logits[0][marks].numpy()
        return logits

    @cached_property
    def _tokenizer(self) -> Qwen2Tokenizer:
        write_tokenizer(self._folder, whole=False)
        return Qwen2Tokenizer.from_pretrained(self._folder)
