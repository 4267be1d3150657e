"""The official prompt around the audio, with the language given (Qwen/Qwen3-ASR chat template)."""

HEADER = "<|im_start|>system\n<|im_end|>\n<|im_start|>user\n<|audio_start|>"
SUFFIX = "<|audio_end|><|im_end|>\n<|im_start|>assistant\nlanguage English<asr_text>"
