"""The tiny Qwen3-ASR, and the extra heads that teach it where words are.

The modules are transformers' own, so what is saved loads anywhere. Only training runs
them in another order: windows of a batch side by side instead of one by one, with two
heads that name the word heard in each frame, and a look into the decoder's attention.
None of that is saved. The synthesizers know when each word is said, and a model that is
told learns in minutes what it would otherwise find out in hours.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import (
    Qwen3ASRConfig,
    Qwen3ASRForConditionalGeneration,
    Qwen3ASRForTokenClassification,
)

from tests.tiny.tokenizer import save_tokenizer

if TYPE_CHECKING:
    from pathlib import Path

    from tokenizers import Tokenizer

CHUNK_FRAMES: Final = 100
CHUNK_TOKENS: Final = 13
WINDOW_TOKENS: Final = 8 * CHUNK_TOKENS
TOKEN_S: Final = 0.08  # apart; the thirteenth of each second is half as long
# The decoder learns to listen in this order: its first layer knows what is said in each
# frame and how late it is, two heads of the second find the word that was written last (and
# when that was), and two heads of the third the word that comes next.
N_LOOKING_HEADS: Final = 2
N_PLACES: Final = 64  # seconds from the start
FRAME_WEIGHT: Final = 0.5
PLACE_WEIGHT: Final = 0.3
LOOK_WEIGHT: Final = 0.2


def config_for(tokenizer: Tokenizer) -> dict[str, Any]:
    """The model's shape: 2.9 million parameters, laid out as the official configs are."""
    ids = {name: tokenizer.token_to_id(name) for name in SPECIALS}
    return {
        "audio_config": {
            "d_model": 160,
            "encoder_layers": 3,
            "encoder_attention_heads": 5,
            "encoder_ffn_dim": 512,
            "output_dim": 256,
            "downsample_hidden_size": 24,
            "num_mel_bins": 128,
            "n_window": 50,
            "n_window_infer": 800,
        },
        "text_config": {
            "model_type": "qwen3",
            "vocab_size": tokenizer.get_vocab_size(),
            "hidden_size": 256,
            "intermediate_size": 512,
            "num_hidden_layers": 3,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "head_dim": 64,
            "max_position_embeddings": 4096,
            "rms_norm_eps": 1e-6,
            "tie_word_embeddings": True,
            "rope_parameters": {"rope_theta": 1_000_000.0, "rope_type": "default"},
        },
        "audio_token_id": ids["<|audio_pad|>"],
        "timestamp_token_id": ids["<timestamp>"],
        "eos_token_id": [ids["<|endoftext|>"], ids["<|im_end|>"]],
        "pad_token_id": ids["<|endoftext|>"],
        "tie_word_embeddings": True,
    }


SPECIALS: Final = ("<|audio_pad|>", "<timestamp>", "<|endoftext|>", "<|im_end|>")


def new_model(tokenizer: Tokenizer) -> Qwen3ASRForConditionalGeneration:
    """An untrained model in float32."""
    config = Qwen3ASRConfig(**config_for(tokenizer), attn_implementation="eager")
    model = Qwen3ASRForConditionalGeneration(config).float()
    initialise(model)
    return model


def new_aligner(
    model: Qwen3ASRForConditionalGeneration, n_classes: int
) -> Qwen3ASRForTokenClassification:
    """A forced aligner that begins with what a recogniser has learnt; float32."""
    inherited = model.config.to_dict()
    del inherited["id2label"], inherited["label2id"]
    config = Qwen3ASRConfig(**inherited, num_labels=n_classes, attn_implementation="eager")
    aligner = Qwen3ASRForTokenClassification(config).float()
    aligner.model.load_state_dict(model.model.state_dict())
    nn.init.normal_(aligner.score.weight, std=aligner.score.in_features**-0.5)
    return aligner


def save_model(model: Any, tokenizer: Tokenizer, folder: Path) -> None:
    """Write the model in bfloat16 as the official `-hf` repositories are laid out."""
    folder.mkdir(parents=True, exist_ok=True)
    copy.deepcopy(model).to(torch.bfloat16).save_pretrained(folder)
    save_tokenizer(tokenizer, folder)


def initialise(model: nn.Module) -> None:
    """Draw weights that keep the size of signals (He et al., 2015; Radford et al., 2019).

    transformers' own start, a standard deviation of 0.02, suits wide models: in narrow ones
    the sound fades in the convolutions to a hundredth of the position table.
    """
    for name, module in model.named_modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        elif isinstance(module, nn.Linear):
            ends_branch = name.endswith(("out_proj", "fc2", "o_proj", "down_proj"))
            nn.init.normal_(
                module.weight, std=module.in_features**-0.5 * (0.4 if ends_branch else 1)
            )
        elif isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, std=module.embedding_dim**-0.5)


def n_audio_tokens(n_frames: int) -> int:
    """How many embeddings the encoder makes of so many mel frames.

    >>> n_audio_tokens(100), n_audio_tokens(101), n_audio_tokens(250)
    (13, 14, 33)
    """
    rest = n_frames % CHUNK_FRAMES
    for _ in range(3):
        rest = (rest + 1) // 2
    return n_frames // CHUNK_FRAMES * CHUNK_TOKENS + rest


def audio_position(time_s: float) -> float:
    """The embedding, counted from 0, in which a time of the clip is heard.

    >>> audio_position(0.16), audio_position(1.0), audio_position(2.04)
    (2.0, 13.0, 26.5)
    """
    seconds = int(time_s)
    return seconds * CHUNK_TOKENS + (time_s - seconds) / TOKEN_S


@dataclass(frozen=True, slots=True)
class Batch:
    """Clips of a batch, padded on the right.

    Attributes:
        mel: float32 (clips, 128, frames), frames a multiple of 100.
        n_audio: int64 (clips,), embeddings of each clip.
        ids: int64 (clips, tokens), the whole conversation, audio placeholders included.
        n_ids: int64 (clips,).
        labels: int64 (clips, tokens), the next token, -100 where nothing is taught.
        looks: float32 (clips, tokens, 2), from and to which position of `ids` the word is
            heard that the next token belongs to; (0, 0) where none is.
        heard: int64 (clips, embeddings), what is said in each frame (`heard_classes`), -100
            after the end of a clip.
    """

    mel: Tensor
    n_audio: Tensor
    ids: Tensor
    n_ids: Tensor
    labels: Tensor
    looks: Tensor
    heard: Tensor


class Teacher(nn.Module):  # type: ignore[misc] # torch has no types here
    """The model with the heads that only training has."""

    def __init__(self, model: Qwen3ASRForConditionalGeneration, n_heard_classes: int) -> None:
        super().__init__()
        self.model = model
        text, audio = model.config.text_config, model.config.audio_config
        self.encoder_head = nn.Linear(audio.d_model, n_heard_classes)
        self.decoder_head = nn.Linear(text.hidden_size, n_heard_classes)
        self.place_head = nn.Linear(text.hidden_size, N_PLACES)
        self.written_place_head = nn.Linear(text.hidden_size, N_PLACES)

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """Weighted losses: of the next token, of what and when frames are, of looks."""
        seen = run(self.model.model, batch)
        taught = batch.labels >= 0
        logits = self.model.lm_head(seen.hidden[-1][taught])
        heard = batch.heard[seen.valid]
        frame = functional.cross_entropy(self.encoder_head(seen.encoded[seen.valid]), heard)
        first = seen.hidden[1][seen.is_audio]
        frame = frame + functional.cross_entropy(self.decoder_head(first), heard)
        place = functional.cross_entropy(self.place_head(first), seen.embeddings // CHUNK_TOKENS)
        written = batch.looks.roll(1, dims=1)  # where each token itself is heard
        is_written = written[..., 1] > 0
        place = place + functional.cross_entropy(
            self.written_place_head(seen.hidden[2][is_written]),
            seen.places(written[..., 1])[is_written],
        )
        looks = look_loss(seen.attentions[1][:, -N_LOOKING_HEADS:], written)
        looks = looks + look_loss(seen.attentions[2][:, :N_LOOKING_HEADS], batch.looks)
        token = functional.cross_entropy(logits, batch.labels[taught], label_smoothing=0.03)
        return {
            "token": token,
            "frame": FRAME_WEIGHT * frame,
            "place": PLACE_WEIGHT * place,
            "look": LOOK_WEIGHT * looks,
        }


@dataclass(frozen=True, slots=True)
class Pass:
    """What a forward pass leaves to learn from.

    Attributes:
        encoded: float32 (clips, embeddings, d_model), of the encoder.
        valid: bool (clips, embeddings), which of them are of the clip.
        is_audio: bool (clips, tokens), where in the conversation they are.
        hidden: float32 (clips, tokens, width), before the first layer, after each layer,
            the last one normed.
        attentions: float32 (clips, heads, tokens, tokens), of each decoder layer.
    """

    encoded: Tensor
    valid: Tensor
    is_audio: Tensor
    hidden: tuple[Tensor, ...]
    attentions: tuple[Tensor, ...]

    @property
    def embeddings(self) -> Tensor:
        """How many embeddings of the same clip precede each valid one, int64 (n,)."""
        return torch.arange(self.valid.shape[1]).expand_as(self.valid)[self.valid]

    def places(self, positions: Tensor) -> Tensor:
        """The second of its clip that each position of the conversation lies in, int64."""
        first = self.is_audio.float().argmax(-1, keepdim=True)
        seconds = (positions - 1 - first) / CHUNK_TOKENS
        return seconds.long().clamp(0, N_PLACES - 1)


def run(model: Any, batch: Batch) -> Pass:
    """Encoder, projector and decoder over a batch; `model` is transformers' Qwen3ASRModel."""
    encoded = encode(model.audio_tower, batch.mel, batch.n_audio)
    embeds = model.multi_modal_projector(encoded)
    is_audio = batch.ids == model.config.audio_token_id
    valid = _mask(batch.n_audio, embeds.shape[1])
    words = model.language_model.embed_tokens(batch.ids)
    out = model.language_model(
        inputs_embeds=words.masked_scatter(is_audio[..., None], embeds[valid]),
        attention_mask=_mask(batch.n_ids, batch.ids.shape[1]).long(),
        output_attentions=True,
        output_hidden_states=True,
        use_cache=False,
    )
    return Pass(encoded, valid, is_audio, out.hidden_states, out.attentions)


def encode(tower: Any, mel: Tensor, n_audio: Tensor) -> Tensor:
    """The encoder over a batch of clips of different lengths: (clips, tokens, d_model).

    Equal to transformers' own forward pass on the valid rows; others hold garbage.
    """
    n_clips, n_mels, n_frames = mel.shape
    n_chunks = n_frames // CHUNK_FRAMES
    chunks = mel.view(n_clips, n_mels, n_chunks, CHUNK_FRAMES).transpose(1, 2)
    hidden = chunks.reshape(-1, 1, n_mels, CHUNK_FRAMES)
    for convolution in (tower.conv2d1, tower.conv2d2, tower.conv2d3):
        hidden = functional.gelu(convolution(hidden))
    hidden = tower.conv_out(hidden.permute(0, 3, 1, 2).flatten(2))
    hidden = hidden + tower.positional_embedding.positional_embedding[:CHUNK_TOKENS]
    hidden = hidden.reshape(n_clips, n_chunks * CHUNK_TOKENS, -1)
    n_tokens = hidden.shape[1]
    valid = _mask(n_audio, n_tokens)
    if n_tokens > WINDOW_TOKENS:
        missing = -n_tokens % WINDOW_TOKENS
        hidden = functional.pad(hidden, (0, 0, 0, missing)).reshape(
            -1, WINDOW_TOKENS, hidden.shape[-1]
        )
        valid = functional.pad(valid, (0, missing)).reshape(-1, WINDOW_TOKENS)
    hidden = _encoder_layers(tower, hidden, valid)
    return hidden.reshape(n_clips, -1, hidden.shape[-1])[:, :n_tokens]


def _encoder_layers(tower: Any, hidden: Tensor, valid: Tensor) -> Tensor:
    # A window without a single valid key would give NaN: let it look at its first row.
    keys = valid.clone()
    keys[:, 0] = True
    mask = keys[:, None, None, :]
    for layer in tower.layers:
        attention = layer.self_attn
        normed = layer.self_attn_layer_norm(hidden)
        q, k, v = (
            projection(normed).unflatten(-1, (attention.num_heads, -1)).transpose(1, 2)
            for projection in (attention.q_proj, attention.k_proj, attention.v_proj)
        )
        mixed = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        hidden = hidden + attention.out_proj(mixed.transpose(1, 2).flatten(2))
        hidden = hidden + layer.fc2(functional.gelu(layer.fc1(layer.final_layer_norm(hidden))))
    return tower.ln_post(hidden)


def look_loss(attention: Tensor, looks: Tensor) -> Tensor:
    """How little of the attention of some heads lies on the word about to be written."""
    places = torch.arange(attention.shape[-1])
    inside = (places >= looks[..., :1]) & (places < looks[..., 1:])
    mass = (attention * inside[:, None]).sum(-1)
    taught = (looks[..., 1] > 0)[:, None].expand_as(mass)
    return -(mass[taught] + 1e-3).log().mean() if taught.any() else mass.sum() * 0.0


def _mask(lengths: Tensor, n: int) -> Tensor:
    return torch.arange(n) < lengths[:, None]
