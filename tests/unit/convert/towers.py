"""Tiny audio towers as graphs, and what transformers makes of the same log-mel."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from sidecar.convert.architecture import AudioShape, read_architecture
from sidecar.convert.encoder_graph import write_encoder
from sidecar.convert.stem_graph import write_stem
from sidecar.inference.encoder import Encoder, EncoderOptions, n_tokens
from sidecar.model_store.manifest import EncoderKind
from tests.unit.models import TinyModel

Floats = npt.NDArray[np.float32]


def audio_shape(model: TinyModel, folder: Path) -> AudioShape:
    (folder / "config.json").write_text(json.dumps(model.config))
    return read_architecture(folder).audio


def write_tower(model: TinyModel, folder: Path, kind: EncoderKind) -> None:
    shape = audio_shape(model, folder)
    write_stem(folder / "stem.onnx", shape, model.state.__getitem__, kind)
    write_encoder(folder / "encoder.onnx", shape, model.state.__getitem__, kind)


def open_tower(folder: Path, options: EncoderOptions | None = None) -> Encoder:
    return Encoder(folder / "stem.onnx", folder / "encoder.onnx", options or EncoderOptions())


def log_mel(seconds: float, seed: int = 1) -> Floats:
    """Something like normalised log-mel, [128, 100 per second]: loud and quiet stretches."""
    random = np.random.default_rng(seed)
    n_frames = round(seconds * 100)
    loudness = np.repeat(random.uniform(-0.8, 0.8, n_frames // 10 + 1), 10)[:n_frames]
    return np.asarray(random.normal(loudness, 0.3, (128, n_frames)), np.float32)


def chunks(mel: Floats) -> Floats:
    """[128, t] -> [n, 128, 100], zeros behind the end."""
    n_chunks = -(-mel.shape[1] // 100)
    padded = np.pad(mel, ((0, 0), (0, n_chunks * 100 - mel.shape[1])))
    return np.ascontiguousarray(padded.reshape(128, n_chunks, 100).swapaxes(0, 1))


def windows(frames: Floats, n_mel_frames: int) -> list[Floats]:
    """What each window of 8 s hears, of the frames of all chunks."""
    rows = frames.reshape(-1, frames.shape[-1])[: n_tokens(n_mel_frames, 100, 13)]
    return [rows[at : at + 104] for at in range(0, len(rows), 104)]


def encode(encoder: Encoder, mel: Floats) -> Floats:
    """Embeddings of a whole clip, [tokens, out]."""
    frames = encoder.stem(chunks(mel), lambda: False)
    return np.concatenate(encoder.encode(windows(frames, mel.shape[1]), lambda: False))


def reference(model: TinyModel, mel: Floats) -> Floats:
    """The same of transformers."""
    padded = chunks(mel).swapaxes(0, 1).reshape(128, -1)[np.newaxis]
    mask = np.arange(padded.shape[2])[np.newaxis] < mel.shape[1]
    with torch.no_grad():
        found = model.reference.model.get_audio_features(
            torch.from_numpy(padded), torch.from_numpy(mask.astype(np.int64))
        )
    embeds: Floats = found.pooler_output.numpy()
    return embeds


def cosines(ours: Floats, theirs: Floats) -> Floats:
    """How alike embeddings are, token by token."""
    lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
    return np.asarray((ours * theirs).sum(axis=1) / lengths)
