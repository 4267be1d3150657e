"""The segment that is being decoded: what its engine has been fed, and what came of it."""

from __future__ import annotations

from sidecar.domain import SAMPLE_RATE_HZ, Hypothesis, Samples
from sidecar.engine.base import Ask, Capabilities
from sidecar.engine.turns import Urgency
from sidecar.session.engines import EngineSegment, OpenSegment
from sidecar.stabilizer.base import Update
from sidecar.stabilizer.stabilizer import stabilizer_for


class LiveSegment:
    """One segment through all its passes, one at a time.

    Each pass is given the whole segment as it is known then, and feeds the engine what it
    has not heard yet. Samples only grow, except where the segment was cut for its length:
    then the engine hears exactly what is left from the beginning.

    Args:
        open_segment: begins it in the engine.
        capabilities: what that engine can do.
        urgency: of final passes.
    """

    def __init__(
        self, open_segment: OpenSegment, capabilities: Capabilities, urgency: Urgency
    ) -> None:
        self._urgency = urgency
        self._open_segment = open_segment
        self._commits = capabilities.agreement > 0
        self._stabilizer = stabilizer_for(capabilities)
        self._engine: EngineSegment | None = None
        self._n_fed = 0
        self._final: tuple[int, Hypothesis] | None = None  # and of how many samples it is

    def has_final(self, n_samples: int) -> bool:
        """Whether the final hypothesis of so many samples is known already."""
        return self._final is not None and self._final[0] == n_samples

    async def partial(self, samples: Samples) -> Hypothesis:
        """A pass over what has not ended yet, for `take`.

        Raises:
            PreemptedError: it made room for a final pass.
            EngineError: it failed; the final one may yet succeed.
        """
        ask = self._stabilizer.ask() if self._commits else Ask()
        return await self._decode(samples, ask, Urgency.PARTIAL)

    async def final(self, samples: Samples) -> Hypothesis:
        """The final pass over exactly these samples; they may grow after it all the same.

        Raises:
            EngineError: it failed for good.
        """
        if self._final is None or self._final[0] != len(samples):
            ask = self._stabilizer.ask(final=True)
            hypothesis = await self._decode(samples, ask, self._urgency)
            self._final = (len(samples), hypothesis)
        return self._final[1]

    def take(self, hypothesis: Hypothesis, n_samples: int) -> Update:
        """What a hypothesis of what has not ended adds to the text."""
        if self._commits:
            return self._stabilizer.update(hypothesis, _seconds(n_samples))
        return Update((), hypothesis.text.strip())

    def finish(self, hypothesis: Hypothesis, n_samples: int) -> Update:
        """What the final hypothesis adds to the text."""
        return self._stabilizer.finish(hypothesis, _seconds(n_samples))

    async def close(self) -> None:
        """Drop the engine's state."""
        if self._engine is not None:
            await self._engine.close()
        self._engine = None

    async def _decode(self, samples: Samples, ask: Ask, urgency: Urgency) -> Hypothesis:
        if len(samples) < self._n_fed:
            await self.close()
        if self._engine is None:
            self._engine, self._n_fed = await self._open_segment(), 0
        self._engine.feed(samples[self._n_fed :])
        self._n_fed = len(samples)
        return await self._engine.decode(ask, urgency)


def _seconds(n_samples: int) -> float:
    return n_samples / SAMPLE_RATE_HZ
