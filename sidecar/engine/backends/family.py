"""What a family of models has of its own: how it is asked, and what it answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Family:
    """A model that is told about sound in a chat, and answers with text.

    Attributes:
        before_context: the prompt up to the text that the person asking may give.
        after_context: from there to the sound.
        after_sound: from there to the answer.
        language: how the answer begins in a language that is known; `{}` is its name.
        mark: what is before the text of an answer, after the language.
        ends: tokens after which nothing more is said.
        languages: names by BCP 47 tag.
        tokens_per_s, spare_tokens: of text that may be said in so much sound.
        max_segment_s: longest sound that it hears well at once.
    """

    before_context: str
    after_context: str
    after_sound: str
    language: str
    mark: str
    ends: tuple[str, ...]
    languages: Mapping[str, str]
    tokens_per_s: float
    spare_tokens: int
    max_segment_s: float

    def language_name(self, tag: str | None) -> str | None:
        """The name of a language, or of the one that it is a variety of; None if unknown."""
        while tag:
            if tag in self.languages:
                return self.languages[tag]
            tag = tag.lower() if tag != tag.lower() else tag.rpartition("-")[0]
        return None

    def language_tag(self, said: str) -> str | None:
        """The BCP 47 tag of the language that an answer says it is in; None if it is unknown."""
        pattern = re.escape(self.language).replace(r"\{\}", r"\s*(.+?)\s*")
        found = re.fullmatch(pattern, said.strip() + self.mark, re.IGNORECASE)
        names = {name.casefold(): tag for tag, name in self.languages.items()}
        return names.get(found[1].casefold()) if found else None
