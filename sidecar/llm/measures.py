"""What numbers are of: "5 mg" and "5 g" are spelled much alike, and are not the same."""

from __future__ import annotations

import re
from typing import Final

from sidecar.llm.excuses import Span, covers
from sidecar.llm.folding import Folded

_MEASURES: Final = {
    **dict.fromkeys(("kg", "kilo", "kilos", "kilogram", "kilograms", "公斤", "千克"), "kg"),
    **dict.fromkeys(("g", "gram", "grams", "克"), "g"),
    **dict.fromkeys(("mg", "milligram", "milligrams", "毫克"), "mg"),
    **dict.fromkeys(("mcg", "μg", "microgram", "micrograms", "微克"), "μg"),
    **dict.fromkeys(("km", "kilometer", "kilometers", "kilometre", "kilometres", "公里"), "km"),
    **dict.fromkeys(("m", "meter", "meters", "metre", "metres", "米"), "m"),
    **dict.fromkeys(("cm", "centimeter", "centimeters", "centimetre", "centimetres", "厘米"), "cm"),
    **dict.fromkeys(("mm", "millimeter", "millimeters", "millimetre", "毫米"), "mm"),
    **dict.fromkeys(("ml", "milliliter", "milliliters", "millilitre", "毫升"), "ml"),
    **dict.fromkeys(("l", "liter", "liters", "litre", "litres", "升"), "l"),
    **{name: name for name in ("美元", "欧元", "日元", "英镑", "港元", "人民币")},
}
_MEASURE: Final = re.compile(
    r"[\s-]*(?:([a-zμ]+)\b|("
    + "|".join(sorted((m for m in _MEASURES if m > "一"), key=len, reverse=True))
    + "))"
)


def measure_of(word: str) -> str:
    """The one way to write a measure, of all there are; "" for other words.

    >>> measure_of("kilograms")
    'kg'
    """
    return _MEASURES.get(word, "")


def same_measures(ours: Folded, theirs: Folded, spans: tuple[Span, ...]) -> bool:
    """Whether numbers are of the same things: "5 mg" and "5 g" are not alike."""
    said, there = _measures(ours), _measures(theirs)
    needed = {name for name, at in said if not covers(spans, at, at + 1)}
    return needed <= {name for name, _ in there} <= {name for name, _ in said}


def _measures(text: Folded) -> list[tuple[str, int]]:
    """The measures of numbers, and where each number stands."""
    found = ((_MEASURE.match(text.text, each.end), each.start) for each in text.numerals)
    named = ((match and measure_of(match[1] or match[2]), start) for match, start in found)
    return [(name, start) for name, start in named if name]
