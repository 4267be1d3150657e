from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sidecar.engine.backends.generation import (
    FIRST_GUESSES,
    MOST_HEADER,
    MOST_RETRIES,
    Generation,
    Rules,
    Script,
)

N_TOKENS = 40
END, MARK = 38, 39
RULES = Rules(frozenset({END}), MARK, lambda token: False)
GIVEN = (30, 31)


@dataclass
class Model:
    """Says what comes next by the last three tokens, or what it is told to say."""

    seed: int = 0
    lines: dict[tuple[int, ...], int] = field(default_factory=dict)
    n_steps: int = 0
    n_rows: int = 0

    def logits(self, history: Sequence[int]) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        key = tuple(history[-3:])
        found = np.random.default_rng((self.seed, *key)).normal(size=N_TOKENS).astype(np.float32)
        found[MARK] = -9
        line = next((self.lines[key[n:]] for n in range(3) if key[n:] in self.lines), None)
        if line is not None:
            found[line] = 9
        return found

    def run(self, script: Script, *, leads: bool = False) -> Generation:
        generation = Generation(RULES, script)
        sequence = [*generation.lead()] if leads else []
        while not generation.done:
            proposal = generation.proposal()
            start = len(sequence)
            sequence += proposal.tokens
            generation.take([self.logits(sequence[: start + i + 1]) for i in proposal.wanted])
            del sequence[generation.n_kept :]
            self.n_steps += 1
            self.n_rows += len(proposal.tokens)
            assert len(sequence) == generation.n_kept
        return generation

    def greedy(self, history: Sequence[int], most: int) -> list[int]:
        """What it says one by one."""
        said: list[int] = []
        while len(said) < most:
            token = int(self.logits([*history, *said]).argmax())
            if token == END:
                break
            said.append(token)
        return said


def spoken(*tokens: int) -> dict[tuple[int, ...], int]:
    """Lines of a model that says these tokens, each after the one before."""
    return {(before,): after for before, after in pairwise(tokens)}


def script(**others: object) -> Script:
    return replace(Script(GIVEN, header=False, most=20), **others)  # type: ignore[arg-type]


tokens = st.lists(st.integers(0, 37), max_size=25)


@given(st.integers(0, 50), tokens, tokens, st.data())
def test_guesses_change_nothing(
    seed: int, prefix: list[int], guess: list[int], data: st.DataObject
) -> None:
    model = Model(seed)
    expected = model.greedy([*GIVEN, *prefix], 20)
    at = data.draw(st.integers(0, len(expected)))

    for each in ([], guess, expected, [*expected[:at], *guess], [*guess[:2], *expected]):
        for leads in (False, True):
            generation = model.run(script(prefix=prefix, guess=each), leads=leads)
            assert list(generation.text) == expected


def test_a_right_guess_takes_one_step() -> None:
    model = Model(lines=spoken(31, *range(20), END))

    generation = model.run(script(guess=[*range(20)], most=FIRST_GUESSES))

    assert list(generation.text) == [*range(20)]
    assert model.n_steps == 1


def test_after_one_wrong_guess_the_rest_is_used_all_the_same() -> None:
    model = Model(lines=spoken(31, *range(20), END))
    guess = [0, 1, 2, 29, *range(4, 20)]

    generation = model.run(script(guess=guess, most=30))

    assert list(generation.text) == [*range(20)]
    assert model.n_steps < 10


def test_what_nothing_is_asked_after_can_be_appended_before() -> None:
    known = Generation(RULES, script(prefix=[1, 2], guess=[3]))
    unknown = Generation(RULES, script(header=True, header_guess=[20], prefix=[1, 2]))

    assert (known.n_lead, known.lead(), known.n_lead) == (3, (*GIVEN, 1), 0)
    assert (known.proposal().tokens, known.proposal().wanted) == ((2, 3), (0, 1))
    assert (unknown.lead(), unknown.proposal().tokens) == (GIVEN[:1], (31, 20, MARK, 1, 2))


def test_the_language_is_said_before_the_text() -> None:
    model = Model(lines=spoken(31, 20, 21, MARK, 1, 2, 3, END))

    for guess in ((), (20, 21), (20, 22), (25,)):
        generation = model.run(script(header=True, header_guess=guess, guess=[1, 2]))
        assert list(generation.header) == [20, 21]
        assert list(generation.text) == [1, 2, 3]


def test_a_right_guess_of_the_language_saves_its_steps() -> None:
    lines = spoken(31, 20, 21, MARK, 1, 2, 3, END)
    plain, guessing = Model(lines=lines), Model(lines=lines)

    plain.run(script(header=True))
    guessing.run(script(header=True, header_guess=[20, 21], guess=[1, 2, 3]))

    assert (plain.n_steps, guessing.n_steps) == (7, 1)


def test_committed_text_is_said_even_if_nothing_is_heard() -> None:
    for lines in (spoken(31, END), spoken(31, 20, END), spoken(31, *range(25))):
        model = Model(lines={**lines, **spoken(28, 29, END)})
        generation = model.run(script(header=True, prefix=[27, 28]))
        assert list(generation.text) == [29]


def test_a_model_without_a_mark_has_said_text() -> None:
    short = Model(lines=spoken(31, 1, 2, END)).run(script(header=True))
    long = Model(lines=spoken(31, *range(MOST_HEADER + 5), END)).run(script(header=True))

    assert (list(short.header), list(short.text)) == ([], [1, 2])
    assert (list(long.header), list(long.text)) == ([], [*range(MOST_HEADER + 5)])


def test_no_more_is_said_than_is_allowed() -> None:
    model = Model(lines=spoken(31, *range(25), END))

    assert list(model.run(script(most=3)).text) == [0, 1, 2]
    assert list(model.run(script(most=3, guess=[0, 1, 2, 3, 4])).text) == [0, 1, 2]


@dataclass
class Circling(Model):
    """Says 1 2 3 over and over, and its way out is less likely by a factor."""

    factor: float = 1.1
    exit: int = 10

    def logits(self, history: Sequence[int]) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        last = history[-1]
        found = np.zeros(N_TOKENS, np.float32)
        circle = {3: 1, 1: 2, 2: 3}
        if last in circle:
            found[circle[last]] = 9
            found[self.exit] = 9 / self.factor if last == 3 else 0
        else:
            found[{10: 11, 11: END}.get(last, 1)] = 9
        return found


def test_a_loop_is_left_by_what_is_next_most_likely() -> None:
    for guess in ([], [1, 2, 3] * 8):
        generation = Circling(factor=1.1).run(script(guess=guess, most=99))
        assert list(generation.text) == [1, 2, 3, 10, 11]


def test_a_loop_that_cannot_be_left_is_said_once() -> None:
    model = Circling(factor=99)

    generation = model.run(script(most=999))

    assert list(generation.text) == [1, 2, 3]
    assert model.n_rows < 20 * (MOST_RETRIES + 2)
