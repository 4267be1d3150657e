"""Guards against text that nobody said: models dream in noise, and stutter when they are lost.

Pure functions on values, after the design page `streaming.md`, 1.6. Every limit lies beyond
what a person says, so that real speech passes; a guard that is in doubt lets it through.

Silence inside a segment is not trimmed: none is long enough. The pause that ends a segment
is 900 ms at most, and 200 ms of it are kept.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from sidecar.domain import SAMPLE_RATE_HZ, Hypothesis
from sidecar.text.units import is_character, split_units, unit_key

if TYPE_CHECKING:
    from sidecar.domain import Samples

LEAST_VOICED_S: Final = 0.25  # no word is shorter
LEAST_LEVEL: Final = 0.0005  # -66 dBFS: people are recorded at -54, and 16 bits end at -96
LEVEL_SAMPLES: Final = SAMPLE_RATE_HZ // 10

WORDS_PER_S: Final = 8.0  # a fast talker says five
CHARACTERS_PER_S: Final = 16.0  # a fast one eight
SPARE_WORDS: Final = 8  # since a detector hears less voice than there is

LONGEST_PERIOD: Final = 32  # units
LEAST_REPEATS: Final = 4
LOOP_UNITS: Final = 12  # a shorter run is a chant, a refrain, or "no no no no"

SECONDS_PER_WORD: Final = 0.2  # of a phrase, for who says it in a hurry
SECONDS_PER_CHARACTER: Final = 0.1
PHRASE_VOICED_S: Final = 1.0  # with more voice than that, somebody has said something


def worth_decoding(samples: Samples, voiced_s: float, *, continues: bool = False) -> bool:
    """Whether a segment can hold a word: it has voice, and was loud enough for a moment.

    Args:
        samples: mono 16 kHz float32, shape (n,), before any gain.
        voiced_s: how much of it a detector takes for voice.
        continues: it is the rest of speech that was cut for its length, which may be short.
    """
    import numpy as np

    if voiced_s < LEAST_VOICED_S and not continues:
        return False
    energy = np.concatenate(([0.0], np.cumsum(samples.astype(np.float64) ** 2)))
    width = min(LEVEL_SAMPLES, len(samples))
    if width == 0:
        return False
    loudest = (energy[width:] - energy[:-width]).max() / width
    return bool(loudest >= LEAST_LEVEL**2)


def guarded(hypothesis: Hypothesis, voiced_s: float) -> Hypothesis:
    """The hypothesis without what nobody can have said; itself where that is nothing.

    Args:
        hypothesis: of a segment, partial or final.
        voiced_s: how much voice the segment has.
    """
    if is_dreamt(hypothesis.text, voiced_s):
        return replace(hypothesis, text="", words=())
    return within_rate(without_loops(hypothesis), voiced_s)


def without_loops(hypothesis: Hypothesis) -> Hypothesis:
    """The hypothesis with one occurrence left of what is said over and over.

    A loop is a run of at least 12 units that repeats the same 2 to 32 of them at least 4
    times, or of more than 12 times the same one. Numbers are no loop, however often they
    repeat: there are such numbers.
    """
    units = split_units(hypothesis.text)
    keys = [unit_key(unit) for unit in units]
    kept: list[int] = []
    at = 0
    while at < len(units):
        period, end = _loop(keys, at)
        kept += range(at, at + period)
        at = end
    return _only(hypothesis, units, kept)


def within_rate(hypothesis: Hypothesis, voiced_s: float) -> Hypothesis:
    """The hypothesis without the end that cannot have been said in that time.

    Args:
        hypothesis: any.
        voiced_s: how much voice it was made of.
    """
    units = split_units(hypothesis.text)
    needed_s = accumulate(
        1 / (CHARACTERS_PER_S if is_character(unit) else WORDS_PER_S) for unit in units
    )
    most_s = voiced_s + SPARE_WORDS / WORDS_PER_S
    return _only(hypothesis, units, [i for i, until_s in enumerate(needed_s) if until_s <= most_s])


def is_dreamt(text: str, voiced_s: float) -> bool:
    """Whether the whole text is a phrase that models dream up, and too short to be said.

    Models have learned these from subtitles, where they stand beside noise and music.
    """
    units = split_units(text)
    needed_s = sum(
        SECONDS_PER_CHARACTER if is_character(unit) else SECONDS_PER_WORD for unit in units
    )
    return voiced_s < min(PHRASE_VOICED_S, needed_s) and unit_key(text) in _PHRASES


def _loop(keys: Sequence[str], at: int) -> tuple[int, int]:
    """The period of the loop that begins there, and where it ends; (1, at + 1) for none."""
    for period in range(1, min(LONGEST_PERIOD, (len(keys) - at) // LEAST_REPEATS) + 1):
        end = at + period
        while end < len(keys) and keys[end] == keys[end - period]:
            end += 1
        repeats = (end - at) // period
        if repeats >= LEAST_REPEATS and _is_loop(keys[at : at + period], repeats):
            # What is left of the last round belongs to the loop only if nothing follows.
            return period, end if end == len(keys) else at + repeats * period
    return 1, at + 1


def _is_loop(round_: Sequence[str], repeats: int) -> bool:
    """Whether so many rounds of the same units are more than anybody says."""
    numbers = all(key.isnumeric() or key in _DIGITS for key in round_)
    most = LOOP_UNITS if len(set(round_)) == 1 else LOOP_UNITS - 1
    return repeats * len(round_) > most and not numbers


def _only(hypothesis: Hypothesis, units: Sequence[str], kept: Sequence[int]) -> Hypothesis:
    """The hypothesis with these units alone, and the words that they are."""
    if len(kept) == len(units):
        return hypothesis
    text = "".join(units[i] for i in kept).strip()
    chosen = set(kept)
    words = tuple(
        word
        for word, unit in zip(hypothesis.words, _units_of(hypothesis, units), strict=True)
        if unit in chosen
    )
    return replace(hypothesis, text=text, words=words)


def _units_of(hypothesis: Hypothesis, units: Sequence[str]) -> Iterator[int]:
    """For each word the unit that its middle letter is in, by place: spellings may differ."""
    lengths = [len(unit_key(word.text)) for word in hypothesis.words]
    ends = list(accumulate(len(unit_key(unit)) for unit in units))
    stretch = ends[-1] / (sum(lengths) or 1)
    for end, length in zip(accumulate(lengths), lengths, strict=True):
        yield min(bisect_right(ends, (end - length / 2) * stretch), len(units) - 1)


_DIGITS: Final = frozenset(
    word
    for language in (
        "zero oh one two three four five six seven eight nine",
        "null eins zwei zwo drei vier fünf sechs sieben acht neun",
        "zéro un deux trois quatre cinq six sept huit neuf",
        "cero uno dos tres cuatro cinco seis siete ocho nueve",
        "zero uno due tre quattro cinque sei sette otto nove",
        "zero um dois três quatro cinco seis sete oito nove",
    )
    for word in language.split()
)

_PHRASES: Final = frozenset(
    unit_key(phrase)
    for phrase in re.split(
        r"\s*\n\s*",
        """
        Thank you.
        Thank you very much.
        Thank you for watching!
        Thanks for watching!
        Thank you so much for watching!
        Please subscribe to my channel.
        Don't forget to like and subscribe.
        Subtitles by the Amara.org community
        Untertitel der Amara.org-Community
        Untertitel im Auftrag des ZDF für funk
        Vielen Dank fürs Zuschauen!
        Sous-titres réalisés par la communauté d'Amara.org
        Merci d'avoir regardé cette vidéo !
        Subtítulos realizados por la comunidad de Amara.org
        ¡Gracias por ver el video!
        Sottotitoli creati dalla comunità Amara.org
        Legendas pela comunidade Amara.org
        Субтитры сделал DimaTorzok
        Продолжение следует...
        Спасибо за просмотр!
        İzlediğiniz için teşekkürler.
        ご視聴ありがとうございました
        チャンネル登録お願いします
        字幕由Amara.org社区提供
        请不吝点赞 订阅 转发 打赏支持明镜与点点栏目
        谢谢观看
        시청해주셔서 감사합니다.
        구독과 좋아요 부탁드립니다.
        """.strip(),
    )
)
