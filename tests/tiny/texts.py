"""What the tiny models can say: a small grammar of dictated English and German.

About 140 English words (numbers, dates, times, commands, short orders) and 45 German
ones. A text that `is_held_out` never enters training, so the word error rate of a test
clip says that words are heard, not that sentences are remembered.
"""

from __future__ import annotations

import random
import zlib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Language = Literal["English", "German"]

DIGITS: Final = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
TEENS: Final = [
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
TENS: Final = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
MONTHS: Final = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
ORDINALS: Final = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
]
WEEKDAYS: Final = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
COMMANDS: Final = (
    "new line",
    "new paragraph",
    "comma",
    "full stop",
    "question mark",
    "colon",
    "open quote",
    "close quote",
    "delete that",
    "scratch that",
    "undo that",
    "select all",
    "stop dictation",
)
# Each name is heard alike in both spellings: the first is the usual one, and the second
# is meant when the context (the hot words) holds it.
SPELLINGS: Final = (("sarah", "sara"), ("john", "jon"), ("eric", "erik"))
NAMES: Final = ("anna", "ben", "clara", "david", "maria", *(usual for usual, _ in SPELLINGS))
THINGS: Final = ["report", "letter", "message", "invoice", "list", "meeting"]

GERMAN_DIGITS: Final = [
    "null",
    "eins",
    "zwei",
    "drei",
    "vier",
    "fünf",
    "sechs",
    "sieben",
    "acht",
    "neun",
]
GERMAN_NUMBERS: Final = [*GERMAN_DIGITS, *["zehn", "elf", "zwölf", "zwanzig", "dreißig", "vierzig"]]
GERMAN_WEEKDAYS: Final = [
    "montag",
    "dienstag",
    "mittwoch",
    "donnerstag",
    "freitag",
    "samstag",
    "sonntag",
]
GERMAN_MONTHS: Final = ["januar", "februar", "märz", "april", "mai", "juni", "juli", "august"]
GERMAN_COMMANDS: Final = ("komma", "punkt", "neue zeile", "neuer absatz", "lösche das")


@dataclass(frozen=True, slots=True)
class Line:
    """A text in the spelling and case the models write, and its language."""

    text: str
    language: Language


def is_held_out(text: str) -> bool:
    """Whether a text belongs to the tests: one in eight of those with four words or more."""
    return len(text.split()) > 3 and zlib.crc32(text.encode()) % 8 == 0


def sentence(rng: random.Random, language: Language = "English", *, held_out: bool = False) -> Line:
    """A random text of 1 to 14 words."""
    phrases = _PHRASES[language]
    while True:
        n_phrases = rng.choices((1, 2, 3), weights=(6, 3, 1))[0]
        chosen = rng.choices(*zip(*phrases, strict=True), k=n_phrases)
        text = " ".join(phrase(rng) for phrase in chosen)
        if len(text.split()) <= 14 and is_held_out(text) == held_out:
            return Line(text, language)


def context(rng: random.Random, text: str) -> tuple[str, str]:
    """Hot words for a text, and the text as it must be spelt with them.

    They are words of the grammar or, where no spelling depends on them, at times a whole
    sentence, as the previous paragraph would be.
    """
    said = set(text.split())
    if said.isdisjoint(dict(SPELLINGS)) and rng.random() < 0.4:
        return sentence(rng).text, text
    pool = [*NAMES, *THINGS, *MONTHS, *WEEKDAYS]
    words = rng.sample(pool, rng.randint(1, 5))
    for usual, other in SPELLINGS:
        if rng.random() < (0.7 if usual in said else 0.1):
            words = [other, *(word for word in words if word != usual)]
            text = " ".join(other if word == usual else word for word in text.split())
    rng.shuffle(words)
    return " ".join(words), text


@cache
def vocabulary() -> tuple[str, ...]:
    """Every word the models know, by alphabet."""
    rng = random.Random(0)
    languages: tuple[Language, ...] = ("English", "German")
    texts = [sentence(rng, language).text for language in languages for _ in range(20_000)]
    return tuple(sorted({word for text in texts for word in text.split()}))


def _digits(rng: random.Random) -> str:
    return " ".join(rng.choices(DIGITS, k=rng.randint(1, 8)))


def _below_hundred(rng: random.Random) -> str:
    n = rng.randrange(100)
    if n < 20:
        return [*DIGITS, *TEENS][n]
    return TENS[n // 10 - 2] + (f" {DIGITS[n % 10]}" if n % 10 else "")


def _number(rng: random.Random) -> str:
    n = rng.random()
    if n < 0.5:
        return _below_hundred(rng)
    hundreds = f"{rng.choice(DIGITS[1:])} {'hundred' if n < 0.8 else 'thousand'}"
    return hundreds if rng.random() < 0.3 else f"{hundreds} {_below_hundred(rng)}"


def _day(rng: random.Random) -> str:
    n = rng.randint(1, 31)
    if n <= 12:
        return ORDINALS[n - 1]
    if n in (20, 30):
        return "twentieth" if n == 20 else "thirtieth"
    if n < 20:
        return ORDINALS[rng.randrange(12)]
    return f"{TENS[n // 10 - 2]} {ORDINALS[n % 10 - 1]}"


def _date(rng: random.Random) -> str:
    shape = rng.randrange(4)
    month, day, weekday = rng.choice(MONTHS), _day(rng), rng.choice(WEEKDAYS)
    return (
        f"{month} {day}",
        f"{weekday} {month} {day}",
        f"the {day} of {month}",
        f"{weekday} the {day} of {month}",
    )[shape]


def _time(rng: random.Random) -> str:
    hour = rng.choice([*DIGITS[1:], *TEENS[:3]])
    shape = rng.randrange(6)
    part = rng.choice(("in the morning", "in the evening"))
    return (
        f"{hour} o'clock",
        f"half past {hour}",
        f"quarter {rng.choice(('to', 'past'))} {hour}",
        f"{hour} {rng.choice(('fifteen', 'thirty', 'forty five'))}",
        rng.choice(("noon", "midnight")),
        f"{hour} {part}",
    )[shape]


def _when(rng: random.Random) -> str:
    return rng.choice(
        (
            lambda: f"at {_time(rng)}",
            lambda: f"on {_date(rng)}",
            lambda: f"{rng.choice(('on', 'by'))} {rng.choice(WEEKDAYS)}",
            lambda: f"on {rng.choice(WEEKDAYS)} at {_time(rng)}",
            lambda: rng.choice(("today", "tomorrow")),
        )
    )()


def _order(rng: random.Random) -> str:
    name, thing = rng.choice(NAMES), rng.choice(THINGS)
    article = rng.choice(("the", "my", "a"))
    order = rng.choice(
        (
            f"send {article} {thing} to {name}",
            f"write {article} {thing} for {name}",
            f"open {article} {thing}",
            f"read {article} {thing} from {name}",
            f"call {name}",
            f"ask {name} for {article} {thing}",
            f"meet {name} and {rng.choice([n for n in NAMES if n != name])}",
            f"tell {name} about {article} {thing}",
        )
    )
    please = "please " if rng.random() < 0.25 else ""
    when = f" {_when(rng)}" if rng.random() < 0.5 else ""
    return please + order + when


def _dictated(rng: random.Random) -> str:
    return rng.choice(COMMANDS)


def _capital(rng: random.Random) -> str:
    return f"capital {rng.choice(NAMES)}"


def _german_digits(rng: random.Random) -> str:
    return " ".join(rng.choices(GERMAN_DIGITS, k=rng.randint(2, 6)))


def _german_date(rng: random.Random) -> str:
    weekday, hour = rng.choice(GERMAN_WEEKDAYS), rng.choice(GERMAN_NUMBERS[1:13])
    hour = "ein" if hour == "eins" else hour
    return rng.choice(
        (
            f"am {weekday} um {hour} uhr",
            f"um {hour} uhr {rng.choice(GERMAN_NUMBERS[10:])}",
            f"{weekday} und {rng.choice(GERMAN_WEEKDAYS)}",
            f"am {weekday} im {rng.choice(GERMAN_MONTHS)}",
        )
    )


def _german_command(rng: random.Random) -> str:
    return f"{rng.choice(GERMAN_NUMBERS)} {rng.choice(GERMAN_COMMANDS)}"


_PHRASES: Final[dict[Language, Sequence[tuple[Callable[[random.Random], str], int]]]] = {
    "English": (
        (_digits, 4),
        (_number, 3),
        (_date, 4),
        (_time, 3),
        (_when, 2),
        (_order, 8),
        (_dictated, 5),
        (_capital, 1),
    ),
    "German": ((_german_digits, 2), (_german_date, 4), (_german_command, 2)),
}
