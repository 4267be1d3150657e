"""Passes over segments: each hears its own sound, and all say their texts in common steps.

A step of the decoder reads all weights from memory, whether for one row or for four; so four
texts that are said together cost little more than one (1.6 times the throughput).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

from sidecar.domain import Hypothesis
from sidecar.engine.backends.generation import Generation
from sidecar.errors import CancelledError, TooLargeError
from sidecar.inference.decoder import ContextFullError, Run

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from sidecar.engine.base import Abort, Ask

    Floats = npt.NDArray[np.float32]

Outcome: TypeAlias = "Hypothesis | BaseException"


@dataclass(frozen=True, slots=True)
class Placed:
    """What a segment has put into the decoder: where its sound ends, and what to say after it."""

    sequence: int
    length: int
    generation: Generation


class Hearer(Protocol):
    """A segment, as passes see it."""

    def begin(self, ask: Ask, abort: Abort) -> Placed | None:
        """Put its sound into the decoder; None if there is nothing to hear."""
        ...

    def end(self, ask: Ask, generation: Generation | None) -> Hypothesis:
        """What was heard, None of nothing. The decoder is not needed any more."""
        ...

    def leave(self) -> None:
        """The pass is over, whatever came of it."""
        ...


class Steps(Protocol):
    """What steps are made in."""

    def advance(self, runs: Sequence[Run], abort: Abort) -> list[Floats]:
        """See `sidecar.inference.decoder.Decoder`."""
        ...

    def rewind(self, sequence: int, length: int) -> None:
        """See there."""
        ...

    def make_room(self) -> bool:
        """Give up what idle segments have; whether there was something."""
        ...


@dataclass(slots=True, eq=False)
class _Pass:
    """One of them, with its place in the caller's list."""

    number: int
    hearer: Hearer
    ask: Ask
    abort: Abort
    stopped: bool = False
    placed: Placed | None = None

    def asked_to_stop(self) -> bool:
        self.stopped = self.stopped or self.abort()
        return self.stopped

    @property
    def generation(self) -> Generation:
        assert self.placed is not None, "it was begun"
        return self.placed.generation

    def run(self) -> Run:
        assert self.placed is not None, "it was begun"
        proposal = self.generation.proposal()
        return Run(self.placed.sequence, proposal.tokens, proposal.wanted)

    def take(self, logits: Floats, steps: Steps) -> None:
        assert self.placed is not None, "it was begun"
        self.generation.take(logits)
        steps.rewind(self.placed.sequence, self.placed.length + self.generation.n_kept)


class Passes:
    """Makes passes of several segments together, or one alone.

    Args:
        steps: the decoder.
        asked: segment, what is asked of it, and whether that is still wanted.
    """

    def __init__(self, steps: Steps, asked: Sequence[tuple[Hearer, Ask, Abort]]) -> None:
        self._steps = steps
        self._waiting = deque(_Pass(number, *each) for number, each in enumerate(asked))
        self._running: list[_Pass] = []

    def outcomes(self) -> Iterator[tuple[int, Outcome]]:
        """The place of each in the list, and what came of it, as soon as that is known."""
        try:
            while self._waiting:
                yield from self._begin_all()
                while self._running:
                    yield from self._step()
        finally:
            for each in (*self._running, *self._waiting):
                each.hearer.leave()

    def _begin_all(self) -> Iterator[tuple[int, Outcome]]:
        """Begin as many as there is room for; the others are begun when these are done."""
        while self._waiting:
            each = self._waiting.popleft()
            try:
                each.placed = each.hearer.begin(each.ask, self._abort_of(each))
            except ContextFullError:
                if self._running:
                    each.hearer.leave()
                    self._waiting.appendleft(each)
                    return
                yield self._ended(each, _too_long())
            except Exception as error:  # whatever is wrong with one is not with the others
                yield self._ended(each, error)
            else:
                if each.placed is None:
                    yield self._ended(each, None)
                else:
                    self._running.append(each)

    def _abort_of(self, one: _Pass) -> Abort:
        """Stops for that pass alone, and asks the others as well, since they are owed that."""

        def abort() -> bool:
            self._is_stopped(self._running)
            return one.asked_to_stop()

        return abort

    @staticmethod
    def _is_stopped(passes: Sequence[_Pass]) -> bool:
        """Whether one of them is; each is asked."""
        return sum(each.asked_to_stop() for each in passes) > 0

    def _step(self) -> Iterator[tuple[int, Outcome]]:
        running = self._running
        try:
            found = self._steps.advance(
                [each.run() for each in running],
                lambda: self._is_stopped(running),
            )
        except CancelledError as error:
            yield from self._remove([each for each in running if each.stopped], error)
            return
        except ContextFullError:
            yield from self._make_room()
            return
        for each, logits in zip(running, found, strict=True):
            each.take(logits, self._steps)
        yield from self._remove([each for each in running if each.generation.done], None)

    def _make_room(self) -> Iterator[tuple[int, Outcome]]:
        """Empty idle sequences; else let the last one begin again after the others."""
        if self._steps.make_room():
            return
        last = self._running[-1]
        if len(self._running) == 1:
            yield from self._remove([last], _too_long())
        else:
            self._running.remove(last)
            last.hearer.leave()
            self._waiting.append(last)

    def _remove(
        self, passes: Sequence[_Pass], error: BaseException | None
    ) -> Iterator[tuple[int, Outcome]]:
        self._running = [each for each in self._running if each not in passes]
        for each in passes:
            yield self._ended(each, error)

    def _ended(self, each: _Pass, error: BaseException | None) -> tuple[int, Outcome]:
        each.hearer.leave()
        if error is not None:
            return each.number, error
        try:
            generation = each.generation if each.placed else None
            return each.number, each.hearer.end(each.ask, generation)
        except Exception as failure:
            return each.number, failure


def _too_long() -> TooLargeError:
    return TooLargeError(
        "This is more speech than the model has room for at once; split the recording."
    )
