from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from sidecar.engine.room import Room
from sidecar.errors import OutOfMemoryError
from sidecar.host.memory import Memory

GB = 10**9


@dataclass(eq=False)
class Model:
    """A model that can be in memory, and may be in use."""

    house: House
    name: str
    size: int
    used_s: float = 0.0
    in_use: bool = False

    async def load(self) -> None:
        async with self.house.room.taken_by(self, self.name, self.size):
            await asyncio.sleep(0)
            self.house.loaded.append(self)

    async def leave(self) -> bool:
        if self.in_use or self not in self.house.loaded:
            return False
        self.house.loaded.remove(self)
        return True


@dataclass
class House:
    """A machine with so much memory."""

    total: int
    swap: int = 0
    known: bool = True
    loaded: list[Model] = field(default_factory=list)
    room: Room = field(init=False)

    def __post_init__(self) -> None:
        self.room = Room(self.measure)

    def measure(self) -> Memory | None:
        free = self.total - sum(model.size for model in self.loaded)
        return Memory(max(0, free), self.swap) if self.known else None

    async def load(self, *models: Model) -> None:
        for model in models:
            await model.load()


def models(house: House, *sizes: int) -> list[Model]:
    return [Model(house, f"m{n}", size * GB, used_s=n) for n, size in enumerate(sizes)]


async def test_models_that_fit_stay_side_by_side() -> None:
    house = House(8 * GB)
    made = models(house, 2, 3, 3)

    await house.load(*made)

    assert house.loaded == made


async def test_the_models_used_longest_ago_leave_and_no_more_than_it_takes() -> None:
    house = House(8 * GB)
    first, second, third, big = models(house, 2, 2, 2, 4)
    first.used_s = 9.0

    await house.load(first, second, third, big)

    assert house.loaded == [first, third, big]


async def test_a_model_in_use_stays_and_another_leaves() -> None:
    house = House(8 * GB)
    busy, idle, big = models(house, 3, 3, 4)
    busy.in_use = True

    await house.load(busy, idle, big)

    assert house.loaded == [busy, big]


async def test_a_model_that_cannot_fit_is_refused_with_what_it_needs() -> None:
    house = House(4 * GB)
    busy, big = models(house, 3, 3)
    busy.in_use = True
    await house.load(busy)

    with pytest.raises(OutOfMemoryError, match=r"m1 needs about 3\.0 GB .* 1\.0 GB are free"):
        await house.load(big)

    assert house.loaded == [busy]


async def test_a_model_that_would_fit_with_swap_is_let_in() -> None:
    house = House(2 * GB, swap=2 * GB)

    await house.load(*models(house, 3))

    assert len(house.loaded) == 1


async def test_models_are_loaded_one_by_one_so_that_each_sees_what_the_others_took() -> None:
    house = House(4 * GB)
    made = models(house, 3, 3)
    for model in made:
        model.in_use = True

    outcomes = await asyncio.gather(*(model.load() for model in made), return_exceptions=True)

    assert house.loaded == [made[0]]
    assert isinstance(outcomes[1], OutOfMemoryError)


async def test_a_model_makes_no_room_for_itself_by_leaving() -> None:
    house = House(5 * GB)
    (model,) = models(house, 3)
    await house.load(model)

    with pytest.raises(OutOfMemoryError):
        await house.load(model)

    assert house.loaded == [model]


async def test_where_nothing_is_known_of_memory_everybody_is_let_in() -> None:
    house = House(1 * GB, known=False)
    made = models(house, 3, 3)

    await house.load(*made)

    assert house.loaded == made


async def test_what_needs_nothing_that_is_known_does_not_wait_for_what_loads() -> None:
    house = House(4 * GB)
    model, engine = models(house, 3, 0)

    async with house.room.taken_by(model, "m", 3 * GB):
        await asyncio.wait_for(engine.load(), 5)

    assert house.loaded == [engine]
