from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    precondition,
    rule,
)

from sidecar.engine.turns import Turns, Urgency

FINAL, PARTIAL, FILE = Urgency


@dataclass(eq=False)
class Caller:
    """Somebody who asks for a turn, and holds it until told to let go."""

    urgency: Urgency
    client: str
    subject: str | None = None
    alone: bool = False
    holds: bool = False
    asked_to_end: bool = False
    let_go: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    async def use(self, turns: Turns) -> None:
        own = turns.turn(self.urgency, self.client, subject=self.subject, alone=self.alone)
        async with own as preempted:
            self.holds = True
            preempted.add_done_callback(lambda _: setattr(self, "asked_to_end", True))
            await self.let_go.wait()
        self.holds = False


class Scene:
    """A queue, and callers on a loop that runs only when told to."""

    def __init__(self, together: int = 1) -> None:
        self.loop = asyncio.new_event_loop()
        self.turns = Turns()
        self.turns.together = together
        self.callers: list[Caller] = []  # who waits or holds, in the order they came

    def ask(
        self,
        urgency: Urgency,
        client: str,
        subject: str | None = None,
        *,
        alone: bool = False,
        settled: bool = True,
    ) -> Caller:
        caller = Caller(urgency, client, subject, alone)
        caller.task = self.loop.create_task(caller.use(self.turns))
        self.callers.append(caller)
        if settled:
            self.settle()
        return caller

    def release(self, caller: Caller) -> None:
        caller.let_go.set()
        self.callers.remove(caller)
        self.settle()

    def cancel(self, caller: Caller, *, settled: bool = True) -> None:
        assert caller.task is not None
        caller.task.cancel()
        caller.holds = False
        self.callers.remove(caller)
        if settled:
            self.settle()

    def settle(self) -> None:
        """Let everything happen that can."""
        for _ in range(5):
            self.loop.call_soon(self.loop.stop)
            self.loop.run_forever()

    def ask_at_once(self, *wishes: tuple[Urgency, str]) -> list[Caller]:
        callers = [self.ask(*wish, settled=False) for wish in wishes]
        self.settle()
        return callers

    def holders(self) -> list[Caller]:
        return [caller for caller in self.callers if caller.holds]

    def waiting(self) -> list[Caller]:
        return [caller for caller in self.callers if not caller.holds]

    def close(self) -> None:
        for caller in [*self.callers]:
            self.cancel(caller)
        self.loop.close()


@pytest.fixture
def scene() -> Iterator[Scene]:
    scene = Scene()
    yield scene
    scene.close()


def order(scene: Scene) -> str:
    """Who is served, one after the other, until nobody waits."""
    served = []
    while holders := scene.holders():
        served.append(holders[0].client)
        scene.release(holders[0])
    return " ".join(served)


def test_the_most_urgent_goes_first(scene: Scene) -> None:
    scene.ask(FILE, "holder")
    scene.ask(FILE, "file")
    scene.ask(PARTIAL, "partial")
    scene.ask(FINAL, "final")

    assert order(scene) == "holder final partial file"


def test_clients_rotate_however_much_one_asks_for(scene: Scene) -> None:
    for client in ("a", "a", "a", "a", "b", "c", "b"):
        scene.ask(FILE, client)

    assert order(scene) == "a a b c a b a"


def test_a_final_that_waits_asks_a_partial_to_end_and_nobody_else(scene: Scene) -> None:
    partial = scene.ask(PARTIAL, "a")
    scene.ask(PARTIAL, "b")
    assert not partial.asked_to_end

    final = scene.ask(FINAL, "c")
    assert partial.asked_to_end

    scene.release(partial)
    scene.ask(FINAL, "d")
    assert final.holds
    assert not final.asked_to_end


def test_a_file_is_never_asked_to_end(scene: Scene) -> None:
    file = scene.ask(FILE, "a")
    scene.ask(FINAL, "b")

    assert file.holds
    assert not file.asked_to_end


def test_who_is_cancelled_just_as_the_turn_comes_passes_it_on(scene: Scene) -> None:
    holder, second, third = (scene.ask(FILE, client) for client in "abc")

    holder.let_go.set()
    scene.cancel(second, settled=False)
    scene.release(holder)

    assert third.holds


@pytest.fixture
def shared() -> Iterator[Scene]:
    scene = Scene(together=3)
    yield scene
    scene.close()


def served_together(scene: Scene) -> str:
    """Who is served at once, one group after the other, until nobody waits."""
    groups = []
    while holders := scene.holders():
        groups.append("".join(sorted(caller.client for caller in holders)))
        for caller in holders:
            scene.release(caller)
    return " ".join(groups)


def test_those_who_ask_at_once_are_served_together_as_far_as_there_is_room(shared: Scene) -> None:
    shared.ask_at_once(*((FILE, client) for client in "abcde"))

    assert served_together(shared) == "abc de"


def test_who_finds_the_turn_free_does_not_wait_for_company_nor_company_for_him(
    shared: Scene,
) -> None:
    first = shared.ask(FINAL, "a")
    assert first.holds

    for client in "bcd":
        shared.ask(FINAL, client)

    assert served_together(shared) == "a bcd"


def test_nobody_joins_those_who_are_served_until_the_last_has_left(shared: Scene) -> None:
    first, second = shared.ask_at_once((FINAL, "a"), (FINAL, "b"))
    third = shared.ask(FINAL, "c")

    shared.release(first)
    assert not third.holds

    shared.release(second)
    assert third.holds


def test_who_asks_again_in_the_moment_in_which_he_is_served_is_in_the_next_group(
    shared: Scene,
) -> None:
    callers = shared.ask_at_once(*((FILE, client) for client in "abc"))
    for caller in callers:
        caller.let_go.set()
        shared.callers.remove(caller)
        shared.ask(FILE, caller.client, settled=False)
    shared.settle()

    assert served_together(shared) == "abc"


def test_only_the_equally_urgent_are_served_together(shared: Scene) -> None:
    shared.ask_at_once((FILE, "f"), (PARTIAL, "p"), (FINAL, "x"), (PARTIAL, "q"), (FINAL, "y"))

    assert served_together(shared) == "xy pq f"


def test_a_final_asks_all_partials_to_end(shared: Scene) -> None:
    partials = shared.ask_at_once((PARTIAL, "a"), (PARTIAL, "b"))

    shared.ask(FINAL, "c")

    assert all(partial.asked_to_end for partial in partials)


def test_of_the_recordings_that_are_served_all_but_one_give_way_to_live_speech(
    shared: Scene,
) -> None:
    files = shared.ask_at_once((FILE, "a"), (FILE, "b"), (FILE, "c"))

    shared.ask(FILE, "d")
    assert not any(file.asked_to_end for file in files)

    shared.ask(PARTIAL, "e")
    assert [file.asked_to_end for file in files] == [False, True, True]


def test_while_somebody_speaks_recordings_are_served_one_at_a_time(shared: Scene) -> None:
    shared.ask_at_once((PARTIAL, "p"), *((FILE, client) for client in "abcd"))

    assert served_together(shared) == "p a bcd"


def test_two_passes_over_one_thing_are_never_served_together(shared: Scene) -> None:
    first = shared.ask(FILE, "x")
    for client, subject in (("a", "1"), ("b", "1"), ("c", "2")):
        shared.ask(FILE, client, subject)
    shared.release(first)

    assert served_together(shared) == "a bc"


def test_who_wants_to_be_alone_is(shared: Scene) -> None:
    first = shared.ask(FILE, "x")
    for client in "abc":
        shared.ask(FILE, client, alone=client == "b")
    shared.release(first)

    assert served_together(shared) == "a b c"


class Machine(RuleBasedStateMachine):
    """Random callers; after every step the queue must be as the promises say."""

    callers: Bundle[Caller] = Bundle("callers")

    def __init__(self) -> None:
        super().__init__()
        self.scene = Scene()
        self.served_since: defaultdict[tuple[Urgency, str], set[str]] = defaultdict(set)

    @rule(target=callers, urgency=st.sampled_from(Urgency), client=st.sampled_from("abc"))
    def ask(self, urgency: Urgency, client: str) -> Caller:
        self._step(lambda: self.scene.ask(urgency, client))
        return self.scene.callers[-1]

    @rule(caller=consumes(callers))
    def cancel(self, caller: Caller) -> None:
        if caller in self.scene.callers:
            self._step(lambda: self.scene.cancel(caller))

    @precondition(lambda self: self.scene.holders())
    @rule()
    def release(self) -> None:
        self._step(lambda: self.scene.release(self.scene.holders()[0]))

    @precondition(lambda self: self.scene.holders())
    @rule(caller=consumes(callers))
    def release_while_one_is_cancelled(self, caller: Caller) -> None:
        holder = self.scene.holders()[0]
        if caller in self.scene.waiting():
            holder.let_go.set()
            self.scene.cancel(caller, settled=False)
            self._step(lambda: self.scene.release(holder))

    def _step(self, change: Callable[[], object]) -> None:
        """Make a change, and check the choice if one of those who waited holds the turn now."""
        waiting, before = self.scene.waiting(), self.scene.holders()
        change()
        after = self.scene.holders()
        waiting = [caller for caller in waiting if caller in self.scene.callers]
        if after != before and after and after[0] in waiting:
            self._check_choice(after[0], waiting)
        self._forget_who_waits_no_more()

    def _check_choice(self, chosen: Caller, waiting: list[Caller]) -> None:
        assert chosen.urgency == min(caller.urgency for caller in waiting), "the most urgent first"
        rivals = [caller for caller in waiting if caller.urgency is chosen.urgency]
        own = [caller for caller in rivals if caller.client == chosen.client]
        assert chosen is own[0], "first come, first served within a client"
        for client in {caller.client for caller in rivals} - {chosen.client}:
            served = self.served_since[chosen.urgency, client]
            assert chosen.client not in served, "nobody goes twice while another waits as urgently"
            served.add(chosen.client)
        self.served_since[chosen.urgency, chosen.client].clear()

    def _forget_who_waits_no_more(self) -> None:
        waiting = {(caller.urgency, caller.client) for caller in self.scene.waiting()}
        for key in self.served_since.keys() - waiting:
            del self.served_since[key]

    @invariant()
    def one_holds_it_and_only_if_nobody_does_is_it_free(self) -> None:
        holders = self.scene.holders()
        assert len(holders) == bool(self.scene.callers)
        assert self.scene.turns.locked() == bool(holders)

    @invariant()
    def a_partial_is_asked_to_end_where_a_final_waits(self) -> None:
        for holder in self.scene.holders():
            if any(caller.urgency is FINAL for caller in self.scene.waiting()):
                assert holder.asked_to_end == (holder.urgency is PARTIAL)
            elif holder.urgency is not PARTIAL:
                assert not holder.asked_to_end

    def teardown(self) -> None:
        order(self.scene)
        assert not self.scene.callers, "everybody who waits is served"
        assert not self.scene.turns.locked()
        self.scene.close()


Machine.TestCase.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
TestTurns = Machine.TestCase


class SharedMachine(RuleBasedStateMachine):
    """Random callers of what serves some at once."""

    callers: Bundle[Caller] = Bundle("callers")

    @initialize(together=st.integers(1, 4))
    def begin(self, together: int) -> None:
        self.together = together
        self.scene = Scene(together)

    @rule(
        target=callers,
        urgency=st.sampled_from(Urgency),
        client=st.sampled_from("abc"),
        subject=st.sampled_from([None, "1", "2"]),
        alone=st.sampled_from([False, False, True]),
        settled=st.booleans(),
    )
    def ask(
        self, urgency: Urgency, client: str, subject: str | None, alone: bool, settled: bool
    ) -> Caller:
        return self.scene.ask(urgency, client, subject, alone=alone, settled=settled)

    @rule(caller=consumes(callers), settled=st.booleans())
    def cancel(self, caller: Caller, settled: bool) -> None:
        if caller in self.scene.callers:
            self.scene.cancel(caller, settled=settled)

    @rule(caller=consumes(callers))
    def release(self, caller: Caller) -> None:
        if caller.holds and caller in self.scene.callers:
            self.scene.release(caller)

    @rule()
    def settle(self) -> None:
        self.scene.settle()

    @invariant()
    def those_who_hold_it_may_share_it(self) -> None:
        holders = self.scene.holders()
        subjects = [caller.subject for caller in holders if caller.subject]
        assert len(holders) <= self.together
        assert len({caller.urgency for caller in holders}) <= 1
        assert len(set(subjects)) == len(subjects)
        assert len(holders) <= 1 or not any(caller.alone for caller in holders)

    @invariant()
    def only_those_give_way_who_keep_somebody_more_urgent_waiting(self) -> None:
        for holder in self.scene.holders():
            if holder.asked_to_end:
                assert holder.urgency is not FINAL

    def teardown(self) -> None:
        self.scene.settle()
        while self.scene.callers:
            holders = self.scene.holders()
            assert holders, "somebody is served as long as anybody waits"
            for holder in holders:
                self.scene.release(holder)
        assert not self.scene.turns.locked()
        self.scene.close()


SharedMachine.TestCase.settings = settings(max_examples=50, stateful_step_count=30, deadline=None)
TestSharedTurns = SharedMachine.TestCase
