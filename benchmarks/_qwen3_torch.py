"""The peer that people know: transformers with PyTorch. `_qwen3_torch CHECKPOINT DTYPE THREADS`.

As its documentation does it: features of the extractor, `generate` with greedy search. The
prompt is the official one. The encoder's time is taken at its module's doors, the prefill's is
that of the first pass through the decoder, and the rest is generation.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers

from benchmarks._qwen3_child import Stopwatch, serve
from benchmarks._qwen3_prompt import HEADER, SUFFIX

warnings.filterwarnings("ignore")


class Torch:
    """The model and what it takes to ask it."""

    def __init__(self, checkpoint: Path, dtype: str, n_threads: int) -> None:
        torch.set_num_threads(n_threads)
        self._dtype = getattr(torch, dtype)
        model = transformers.Qwen3ASRForConditionalGeneration
        self._model: Any = model.from_pretrained(checkpoint, dtype=self._dtype).eval()
        self._features: Any = transformers.Qwen3ASRFeatureExtractor.from_pretrained(checkpoint)
        tokenizer: Any = transformers.AutoTokenizer.from_pretrained(checkpoint)
        self._header, self._suffix = (tokenizer(text)["input_ids"] for text in (HEADER, SUFFIX))
        self._decode = tokenizer.decode
        self._watch = Stopwatch()
        self._first_pass_s: list[float] = []
        self._attach()

    def _attach(self) -> None:
        """Time the modules where they are entered and left."""
        inner = self._model.model
        for module in (inner.audio_tower, inner.multi_modal_projector):
            module.forward = self._watch.timed("encoder", module.forward)
        text = inner.language_model
        text.forward = self._watch.timed("decoder", text.forward)
        text.register_forward_hook(lambda *_: self._after_pass())

    def _after_pass(self) -> None:
        if not self._first_pass_s:
            self._first_pass_s.append(self._watch.stages["decoder"])

    @torch.inference_mode()  # type: ignore[untyped-decorator]
    def recognise(self, clip: str, n_new: int) -> Mapping[str, Any]:
        """Recognise a clip (.npy of samples) with exactly so many tokens."""
        samples = np.load(clip)
        began_s = time.perf_counter()
        self._first_pass_s.clear()
        features = self._watch.timed("mel", self._features)(
            samples,
            sampling_rate=16_000,
            padding=True,
            return_attention_mask=True,
            return_tensors="pt",
        )
        mel, mask = features["input_features"].to(self._dtype), features["attention_mask"]
        found = self._generate(mel, mask, n_new)
        return {"text": self._decode(found), **self._split(time.perf_counter() - began_s)}

    def _generate(self, mel: Any, mask: Any, n_new: int) -> list[int]:  # noqa: ANN401
        n_audio = self._n_audio(int(mask.sum()))
        audio = [self._model.config.audio_token_id] * n_audio
        ids = torch.tensor([[*self._header, *audio, *self._suffix]])
        out = self._model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            input_features=mel,
            input_features_mask=mask,
            max_new_tokens=n_new,
            min_new_tokens=n_new,
            do_sample=False,
        )
        found: list[int] = out[0, ids.shape[1] :].tolist()
        assert len(found) == n_new
        return found

    def _n_audio(self, n_frames: int) -> int:
        whole, rest = divmod(n_frames, 100)
        for _ in range(3):
            rest = (rest + 1) // 2
        return 13 * whole + rest

    def _split(self, total_s: float) -> Mapping[str, Any]:
        stages = self._watch.taken()
        stages.pop("decoder")
        (prefill_s,) = self._first_pass_s
        stages["prefill"] = prefill_s
        stages["generate"] = total_s - sum(stages.values())
        return {"stages": stages, "total_s": total_s}


def main(checkpoint: str, dtype: str, n_threads: str) -> None:
    began_s = time.perf_counter()
    model = Torch(Path(checkpoint), dtype, int(n_threads))
    serve({"recognise": model.recognise}, load_s=time.perf_counter() - began_s)


if __name__ == "__main__":
    main(*sys.argv[1:])
