from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.session.side_by_side import SideBySide


@dataclass
class Shop:
    """Work that is done when told, and what was taken of it."""

    works: list[asyncio.Future[int]] = field(default_factory=list)
    taken: list[int] = field(default_factory=list)

    def begin(self) -> asyncio.Future[int]:
        self.works.append(asyncio.get_running_loop().create_future())
        return self.works[-1]

    def finish(self, number: int) -> None:
        self.works[number].set_result(number)

    async def take(self, result: int) -> None:
        self.taken.append(result)


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_work_is_added_while_there_is_room_and_waits_where_there_is_none() -> None:
    shop = Shop()
    async with SideBySide[int](2) as work:
        await work.add(shop.begin(), shop.take)
        second = asyncio.create_task(work.add(shop.begin(), shop.take))
        await settle()
        assert not second.done()

        shop.finish(0)
        await settle()
        assert second.done()
        shop.finish(1)

    assert shop.taken == [0, 1]


async def test_one_piece_at_a_time_is_taken_before_the_next_is_begun() -> None:
    shop = Shop()
    async with SideBySide[int](1) as work:
        for number in range(3):
            adding = asyncio.create_task(work.add(shop.begin(), shop.take))
            await settle()
            assert not adding.done()
            shop.finish(number)
            await adding

            assert shop.taken == list(range(number + 1))


async def test_what_is_done_early_waits_for_what_was_begun_before_it() -> None:
    shop = Shop()
    async with SideBySide[int](3) as work:
        for _ in range(2):
            await work.add(shop.begin(), shop.take)
        shop.finish(1)
        await settle()
        assert shop.taken == []
        shop.finish(0)

    assert shop.taken == [0, 1]


async def test_what_is_done_already_takes_no_room() -> None:
    shop = Shop()
    async with SideBySide[int](2) as work:
        await work.add(shop.begin(), shop.take)
        for number in range(1, 9):
            done = shop.begin()
            shop.finish(number)
            await work.add(done, shop.take)
        shop.finish(0)

    assert shop.taken == list(range(9))


async def test_an_error_is_raised_in_its_turn_and_ends_what_still_runs() -> None:
    shop = Shop()

    async def run() -> None:
        async with SideBySide[int](3) as work:
            for _ in range(2):
                await work.add(shop.begin(), shop.take)
            shop.finish(0)
            shop.works[1].set_exception(ValueError("wrong"))
            await work.add(shop.begin(), shop.take)

    with pytest.raises(ValueError, match="wrong"):
        await run()

    assert shop.taken == [0]
    assert shop.works[2].cancelled()


async def test_leaving_by_an_error_takes_nothing_more() -> None:
    shop = Shop()

    async def run() -> None:
        async with SideBySide[int](3) as work:
            await work.add(shop.begin(), shop.take)
            raise KeyError

    with pytest.raises(KeyError):
        await run()

    assert shop.taken == []
    assert shop.works[0].cancelled()


@given(st.lists(st.integers(0, 3), min_size=1, max_size=12), st.integers(1, 5))
def test_results_are_taken_in_order_however_long_each_piece_of_work_takes(
    n_turns: list[int], n: int
) -> None:
    async def last(number: int) -> int:
        for _ in range(n_turns[number]):
            await asyncio.sleep(0)
        return number

    async def run() -> list[int]:
        shop = Shop()
        async with SideBySide[int](n) as work:
            for number in range(len(n_turns)):
                await work.add(asyncio.create_task(last(number)), shop.take)
        return shop.taken

    assert asyncio.run(run()) == list(range(len(n_turns)))
