"""Debian's voices: which ones the tiny models learn from, and which only tests hear.

Packages: espeak-ng (formant synthesis; a voice is an accent and a variant), flite
(statistical voices of three speakers and one diphone voice), festival with
festvox-kdlpc16k (diphones) and festvox-us-slt-hts (hidden Markov models).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    import random

    from tests.tiny.texts import Language

Synthesizer = Literal["espeak", "flite", "festival"]

ACCENTS: Final = (
    *("en-us",) * 3,
    *("en-gb-x-rp",) * 2,
    *("en-gb-scotland", "en-029", "en-us-nyc", "en-gb-x-gbclan", "en-gb-x-gbcwmd"),
)
VARIANTS: Final = [
    "m1",
    "m2",
    "m3",
    "m5",
    "m6",
    "m7",
    "m8",
    "f1",
    "f2",
    "f4",
    "f5",
    "klatt",
    "klatt2",
    "klatt3",
    "Alex",
    "Alicia",
    "Andrea",
    "Denis",
    "Diogo",
    "Gene",
    "Henrique",
    "Hugo",
    "Jacky",
    "Lee",
    "Marco",
    "Mario",
    "Michael",
    "Mike",
    "adam",
    "anika",
    "announcer",
    "antonio",
    "aunty",
    "belinda",
    "benjamin",
    "boris",
    "david",
    "ed",
    "edward",
    "gustave",
    "john",
    "linda",
    "norbert",
    "pablo",
    "paul",
    "quincy",
    "rob",
    "robert",
    "sandro",
    "shelby",
    "steph2",
    "travis",
    "victor",
    "zac",
]
HELD_OUT_ACCENTS: Final = ("en-us", "en-gb-x-rp", "en-gb-scotland")
HELD_OUT_VARIANTS: Final = ["f3", "m4", "Annie", "Andy", "klatt4", "steph", "caleb"]


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice of one synthesizer, by that program's own name."""

    synthesizer: Synthesizer
    name: str
    language: Language = "English"

    def __str__(self) -> str:
        return f"{self.synthesizer}/{self.name}"


FLITE: Final = tuple(Voice("flite", name) for name in ("slt", "rms", "awb", "kal16"))
FESTIVAL: Final = (Voice("festival", "ked_diphone"),)
FESTIVAL_HELD_OUT: Final = (Voice("festival", "cmu_us_slt_arctic_hts"),)


def espeak_voice(rng: random.Random, language: Language, *, held_out: bool = False) -> Voice:
    """A random accent and variant of espeak-ng; held-out variants are not heard in training."""
    variant = rng.choice(HELD_OUT_VARIANTS if held_out else VARIANTS)
    if language == "German":
        return Voice("espeak", f"de+{variant}", language)
    accent = rng.choice(HELD_OUT_ACCENTS if held_out else ACCENTS)
    return Voice("espeak", f"{accent}+{variant}")
