"""How much was misheard: words, or characters in scripts without spaces."""

from __future__ import annotations

from dataclasses import dataclass

from sidecar.text.units import split_units, unit_key


@dataclass(frozen=True, slots=True)
class Errors:
    """Units to insert, delete or replace, of the units that were said."""

    errors: int = 0
    units: int = 0

    @property
    def rate(self) -> float:
        """The error rate: WER, CER, or a mix of both where languages are mixed."""
        return self.errors / self.units if self.units else 0.0

    def __add__(self, other: Errors) -> Errors:
        return Errors(self.errors + other.errors, self.units + other.units)


def errors(said: str, heard: str, language: str) -> Errors:
    """Compare what was said with what was heard, punctuation and capitals aside.

    English goes through Whisper's normaliser, so that "9" and "nine" are the same.
    """
    from jiwer import process_words

    reference, hypothesis = _normal(said, language), _normal(heard, language)
    if not reference:
        return Errors(len(hypothesis.split()), 0)
    found = process_words(reference, hypothesis)
    wrong = found.substitutions + found.deletions + found.insertions
    return Errors(wrong, len(reference.split()))


def _normal(text: str, language: str) -> str:
    if language == "en":
        from whisper_normalizer.english import EnglishTextNormalizer

        normal: str = EnglishTextNormalizer()(text)
        return normal
    return " ".join(filter(None, map(unit_key, split_units(text))))
