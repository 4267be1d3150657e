"""What to commit when the passes never agree."""

from __future__ import annotations

from collections.abc import Sequence

from sidecar.stabilizer.agreement import Tail
from sidecar.stabilizer.distance import prefix_distances
from sidecar.stabilizer.placing import Unit


def most_agreed(tails: Sequence[Tail], until_s: float) -> tuple[Unit, ...]:
    """The units that end by `until_s`, as the tail has them that is closest to the others.

    That is the majority's, where a majority agrees. Of equals it is the newest.
    """
    settled = [tuple(unit for unit in tail.units if unit.end_s <= until_s) for tail in tails]
    keys = [[unit.key for unit in units] for units in settled]
    apart = [sum(prefix_distances(own, other)[-1] for other in keys) for own in keys]
    return min(zip(apart, reversed(range(len(apart))), settled, strict=True))[2]
