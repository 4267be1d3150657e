"""The shape of a Qwen3-ASR or Qwen3-ForcedAligner model, from its `config.json`.

Two layouts are published. The original one nests everything under `thinker_config`; the one of
transformers (the `-hf` repositories) does not, and has other names for a few values.

Source: `configuration_qwen3_asr.py` of transformers 5.23 and of the package `qwen-asr` 0.0.6.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from sidecar.errors import LoadFailedError, ModelCorruptError
from sidecar.model_store.manifest import Family

FILE = "config.json"
SUPPORTED = "Qwen3-ASR and Qwen3-ForcedAligner, as published by Qwen, with or without -hf"
CLASS_MS = 80  # of an aligner whose configuration does not say

Layout: TypeAlias = Literal["original", "transformers"]


@dataclass(frozen=True, slots=True)
class AudioShape:
    """The audio tower.

    Attributes:
        n_mels: bins of the log-mel spectrogram.
        channels: of each of the three convolutions of the stem.
        width: of the transformer.
        layers: of the transformer.
        heads: of its attention.
        ffn: width inside its feed-forward blocks.
        out: width of the embeddings it gives, the decoder's.
        frames_per_chunk: mel frames that the stem takes at a time.
        window_chunks: chunks that attend to each other.
    """

    n_mels: int
    channels: int
    width: int
    layers: int
    heads: int
    ffn: int
    out: int
    frames_per_chunk: int
    window_chunks: int

    @property
    def tokens_per_chunk(self) -> int:
        """Embeddings that a full chunk gives: three convolutions each halve, rounding up."""
        return -(-self.frames_per_chunk // 8)

    @property
    def flat(self) -> int:
        """Values per frame behind the stem's convolutions: channels times remaining bins."""
        return self.channels * -(-self.n_mels // 8)


@dataclass(frozen=True, slots=True)
class TextShape:
    """The decoder, a Qwen3 language model.

    Attributes:
        width: of the transformer.
        layers: of the transformer.
        heads: of its queries.
        kv_heads: of its keys and values.
        head_dim: length of each head.
        ffn: width inside its feed-forward blocks.
        rows: of the embedding table, at least as many as there are tokens.
        rms_eps: of its norms.
        rope_theta: base of its rotary positions.
        max_context: positions that it was trained for.
        tied: the embedding table is the output head, too.
    """

    width: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    ffn: int
    rows: int
    rms_eps: float
    rope_theta: float
    max_context: int
    tied: bool


@dataclass(frozen=True, slots=True)
class Architecture:
    """A whole model.

    Attributes:
        family: what it is.
        layout: how its checkpoint names tensors.
        audio: shape of the audio tower.
        text: shape of the decoder.
        n_classes: what an aligner's head tells apart; 0 of a model that writes text.
        class_ms: time between two of those classes.
    """

    family: Family
    layout: Layout
    audio: AudioShape
    text: TextShape
    n_classes: int = 0
    class_ms: int = CLASS_MS


def read_architecture(folder: Path) -> Architecture:
    """The shape of the model in a folder.

    Raises:
        LoadFailedError: it is no checkpoint, or one of a model that Sotto cannot run.
        ModelCorruptError: `config.json` is damaged, or its values contradict each other.
    """
    config = _read(folder / FILE)
    if config.get("model_type") not in ("qwen3_asr", "qwen3_forced_aligner"):
        raise _unsupported(f"It is a model of the kind {config.get('model_type')!r}")
    try:
        whole = _Layouts.of(config).architecture()
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _contradiction(f"{type(error).__name__}: {error}") from None
    _check(whole)
    return whole


def _read(path: Path) -> dict[str, Any]:
    try:
        config = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise LoadFailedError(
            f"There is no {FILE} in that folder. Give the folder of a checkpoint: {SUPPORTED}."
        ) from None
    except (ValueError, RecursionError):
        raise _contradiction("it is not JSON") from None
    if not isinstance(config, dict):
        raise _contradiction("it holds no object")
    return config


@dataclass(frozen=True, slots=True)
class _Layouts:
    """What both layouts have, found where each keeps it."""

    layout: Layout
    top: dict[str, Any]
    audio: dict[str, Any]
    text: dict[str, Any]
    tied: bool
    n_classes: int

    @classmethod
    def of(cls, config: dict[str, Any]) -> _Layouts:
        thinker = config.get("thinker_config")
        if thinker is None:
            return cls(
                "transformers",
                config,
                config["audio_config"],
                config["text_config"],
                bool(config.get("tie_word_embeddings", True)),
                _labels(config),
            )
        aligner = "aligner" in thinker.get("model_type", "")
        text = thinker["text_config"]
        tied = bool(text.get("tie_word_embeddings", False))
        classes = int(thinker["classify_num"]) if aligner else 0
        return cls("original", config, thinker["audio_config"], text, tied, classes)

    def architecture(self) -> Architecture:
        return Architecture(
            family="qwen3-forced-aligner" if self.n_classes else "qwen3-asr",
            layout=self.layout,
            audio=_audio(self.audio),
            text=_text(self.text, self.tied and not self.n_classes),
            n_classes=self.n_classes,
            class_ms=round(self.top.get("timestamp_segment_time", CLASS_MS)),
        )


def _labels(config: dict[str, Any]) -> int:
    """Classes of a head that classifies; transformers omits the field where there are two."""
    if "TokenClassification" not in "".join(config.get("architectures") or ()):
        return 0
    labels = config.get("id2label")
    return int(config.get("num_labels", 2)) if labels is None else len(labels)


def _audio(config: dict[str, Any]) -> AudioShape:
    if config.get("activation_function", "gelu") != "gelu":
        raise _unsupported("Its audio tower has another activation than GELU")
    chunk = 2 * int(config["n_window"])
    if int(config["n_window_infer"]) % chunk:
        raise ValueError("windows are no whole number of chunks")
    return AudioShape(
        n_mels=int(config["num_mel_bins"]),
        channels=int(config["downsample_hidden_size"]),
        width=int(config["d_model"]),
        layers=int(config["encoder_layers"]),
        heads=int(config["encoder_attention_heads"]),
        ffn=int(config["encoder_ffn_dim"]),
        out=int(config["output_dim"]),
        frames_per_chunk=chunk,
        window_chunks=int(config["n_window_infer"]) // chunk,
    )


def _text(config: dict[str, Any], tied: bool) -> TextShape:
    _refuse_variants(config)
    rope = config.get("rope_parameters") or {}
    return TextShape(
        width=int(config["hidden_size"]),
        layers=int(config["num_hidden_layers"]),
        heads=int(config["num_attention_heads"]),
        kv_heads=int(config["num_key_value_heads"]),
        head_dim=int(config["head_dim"]),
        ffn=int(config["intermediate_size"]),
        rows=int(config["vocab_size"]),
        rms_eps=float(config.get("rms_norm_eps", 1e-6)),
        rope_theta=float(rope.get("rope_theta", config.get("rope_theta", 1e6))),
        max_context=int(config["max_position_embeddings"]),
        tied=tied,
    )


def _refuse_variants(config: dict[str, Any]) -> None:
    """Refuse what Qwen3 could be configured to do, and no published checkpoint does."""
    if config.get("hidden_act", "silu") != "silu" or config.get("attention_bias"):
        raise _unsupported("Its decoder is not a plain Qwen3")
    if config.get("use_sliding_window"):
        raise _unsupported("Its decoder attends to a sliding window")
    # Three planes of positions are declared, which are equal for audio and text: plain RoPE.
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    if rope.get("rope_type", rope.get("type", "default")) not in ("default", "mrope"):
        raise _unsupported("Its decoder scales its positions")


def _check(model: Architecture) -> None:
    audio, text = model.audio, model.text
    counts = (
        *(audio.n_mels, audio.channels, audio.width, audio.layers, audio.heads, audio.ffn),
        *(audio.out, audio.frames_per_chunk, audio.window_chunks, text.width, text.layers),
        *(text.heads, text.kv_heads, text.head_dim, text.ffn, text.rows, text.max_context),
    )
    if min(counts) < 1 or max(counts) > 1 << 24:
        raise _contradiction("a size is out of bounds")
    if audio.width % audio.heads or audio.width % 2:
        raise _contradiction("the audio tower's width does not divide among its heads")
    if text.heads % text.kv_heads or text.head_dim % 2:
        raise _contradiction("the decoder's heads do not divide among its keys")
    if audio.out != text.width:
        raise _contradiction("the audio tower gives another width than the decoder takes")
    if not (text.rms_eps > 0 and text.rope_theta > 1 and model.class_ms > 0):
        raise _contradiction("a constant is out of bounds")


def _unsupported(why: str) -> LoadFailedError:
    return LoadFailedError(f"{why}, which Sotto cannot run. It runs {SUPPORTED}.")


def _contradiction(how: str) -> ModelCorruptError:
    return ModelCorruptError(
        f"The checkpoint's {FILE} cannot be used: {how}. Download the checkpoint again.",
        detail=FILE,
    )
