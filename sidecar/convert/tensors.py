"""Which tensors a checkpoint must have, by the names that transformers gives them.

The original checkpoints name the same tensors otherwise; `official_name` translates. Source:
the state of `Qwen3ASRForConditionalGeneration` and of `Qwen3ASRForTokenClassification` in
transformers 5.23, and the published checkpoints' own lists.
"""

from __future__ import annotations

from typing import TypeAlias

from sidecar.convert.architecture import Architecture, AudioShape, TextShape

Shape: TypeAlias = tuple[int, ...]

AUDIO = "model.audio_tower"
PROJECTOR = "model.multi_modal_projector"
TEXT = "model.language_model"
EMBEDDINGS = f"{TEXT}.embed_tokens.weight"
HEAD = "lm_head.weight"
CLASSES = "score.weight"

_RENAMED = (  # the first that fits counts
    ("thinker.audio_tower.proj1.", f"{PROJECTOR}.linear_1."),
    ("thinker.audio_tower.proj2.", f"{PROJECTOR}.linear_2."),
    ("thinker.audio_tower.", f"{AUDIO}."),
    ("thinker.model.", f"{TEXT}."),
)


def official_name(name: str, model: Architecture) -> str:
    """The name that transformers has for a tensor of a checkpoint of either layout."""
    if model.layout == "transformers":
        return name
    if name == "thinker.lm_head.weight":
        return CLASSES if model.n_classes else HEAD
    for original, official in _RENAMED:
        if name.startswith(original):
            return official + name.removeprefix(original)
    return name


def needed_tensors(model: Architecture) -> dict[str, Shape]:
    """The shape of every tensor that a model consists of, by name."""
    head = {CLASSES: (model.n_classes, model.text.width)} if model.n_classes else {}
    if not (model.text.tied or model.n_classes):
        head = {HEAD: (model.text.rows, model.text.width)}
    return {**_audio(model.audio), **_text(model.text), **head}


def ignored_tensors(model: Architecture) -> frozenset[str]:
    """Names that a checkpoint may have for nothing: a copy of what is tied."""
    return frozenset({HEAD}) if model.text.tied else frozenset()


def _audio(shape: AudioShape) -> dict[str, Shape]:
    width, channels = shape.width, shape.channels
    tensors: dict[str, Shape] = {f"{AUDIO}.conv_out.weight": (width, shape.flat)}
    for i in (1, 2, 3):
        entering = 1 if i == 1 else channels
        tensors[f"{AUDIO}.conv2d{i}.weight"] = (channels, entering, 3, 3)
        tensors[f"{AUDIO}.conv2d{i}.bias"] = (channels,)
    for i in range(shape.layers):
        tensors |= _audio_layer(f"{AUDIO}.layers.{i}", shape)
    tensors |= {f"{AUDIO}.ln_post.weight": (width,), f"{AUDIO}.ln_post.bias": (width,)}
    tensors |= _linear(f"{PROJECTOR}.linear_1", width, width)
    return tensors | _linear(f"{PROJECTOR}.linear_2", shape.out, width)


def _audio_layer(name: str, shape: AudioShape) -> dict[str, Shape]:
    width, tensors = shape.width, dict[str, Shape]()
    for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
        tensors |= _linear(f"{name}.self_attn.{part}", width, width)
    for norm in ("self_attn_layer_norm", "final_layer_norm"):
        tensors |= {f"{name}.{norm}.weight": (width,), f"{name}.{norm}.bias": (width,)}
    tensors |= _linear(f"{name}.fc1", shape.ffn, width)
    return tensors | _linear(f"{name}.fc2", width, shape.ffn)


def _linear(name: str, out: int, entering: int) -> dict[str, Shape]:
    return {f"{name}.weight": (out, entering), f"{name}.bias": (out,)}


def _text(shape: TextShape) -> dict[str, Shape]:
    tensors: dict[str, Shape] = {
        EMBEDDINGS: (shape.rows, shape.width),
        f"{TEXT}.norm.weight": (shape.width,),
    }
    for i in range(shape.layers):
        tensors |= _text_layer(f"{TEXT}.layers.{i}", shape)
    return tensors


def _text_layer(name: str, shape: TextShape) -> dict[str, Shape]:
    width, q, kv = shape.width, shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim
    return {
        f"{name}.input_layernorm.weight": (width,),
        f"{name}.post_attention_layernorm.weight": (width,),
        f"{name}.self_attn.q_norm.weight": (shape.head_dim,),
        f"{name}.self_attn.k_norm.weight": (shape.head_dim,),
        f"{name}.self_attn.q_proj.weight": (q, width),
        f"{name}.self_attn.k_proj.weight": (kv, width),
        f"{name}.self_attn.v_proj.weight": (kv, width),
        f"{name}.self_attn.o_proj.weight": (width, q),
        f"{name}.mlp.gate_proj.weight": (shape.ffn, width),
        f"{name}.mlp.up_proj.weight": (shape.ffn, width),
        f"{name}.mlp.down_proj.weight": (width, shape.ffn),
    }
