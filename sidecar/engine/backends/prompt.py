"""What a model is told in tokens, and what its tokens say."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Final

from sidecar.engine.backends.generation import Rules, Script
from sidecar.engine.backends.loops import without_repeats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sidecar.engine.backends.family import Family
    from sidecar.engine.base import SegmentOptions
    from sidecar.inference.vocabulary import Vocabulary

MOST_CONTEXT: Final = 128  # tokens of text that came before
MOST_HOTWORDS: Final = 256  # and of words that are likely: the more, the less each is heeded


class Prompter:
    """Writes prompts of a family, and reads answers.

    Args:
        family: how it is asked.
        vocabulary: of the model.

    Attributes:
        rules: what its tokens mean in an answer.

    Raises:
        ValueError: the vocabulary is another family's.
    """

    def __init__(self, family: Family, vocabulary: Vocabulary) -> None:
        self._family = family
        self._vocabulary = vocabulary
        self._before = vocabulary.tokens(family.before_context, special=True)
        self._after = vocabulary.tokens(family.after_context, special=True)
        self._answer = vocabulary.tokens(family.after_sound, special=True)
        self.rules = Rules(
            frozenset(vocabulary.token(end) for end in family.ends),
            vocabulary.token(family.mark),
            cache(self._is_number),
        )

    def head(self, options: SegmentOptions) -> tuple[int, ...]:
        """The prompt up to the sound."""
        context = self.tokens(options.context.strip())[-MOST_CONTEXT:]
        hotwords = self._hotwords(options.hotwords)
        between = self.tokens("\n") if context and hotwords else []
        return (*self._before, *context, *between, *hotwords, *self._after)

    def script(
        self,
        options: SegmentOptions,
        *,
        prefix: Sequence[int],
        header: Sequence[int],
        header_guess: Sequence[int],
        guess: Sequence[int],
        duration_s: float,
    ) -> Script:
        """What is known of the answer to so much sound.

        Args:
            options: the language, if it is known.
            prefix: how the text must begin.
            header: what comes before the mark of text, if that is known already.
            header_guess: what may come there otherwise.
            guess: what may come after the prefix.
            duration_s: of the sound.
        """
        family = self._family
        name = family.language_name(options.language)
        known = [*header, self.rules.mark] if header else []
        if name:
            known = self._vocabulary.tokens(family.language.format(name), special=True)
        most = int(family.tokens_per_s * duration_s) + family.spare_tokens
        return Script([*self._answer, *known], not known, prefix, header_guess, guess, most)

    def tokens(self, text: str) -> list[int]:
        """Plain text in tokens, in the form (NFC) that the models were trained on."""
        return self._vocabulary.tokens(unicodedata.normalize("NFC", text))

    def text(self, tokens: Sequence[int]) -> str:
        """What tokens write. A character of which there is but a part is left out."""
        pieces = [self._vocabulary.piece(t) for t in tokens if t != self.rules.mark]
        return without_repeats(b"".join(pieces).decode(errors="ignore"))

    def language(self, header: Sequence[int], options: SegmentOptions) -> str | None:
        """The BCP 47 tag of what was said, as told or as the model has found out."""
        known = self._family.language_name(options.language)
        if known:
            return next(tag for tag, name in self._family.languages.items() if name == known)
        return self._family.language_tag(self.text(header))

    def _hotwords(self, hotwords: Sequence[str]) -> list[int]:
        """As many of the words as are heeded, the first ones."""
        written = ""
        tokens: list[int] = []
        for word in filter(None, (" ".join(word.split()) for word in hotwords)):
            written = f"{written}, {word}" if written else word
            more = self.tokens(written)
            if len(more) > MOST_HOTWORDS:
                break
            tokens = more
        return tokens

    def _is_number(self, token: int) -> bool:
        piece = self._vocabulary.piece(token)
        return bool(piece) and not piece.strip(b" 0123456789")
