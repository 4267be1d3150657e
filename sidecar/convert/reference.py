"""The same model once more, in plain numpy and single precision, straight from the checkpoint.

What a conversion is checked against: it shares no graph, no file and no library with what is
checked, and holds one layer's weights at a time, so that the check needs no more memory than
the conversion. Source of the arithmetic: `modeling_qwen3_asr.py` and `modeling_qwen3.py` of
transformers 5.23.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from sidecar.convert.tensors import AUDIO, CLASSES, EMBEDDINGS, HEAD, PROJECTOR, TEXT

if TYPE_CHECKING:
    from sidecar.convert.architecture import Architecture, AudioShape, TextShape
    from sidecar.convert.checkpoint import Checkpoint

Floats: TypeAlias = npt.NDArray[np.float32]

LAYER_NORM_EPS = 1e-5
MAX_TIMESCALE = 10_000.0


@dataclass(frozen=True, slots=True)
class Decoded:
    """What the decoder computes of some embeddings.

    Attributes:
        logits: of every position, shape (n, tokens or classes).
        keys: after their rotation, shape (layers, n, kv_heads * head_dim).
        values: of the same shape.
    """

    logits: Floats
    keys: Floats
    values: Floats


def encode(checkpoint: Checkpoint, mel: Floats, n_tokens: int) -> Floats:
    """Embeddings of one window.

    Args:
        checkpoint: of the model.
        mel: normalised log-mel of full chunks, shape (n, mels, frames per chunk).
        n_tokens: how many embeddings the window has; what comes after is padding.

    Returns:
        Shape (n_tokens, width of the decoder).
    """
    shape = checkpoint.model.audio
    x = _stem(checkpoint, shape, mel)[:n_tokens]
    for i in range(shape.layers):
        x = _audio_layer(checkpoint, shape, f"{AUDIO}.layers.{i}", x)
    x = _layer_norm(checkpoint, f"{AUDIO}.ln_post", x)
    x = _gelu(_linear(checkpoint, f"{PROJECTOR}.linear_1", x))
    return _linear(checkpoint, f"{PROJECTOR}.linear_2", x)


def embed(checkpoint: Checkpoint, tokens: list[int]) -> Floats:
    """Rows of the embedding table, shape (len(tokens), width)."""
    rows = np.empty((len(tokens), checkpoint.model.text.width), np.float32)
    wanted, at = np.asarray(tokens), 0
    for block in checkpoint.blocks(EMBEDDINGS):
        inside = (wanted >= at) & (wanted < at + len(block))
        rows[inside] = block[wanted[inside] - at]
        at += len(block)
    return rows


def decode(checkpoint: Checkpoint, embeds: Floats) -> Decoded:
    """Run the decoder over embeddings of shape (n, width), from position 0."""
    shape = checkpoint.model.text
    x, keys, values = embeds, [], []
    turn = _rotation(shape, len(embeds))
    for i in range(shape.layers):
        name = f"{TEXT}.layers.{i}"
        entering = _rms_norm(checkpoint, f"{name}.input_layernorm", x, shape.rms_eps)
        attended, key, value = _text_attention(checkpoint, shape, name, entering, turn)
        x = x + attended
        x = x + _swiglu(checkpoint, shape, name, x)
        keys.append(key)
        values.append(value)
    x = _rms_norm(checkpoint, f"{TEXT}.norm", x, shape.rms_eps)
    logits = [x @ block.T for block in checkpoint.blocks(_head(checkpoint.model))]
    return Decoded(np.concatenate(logits, axis=1), np.stack(keys), np.stack(values))


def _head(model: Architecture) -> str:
    if model.n_classes:
        return CLASSES
    return EMBEDDINGS if model.text.tied else HEAD


def _stem(checkpoint: Checkpoint, shape: AudioShape, mel: Floats) -> Floats:
    """Frames of all chunks in a row: three convolutions, a linear layer, positions."""
    kernels = [
        (checkpoint(f"{AUDIO}.conv2d{i}.weight"), checkpoint(f"{AUDIO}.conv2d{i}.bias"))
        for i in (1, 2, 3)
    ]
    out = checkpoint(f"{AUDIO}.conv_out.weight")
    frames = []
    for chunk in mel:
        x = chunk[None]
        for kernel, bias in kernels:
            x = _gelu(_convolve(x, kernel) + bias[:, None, None])
        frames.append(x.transpose(2, 0, 1).reshape(shape.tokens_per_chunk, shape.flat) @ out.T)
    return np.concatenate([each + _positions(shape) for each in frames])


def _convolve(x: Floats, kernel: Floats) -> Floats:
    """3 x 3 with stride 2 and a border of zeros: (in, h, w) -> (out, h / 2, w / 2)."""
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1)))
    patches = sliding_window_view(padded, (3, 3), axis=(1, 2))[:, ::2, ::2]
    return np.tensordot(kernel, patches, axes=((1, 2, 3), (0, 3, 4))).astype(np.float32)


def _positions(shape: AudioShape) -> Floats:
    """Whisper's table: sines, then cosines, of geometric frequencies; (tokens, width)."""
    half = shape.width // 2
    rates = np.exp(-np.log(MAX_TIMESCALE) / (half - 1) * np.arange(half))
    angles = np.arange(shape.tokens_per_chunk)[:, None] * rates
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1).astype(np.float32)


def _audio_layer(checkpoint: Checkpoint, shape: AudioShape, name: str, x: Floats) -> Floats:
    y = _layer_norm(checkpoint, f"{name}.self_attn_layer_norm", x)
    query, key, value = (
        _heads(_linear(checkpoint, f"{name}.self_attn.{part}_proj", y), shape.heads)
        for part in "qkv"
    )
    x = x + _linear(checkpoint, f"{name}.self_attn.out_proj", _attend(query, key, value))
    y = _layer_norm(checkpoint, f"{name}.final_layer_norm", x)
    return x + _linear(checkpoint, f"{name}.fc2", _gelu(_linear(checkpoint, f"{name}.fc1", y)))


def _text_attention(
    checkpoint: Checkpoint, shape: TextShape, name: str, x: Floats, turn: tuple[Floats, Floats]
) -> tuple[Floats, Floats, Floats]:
    """What a layer's attention adds, and its keys and values, shape (n, kv_heads * head_dim)."""
    part = f"{name}.self_attn"
    query = _heads(x @ checkpoint(f"{part}.q_proj.weight").T, shape.heads)
    key = _heads(x @ checkpoint(f"{part}.k_proj.weight").T, shape.kv_heads)
    value = _heads(x @ checkpoint(f"{part}.v_proj.weight").T, shape.kv_heads)
    query = _rotate(_rms_norm(checkpoint, f"{part}.q_norm", query, shape.rms_eps), turn)
    key = _rotate(_rms_norm(checkpoint, f"{part}.k_norm", key, shape.rms_eps), turn)
    shared = shape.heads // shape.kv_heads
    attended = _attend(query, key.repeat(shared, 0), value.repeat(shared, 0), causal=True)
    flat = (len(x), shape.kv_heads * shape.head_dim)
    return (
        attended @ checkpoint(f"{part}.o_proj.weight").T,
        key.swapaxes(0, 1).reshape(flat),
        value.swapaxes(0, 1).reshape(flat),
    )


def _swiglu(checkpoint: Checkpoint, shape: TextShape, name: str, x: Floats) -> Floats:
    x = _rms_norm(checkpoint, f"{name}.post_attention_layernorm", x, shape.rms_eps)
    gate = x @ checkpoint(f"{name}.mlp.gate_proj.weight").T
    up = x @ checkpoint(f"{name}.mlp.up_proj.weight").T
    inside: Floats = gate / (1 + np.exp(-gate)) * up
    return inside @ checkpoint(f"{name}.mlp.down_proj.weight").T


def _rotation(shape: TextShape, n: int) -> tuple[Floats, Floats]:
    """Cosines and sines of rotary positions 0 to n - 1, each of shape (n, head_dim / 2)."""
    rates = shape.rope_theta ** (-np.arange(0, shape.head_dim, 2) / shape.head_dim)
    angles = np.arange(n)[:, None] * rates
    return np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)


def _rotate(x: Floats, turn: tuple[Floats, Floats]) -> Floats:
    """Rotate the two halves of each head against each other (as GPT-NeoX does)."""
    cos, sin = turn
    first, second = np.split(x, 2, axis=-1)
    return np.concatenate([first * cos - second * sin, second * cos + first * sin], axis=-1)


def _heads(x: Floats, n_heads: int) -> Floats:
    """(n, heads * dim) -> (heads, n, dim)."""
    return x.reshape(len(x), n_heads, -1).swapaxes(0, 1)


def _attend(query: Floats, key: Floats, value: Floats, *, causal: bool = False) -> Floats:
    """Attention of (heads, n, dim), back to (n, heads * dim)."""
    scores = query @ key.swapaxes(1, 2) / np.sqrt(np.float32(query.shape[-1]))
    n = scores.shape[-1]
    if causal:
        scores = np.where(np.tri(n, dtype=bool), scores, np.float32(-np.inf))
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    return np.asarray((weights @ value).swapaxes(0, 1).reshape(n, -1), np.float32)


def _linear(checkpoint: Checkpoint, name: str, x: Floats) -> Floats:
    y: Floats = x @ checkpoint(f"{name}.weight").T
    return y + checkpoint(f"{name}.bias")


def _layer_norm(checkpoint: Checkpoint, name: str, x: Floats) -> Floats:
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = (centred * centred).mean(axis=-1, keepdims=True)
    scaled: Floats = centred / np.sqrt(variance + np.float32(LAYER_NORM_EPS))
    return scaled * checkpoint(f"{name}.weight") + checkpoint(f"{name}.bias")


def _rms_norm(checkpoint: Checkpoint, name: str, x: Floats, eps: float) -> Floats:
    square = (x * x).mean(axis=-1, keepdims=True)
    scaled: Floats = x / np.sqrt(square + np.float32(eps))
    return scaled * checkpoint(f"{name}.weight")


def _gelu(x: Floats) -> Floats:
    """Exact GELU; erf to 1.5e-7 (Abramowitz and Stegun, 7.1.26)."""
    z = np.abs(x) / np.float32(np.sqrt(2))
    t = 1 / (1 + np.float32(0.3275911) * z)
    series = np.zeros_like(t)
    for factor in _ERF:
        series = (series + factor) * t
    erf = np.sign(x) * (1 - series * np.exp(-z * z))
    return np.asarray(x * (1 + erf) / 2, np.float32)


_ERF = np.array([1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592], np.float32)
