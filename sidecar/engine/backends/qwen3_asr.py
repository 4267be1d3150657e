"""Qwen3-ASR: 30 languages, which it finds out or is told; a list of words it may be given.

    <|im_start|>system
    {context}<|im_end|>
    <|im_start|>user
    <|audio_start|>{sound}<|audio_end|><|im_end|>
    <|im_start|>assistant
    language English<asr_text>What was said.<|im_end|>

Source: QwenLM/Qwen3-ASR, `qwen_asr/inference`, and the chat template of its checkpoints. The
last line is the model's answer, or ends the prompt where the language is given. Of sound
without speech the model says `language None<asr_text>`, and no text.
"""

from __future__ import annotations

from typing import Final

from sidecar.engine.backends.family import Family

QWEN3_ASR: Final = Family(
    before_context="<|im_start|>system\n",
    after_context="<|im_end|>\n<|im_start|>user\n<|audio_start|>",
    after_sound="<|audio_end|><|im_end|>\n<|im_start|>assistant\n",
    language="language {}<asr_text>",
    mark="<asr_text>",
    ends=("<|im_end|>", "<|endoftext|>"),
    languages={
        "zh": "Chinese",
        "en": "English",
        "yue": "Cantonese",
        "ar": "Arabic",
        "de": "German",
        "fr": "French",
        "es": "Spanish",
        "pt": "Portuguese",
        "id": "Indonesian",
        "it": "Italian",
        "ko": "Korean",
        "ru": "Russian",
        "th": "Thai",
        "vi": "Vietnamese",
        "ja": "Japanese",
        "tr": "Turkish",
        "hi": "Hindi",
        "ms": "Malay",
        "nl": "Dutch",
        "sv": "Swedish",
        "da": "Danish",
        "fi": "Finnish",
        "pl": "Polish",
        "cs": "Czech",
        "fil": "Filipino",
        "fa": "Persian",
        "el": "Greek",
        "ro": "Romanian",
        "hu": "Hungarian",
        "mk": "Macedonian",
    },
    # Speech has four tokens a second; text in which each byte is a token has twelve.
    tokens_per_s=12.0,
    spare_tokens=32,
    # Sound of 28 s and its text take 700 cells, so that three segments fit beside each other.
    max_segment_s=28.0,
)
