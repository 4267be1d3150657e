"""The sizes of Qwen3-ASR, and what they cost: floating-point operations and bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Fill = Literal["linear", "output", "embedding", "norm", "query_norm", "bias"]

KERNEL = 3
FREQUENCIES = 16  # that are left of 128 mel bands after three convolutions of stride 2
CHUNK_FRAMES, CHUNK_TOKENS, WINDOW_CHUNKS = 100, 13, 8
N_MELS = 128


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a checkpoint. The defaults are those of Qwen/Qwen3-ASR-0.6B."""

    audio_width: int = 896
    audio_layers: int = 18
    audio_heads: int = 14
    audio_ffn: int = 3584
    channels: int = 480
    width: int = 1024
    layers: int = 28
    ffn: int = 3072
    heads: int = 16
    kv_heads: int = 8
    head_dim: int = 128
    vocabulary: int = 151_936

    @property
    def audio_config(self) -> dict[str, int | str]:
        """As transformers writes it into config.json."""
        return {
            "model_type": "qwen3_asr_encoder",
            "num_mel_bins": N_MELS,
            "d_model": self.audio_width,
            "encoder_layers": self.audio_layers,
            "encoder_attention_heads": self.audio_heads,
            "encoder_ffn_dim": self.audio_ffn,
            "downsample_hidden_size": self.channels,
            "output_dim": self.width,
            "n_window": CHUNK_FRAMES // 2,
            "n_window_infer": CHUNK_FRAMES * WINDOW_CHUNKS,
        }

    @property
    def text_config(self) -> dict[str, object]:
        """As transformers writes it into config.json."""
        return {
            "model_type": "qwen3",
            "vocab_size": self.vocabulary,
            "hidden_size": self.width,
            "intermediate_size": self.ffn,
            "num_hidden_layers": self.layers,
            "num_attention_heads": self.heads,
            "num_key_value_heads": self.kv_heads,
            "head_dim": self.head_dim,
            "max_position_embeddings": 65_536,
            "rms_norm_eps": 1e-6,
            "tie_word_embeddings": True,
            "rope_parameters": {"rope_theta": 1_000_000.0, "rope_type": "default"},
        }

    def encoder_flop(self, n_chunks: int) -> float:
        """Multiplications and additions for `n_chunks` seconds of audio, attention included."""
        return n_chunks * (self._stem_flop + self._transformer_flop)

    @property
    def _stem_flop(self) -> float:
        """One second through three convolutions and the projection behind them."""
        places = [(64, 50), (32, 25), (FREQUENCIES, CHUNK_TOKENS)]
        inputs = [1, self.channels, self.channels]
        convolutions = sum(
            2.0 * height * width * KERNEL * KERNEL * n_in * self.channels
            for (height, width), n_in in zip(places, inputs, strict=True)
        )
        return convolutions + 2.0 * CHUNK_TOKENS * self.channels * FREQUENCIES * self.audio_width

    @property
    def _transformer_flop(self) -> float:
        """One second, 13 frames, through the layers and the projector."""
        d = self.audio_width
        linear = self.audio_layers * (4 * d * d + 2 * d * self.audio_ffn) + d * d + d * self.width
        attention = self.audio_layers * 2 * CHUNK_TOKENS * WINDOW_CHUNKS * d
        return 2.0 * CHUNK_TOKENS * (linear + attention)

    def prefill_flop(self, n_tokens: int) -> float:
        """The decoder's linear layers over `n_tokens`, without attention and output."""
        q, kv = self.heads * self.head_dim, self.kv_heads * self.head_dim
        layer = self.width * (q + 2 * kv) + q * self.width + 3 * self.width * self.ffn
        return 2.0 * n_tokens * self.layers * layer


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor of a checkpoint: its name, sizes and what it is filled with."""

    name: str
    shape: tuple[int, ...]
    fill: Fill


def tensors(shape: Shape) -> Iterator[Tensor]:
    """Every tensor of a checkpoint in the layout of `Qwen/Qwen3-ASR-*-hf`, names included."""
    yield from _stem(shape)
    for index in range(shape.audio_layers):
        yield from _audio_layer(f"model.audio_tower.layers.{index}.", shape)
    yield from _normed("model.audio_tower.ln_post", shape.audio_width)
    projector = "model.multi_modal_projector.linear_"
    yield from _linear(f"{projector}1", shape.audio_width, shape.audio_width)
    yield from _linear(f"{projector}2", shape.width, shape.audio_width)
    text = "model.language_model."
    yield Tensor(f"{text}embed_tokens.weight", (shape.vocabulary, shape.width), "embedding")
    for index in range(shape.layers):
        yield from _text_layer(f"{text}layers.{index}.", shape)
    yield Tensor(f"{text}norm.weight", (shape.width,), "norm")


def _stem(shape: Shape) -> Iterator[Tensor]:
    tower, c = "model.audio_tower.", shape.channels
    for number, n_in in enumerate((1, c, c), start=1):
        yield Tensor(f"{tower}conv2d{number}.weight", (c, n_in, KERNEL, KERNEL), "linear")
        yield Tensor(f"{tower}conv2d{number}.bias", (c,), "bias")
    yield Tensor(f"{tower}conv_out.weight", (shape.audio_width, c * FREQUENCIES), "linear")


def _audio_layer(prefix: str, shape: Shape) -> Iterator[Tensor]:
    d = shape.audio_width
    for name in ("k_proj", "v_proj", "q_proj", "out_proj"):
        yield from _linear(f"{prefix}self_attn.{name}", d, d)
    yield from _normed(f"{prefix}self_attn_layer_norm", d)
    yield from _linear(f"{prefix}fc1", shape.audio_ffn, d)
    yield from _linear(f"{prefix}fc2", d, shape.audio_ffn)
    yield from _normed(f"{prefix}final_layer_norm", d)


def _text_layer(prefix: str, shape: Shape) -> Iterator[Tensor]:
    h, q, kv = shape.width, shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim
    inputs = {"self_attn.q_proj": q, "self_attn.k_proj": kv, "self_attn.v_proj": kv}
    for name, n_out in {**inputs, "mlp.gate_proj": shape.ffn, "mlp.up_proj": shape.ffn}.items():
        yield Tensor(f"{prefix}{name}.weight", (n_out, h), "linear")
    yield Tensor(f"{prefix}self_attn.o_proj.weight", (h, q), "output")
    yield Tensor(f"{prefix}mlp.down_proj.weight", (h, shape.ffn), "output")
    yield Tensor(f"{prefix}self_attn.q_norm.weight", (shape.head_dim,), "query_norm")
    yield Tensor(f"{prefix}self_attn.k_norm.weight", (shape.head_dim,), "query_norm")
    yield Tensor(f"{prefix}input_layernorm.weight", (h,), "norm")
    yield Tensor(f"{prefix}post_attention_layernorm.weight", (h,), "norm")


def _linear(name: str, n_out: int, n_in: int) -> Iterator[Tensor]:
    yield Tensor(f"{name}.weight", (n_out, n_in), "linear")
    yield Tensor(f"{name}.bias", (n_out,), "bias")


def _normed(name: str, size: int) -> Iterator[Tensor]:
    yield Tensor(f"{name}.weight", (size,), "norm")
    yield Tensor(f"{name}.bias", (size,), "bias")
