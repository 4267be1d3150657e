"""A vocabulary of the official size whose tokens are made-up words.

Random weights pick random tokens. With these a pick is always a whole word (" badeki"), so
that text which is decoded, written down and tokenised again gives the same tokens, as with
a real model: drafts and committed text can be verified. Ids of bytes and of special tokens
are the official ones; the words of the prompt are one token each, as there.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

SPECIAL_FROM = 151_643
SPECIAL = {  # Qwen/Qwen3-ASR-0.6B, tokenizer_config.json; those between are not used
    "<|endoftext|>": 151_643,
    "<|im_start|>": 151_644,
    "<|im_end|>": 151_645,
    "<|audio_start|>": 151_669,
    "<|audio_end|>": 151_670,
    "<|audio_pad|>": 151_676,
    "<asr_text>": 151_704,
    "<timestamp>": 151_705,
}
SPACE = "\u0120"  # how byte-level vocabularies write a space
CONSONANTS, VOWELS = "bcdfghjklmnpqrstvwxz", "aeiou"
OF_PROMPT = ("system", "user", "assistant", "language", f"{SPACE}English")


@dataclass(frozen=True, slots=True)
class Words:
    """A byte-level BPE vocabulary.

    Attributes:
        tokens: all but the special ones, by id.
        merges: pairs of tokens that become one, most urgent first.
        first_word: the id from which tokens are words that begin with a space.
    """

    tokens: tuple[str, ...]
    merges: tuple[tuple[str, str], ...]
    first_word: int


def words(size: int = SPECIAL_FROM) -> Words:
    """A vocabulary of `size` tokens: bytes, syllables, words of the prompt, words.

    Every pair merges into what no other pair gives, and a syllable is a consonant and a
    vowel, so a word falls into its syllables in one way only, whatever stands beside it.
    """
    syllables = [(c, v) for c in CONSONANTS for v in VOWELS]
    prompt = _folded(OF_PROMPT, set(syllables))
    room = size - 256 - len(syllables) - len(prompt)
    made_up = list(itertools.islice(_made_up(["".join(pair) for pair in syllables]), room))
    merges = [*syllables, *prompt, *made_up]
    tokens = [*byte_letters(), *("".join(pair) for pair in merges)]
    return Words(tuple(tokens), tuple(merges), 256 + len(syllables) + len(prompt))


def byte_letters() -> list[str]:
    """How each token of one byte is written, in the order of ids (openai/gpt-2, encoder.py)."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    return [*map(chr, plain), *(chr(256 + n) for n in range(len(others)))]


def _made_up(syllables: list[str]) -> Iterator[tuple[str, str]]:
    """Pairs that make words of one, two and three syllables, each behind a space."""
    shorter = [SPACE]
    while True:
        pairs = list(itertools.product(shorter, syllables))
        yield from pairs
        shorter = ["".join(pair) for pair in pairs]


def _folded(texts: Iterable[str], syllables: set[tuple[str, str]]) -> list[tuple[str, str]]:
    """Pairs that make each text one token, from its syllables on."""
    pairs: dict[tuple[str, str], None] = {}
    for text in texts:
        first, *rest = _in_syllables(text, syllables)
        for part in rest:
            pairs[(first, part)] = None
            first += part
    return list(pairs)


def _in_syllables(text: str, syllables: set[tuple[str, str]]) -> list[str]:
    parts: list[str] = []
    for letter in text:
        if parts and (parts[-1], letter) in syllables:
            parts[-1] += letter
        else:
            parts.append(letter)
    return parts
