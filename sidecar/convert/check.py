"""Whether a finished model computes what its checkpoint does: each part is run and compared.

The quantised graphs encode ten seconds of a made-up voice, and the quantised decoder hears
tokens from all over its vocabulary; `reference` does the same in single precision. What is
measured goes into the manifest; a model that is too far off is not published.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from sidecar.audio.mel import log_mel
from sidecar.convert import reference
from sidecar.domain import SAMPLE_RATE_HZ
from sidecar.errors import LoadFailedError
from sidecar.inference.classifier import Classifier
from sidecar.inference.context import DecoderOptions
from sidecar.inference.decoder import Decoder
from sidecar.inference.encoder import Encoder, EncoderOptions, n_tokens
from sidecar.inference.prefill import LayerOptions, Prefill
from sidecar.model_store.manifest import CLASSIFIER, DECODER, EMBEDDINGS, ENCODER, PREFILL, STEM

if TYPE_CHECKING:
    from sidecar.convert.architecture import AudioShape
    from sidecar.convert.checkpoint import Checkpoint
    from sidecar.convert.progress import Abort
    from sidecar.model_store.manifest import EncoderKind, KeptKind

Floats: TypeAlias = npt.NDArray[np.float32]

# Lowest mean cosine between what a model computes and what its checkpoint does. They tell a
# conversion that went wrong from one with few bits, which weights drawn at random bear worst:
# int8 gives those 0.999, int4 0.987, q4_k 0.93. How good a model is, word error rates tell.
ENCODER_BOUNDS: Final[dict[EncoderKind, float]] = {
    "fp32": 0.99999,
    "fp16": 0.9999,
    "int8": 0.99,
    "int4": 0.97,
}
DECODER_BOUNDS: Final[dict[KeptKind, float]] = {
    "f32": 0.9999,
    "f16": 0.999,
    "q8_0": 0.99,
    "q5_k": 0.95,
    "q4_k": 0.9,
    "int8": 0.95,
}
PREFILL_BOUND: Final = 0.95
N_TOKENS: Final = 64
EXTRA_S: Final = 1.4  # a second window, which is not full


def check_encoder(
    folder: Path, checkpoint: Checkpoint, kind: EncoderKind, abort: Abort
) -> dict[str, float]:
    """Compare the embeddings of two windows, one full and one short.

    Raises:
        LoadFailedError: they differ too much.
        CancelledError: `abort` returned True.
    """
    encoder = Encoder(folder / STEM, folder / ENCODER, EncoderOptions())
    cosines = []
    for mel, length in _windows(checkpoint.model.audio):
        frames = encoder.stem(mel, abort).reshape(-1, checkpoint.model.audio.width)[:length]
        [ours] = encoder.encode([frames], abort)
        cosines.append(_cosines(ours, reference.encode(checkpoint, mel, length)))
    found = np.concatenate(cosines)
    _demand("audio encoder", float(found.mean()), ENCODER_BOUNDS[kind])
    return {"encoder_cosine": float(found.mean()), "encoder_cosine_min": float(found.min())}


def check_decoder(
    folder: Path, checkpoint: Checkpoint, kind: KeptKind, rough_head: bool, abort: Abort
) -> dict[str, float]:
    """Compare the logits after each of some tokens, and keys and values, if they are prefilled.

    Raises:
        LoadFailedError: they differ too much.
        CancelledError: `abort` returned True.
    """
    rows = checkpoint.model.text.rows
    tokens = [rows * i // N_TOKENS for i in range(N_TOKENS)]
    embeds = reference.embed(checkpoint, tokens)
    wanted = reference.decode(checkpoint, embeds)
    if checkpoint.model.n_classes:
        classifier = Classifier(folder / CLASSIFIER, LayerOptions())
        logits = classifier.logits(embeds, range(len(embeds)), abort)
    else:
        table = folder / EMBEDDINGS if rough_head else None
        logits = _logits(folder / DECODER, table, embeds, abort)
    found = float(_cosines(_centred(logits), _centred(wanted.logits)).mean())
    _demand("decoder", found, DECODER_BOUNDS[kind])
    same = np.mean(logits.argmax(axis=1) == wanted.logits.argmax(axis=1))
    measured = {"decoder_cosine": found, "decoder_top1": float(same)}
    if (folder / PREFILL).is_file():
        measured |= _check_prefill(folder / PREFILL, embeds, wanted, abort)
    return measured


def _check_prefill(
    path: Path, embeds: Floats, wanted: reference.Decoded, abort: Abort
) -> dict[str, float]:
    prefill = Prefill(path, LayerOptions())
    room = prefill.room(len(embeds))
    prefill.extend(room, 0, embeds, abort)
    ours = room.of(0, len(embeds))
    found = {
        "prefill_keys_cosine": float(_cosines(ours.keys, wanted.keys).mean()),
        "prefill_values_cosine": float(_cosines(ours.values, wanted.values).mean()),
    }
    _demand("prefill", min(found.values()), PREFILL_BOUND)
    return found


def _logits(path: Path, table: Path | None, embeds: Floats, abort: Abort) -> Floats:
    """Logits after each embedding, shape (n, tokens)."""
    options = DecoderOptions(
        n_cells=256,
        n_sequences=1,
        n_batch=len(embeds),
        n_outputs=len(embeds),
        n_threads=1,
        n_batch_threads=1,
    )
    decoder = Decoder(path, options, table)
    try:
        return decoder.feed(0, embeds, abort, wanted=range(len(embeds)))
    finally:
        decoder.close()


def _windows(shape: AudioShape) -> list[tuple[Floats, int]]:
    """Mel chunks and number of tokens of each window of the made-up voice."""
    window = shape.frames_per_chunk * shape.window_chunks
    mel = log_mel(voice(window / 100 + EXTRA_S), shape.n_mels)
    parts = [mel[:, :window], mel[:, window:]]
    return [(_chunks(part, shape), _tokens(part, shape)) for part in parts]


def _chunks(mel: Floats, shape: AudioShape) -> Floats:
    """Full chunks, padded with zeros: (mels, frames) -> (n, mels, frames per chunk)."""
    missing = -mel.shape[1] % shape.frames_per_chunk
    padded: Floats = np.pad(mel, ((0, 0), (0, missing)))
    cut = padded.reshape(len(mel), -1, shape.frames_per_chunk)
    return np.ascontiguousarray(cut.swapaxes(0, 1))


def _tokens(mel: Floats, shape: AudioShape) -> int:
    return n_tokens(mel.shape[1], shape.frames_per_chunk, shape.tokens_per_chunk)


def voice(seconds: float) -> Floats:
    """Something like speech: a gliding buzz in syllables, and a little noise; always the same."""
    time_s = np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    pitch_hz = 140 + 40 * np.sin(2 * np.pi * 0.4 * time_s)
    phase = 2 * np.pi * np.cumsum(pitch_hz) / SAMPLE_RATE_HZ
    harmonics = np.arange(1, 24)
    formants = 1 / (1 + np.abs(harmonics - 4 - 3 * np.sin(2 * np.pi * 1.3 * time_s)[:, None]))
    buzz = (np.sin(phase[:, None] * harmonics) * formants).sum(axis=1)
    syllables = np.maximum(0, np.sin(2 * np.pi * 2.1 * time_s))
    noise = np.random.default_rng(0).normal(size=len(time_s))
    return np.asarray(0.1 * buzz * syllables + 0.002 * noise, np.float32)


def _centred(logits: Floats) -> Floats:
    """Logits without their mean, which changes no probability."""
    centred: Floats = logits - logits.mean(axis=1, keepdims=True)
    return centred


def _cosines(ours: Floats, theirs: Floats) -> Floats:
    """Cosine of each row of the last axis."""
    lengths = np.linalg.norm(ours, axis=-1) * np.linalg.norm(theirs, axis=-1)
    return np.asarray((ours * theirs).sum(axis=-1) / lengths, np.float32)


def _demand(part: str, found: float, bound: float) -> None:
    if not found >= bound:  # nor where it is NaN
        raise LoadFailedError(
            f"The converted {part} differs too much from its checkpoint (cosine {found:.5f},"
            f" at least {bound} is needed). Convert it with less quantisation."
        )
