"""Installed tiny models in full precision, and what transformers says to the same sound."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
import transformers

from sidecar.engine.backends.generation import Generation, Script
from sidecar.engine.backends.machine import Machine, MachineOptions
from sidecar.engine.backends.qwen3_asr import QWEN3_ASR
from sidecar.engine.backends.sequences import Part
from sidecar.engine.backends.windows import Windows
from sidecar.engine.base import SegmentOptions
from sidecar.inference.decoder import Run
from sidecar.model_store.manifest import FILE, Audio, read_manifest
from tests.unit.models import TinyModel, tokens

Floats = npt.NDArray[np.float32]

EXACT = MachineOptions(n_threads=1, n_together=3, n_cells=1024, kv="f32", prefill=False)


def never() -> bool:
    return False


def sound(seconds: float, seed: int = 0) -> Floats:
    """Noise that is loudest in its first second, with notes in it."""
    n_samples = round(seconds * 16_000)
    time_s = np.arange(n_samples) / 16_000
    rng = np.random.default_rng(seed)
    notes = np.sin(2 * np.pi * 200 * (1 + np.floor(time_s * 3) % 7) * time_s)
    found = (rng.normal(0, 0.05, n_samples) + 0.2 * notes) / (1 + time_s)
    return np.asarray(found, np.float32)


def open_machine(folder: Path, options: MachineOptions = EXACT) -> Machine:
    return Machine(folder, read_manifest(folder), QWEN3_ASR, options)


def answer(
    machine: Machine, samples: Floats, options: SegmentOptions, most: int
) -> tuple[list[int], Floats]:
    """So many tokens of an answer in a given language, without guards, and their logits."""
    windows = Windows(machine.encoder, Audio())
    windows.feed(samples)
    parts: list[Part] = [machine.prompter.head(options), *windows.encode(never)]
    sequence = machine.sequences.take(windows, parts, never)
    length = machine.decoder.length(sequence)
    rules = replace(machine.prompter.rules, ends=frozenset(), is_number=lambda token: True)
    generation = Generation(rules, replace(script_of(machine, options), most=most))
    found: list[Floats] = []
    while not generation.done:
        proposal = generation.proposal()
        [logits] = machine.advance([Run(sequence, proposal.tokens, proposal.wanted)], never)
        found += [*logits]
        generation.take(logits)
        machine.rewind(sequence, length + generation.n_kept)
    machine.sequences.forget(windows)
    return [*generation.text], np.stack(found)


def script_of(machine: Machine, options: SegmentOptions, duration_s: float = 10) -> Script:
    script = machine.prompter.script(
        options, prefix=(), header=(), header_guess=(), guess=(), duration_s=duration_s
    )
    return replace(script, header=False)


def reference_answer(
    model: TinyModel, samples: Floats, head: Sequence[int], tail: Sequence[int], most: int
) -> tuple[list[int], Floats]:
    """The same of transformers, its feature extractor included."""
    extractor = transformers.Qwen3ASRFeatureExtractor(feature_size=128)
    features = extractor(
        samples,
        sampling_rate=16_000,
        padding="longest",
        truncation=False,
        return_attention_mask=True,
        return_tensors="pt",
    )
    mel, mask = features["input_features"], features["attention_mask"]
    torch.set_num_threads(1)  # two that wait for each other are slower on a busy machine
    with torch.no_grad():
        n_audio = len(model.reference.model.get_audio_features(mel, mask).pooler_output)
        pad = tokens().index("<|audio_pad|>")
        ids = torch.tensor([[*head, *[pad] * n_audio, *tail]])
        found = model.reference.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            input_features=mel,
            input_features_mask=mask,
            max_new_tokens=most,
            do_sample=False,
            eos_token_id=None,
            pad_token_id=0,
            return_dict_in_generate=True,
            output_logits=True,
        )
    logits = torch.cat(found.logits).numpy()
    return found.sequences[0, ids.shape[1] :].tolist(), logits


def changed(folder: Path, tmp_path: Path, **fields: object) -> Path:
    """The model with another manifest."""
    other = shutil.copytree(folder, tmp_path / "other")
    manifest = json.loads((other / FILE).read_text())
    (other / FILE).write_text(json.dumps({**manifest, **fields}))
    return other
