from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sidecar.llm.thoughts import without_thoughts


async def shown(bits: Sequence[str]) -> list[str]:
    async def come() -> AsyncIterator[str]:
        for bit in bits:
            yield bit

    return [bit async for bit in without_thoughts(come())]


@given(st.lists(st.integers(1, 40), max_size=6))
async def test_thoughts_are_not_shown_wherever_the_answer_is_cut(cuts: list[int]) -> None:
    answer = "\n<think>Well, <b>.</think>\n\nHello there, <think> you."
    places = sorted({0, *cuts, len(answer)})
    bits = [answer[a:b] for a, b in pairwise(places)]

    assert "".join(await shown(bits)) == "Hello there, <think> you."


@given(st.lists(st.text("<thinkg>a \n")))
async def test_what_does_not_begin_with_thoughts_is_shown(bits: list[str]) -> None:
    answer = "".join(bits)
    if answer.lstrip().startswith(("<think>", "<thinking>")):
        return

    assert "".join(await shown(bits)).strip() == answer.strip()


async def test_thoughts_without_end_show_nothing() -> None:
    assert await shown(["<think>", "on and on"]) == []
