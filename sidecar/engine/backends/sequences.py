"""Which segment has which sequence of the decoder, and what is in it already.

A sequence begins with a prompt and goes on with windows of sound. Both are kept between
passes: whoever comes back with the same ones, or the same and more, pays for the rest alone.
Segments with the same prompt share its cells, and its last user leaves it for the next.
Where there are too few sequences or cells, who was not here for the longest time loses
what it has, and has it computed again when it comes back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Protocol, TypeAlias

from sidecar.engine.backends.windows import Window
from sidecar.errors import BusyError
from sidecar.inference.decoder import ContextFullError, Decoder

if TYPE_CHECKING:
    from collections.abc import Hashable

    from sidecar.engine.base import Abort

Tokens: TypeAlias = tuple[int, ...]
Part: TypeAlias = "Tokens | Window"


class Feeder(Protocol):
    """Appends to a sequence of a decoder, in whatever way is fastest; where it raises, nothing."""

    def append(self, sequence: int, parts: Sequence[Part], abort: Abort) -> None:
        """Append tokens and sound, all of it at once."""
        ...


@dataclass(slots=True, eq=False)
class _Place:
    """A sequence.

    Attributes:
        owner: the segment that uses it, or used it last and may come back.
        parts: what is in it, of which `ends` are the positions after each.
        busy: a pass is being made in it, so that nobody else may have it.
        used: the larger, the later.
    """

    sequence: int
    owner: Hashable = None
    parts: list[Part] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    busy: bool = False
    used: int = 0


class Sequences:
    """All sequences of a decoder. One thread at a time.

    Args:
        decoder: whose sequences they are; nobody else may touch them.
        feeder: appends to them.
        n_sequences: how many there are.
    """

    def __init__(self, decoder: Decoder, feeder: Feeder, n_sequences: int) -> None:
        self._decoder = decoder
        self._feeder = feeder
        self._places = [_Place(sequence) for sequence in range(n_sequences)]
        self._clock = count(1)

    def take(
        self, owner: Hashable, parts: Sequence[Part], abort: Abort, *, lead: Tokens = ()
    ) -> int:
        """Have these parts, the lead, and nothing else in a sequence until `leave`.

        Args:
            owner: the segment.
            parts: first the prompt, then the sound; they stay.
            abort: asked while something is computed.
            lead: what is given after the sound.

        Returns:
            The number of the sequence.

        Raises:
            BusyError: passes are being made in all of them.
            ContextFullError: there are too few cells, and nobody who could do without.
            CancelledError: `abort` returned True.
        """
        place = self._place_of(owner) or self._claimed(owner, parts[0])
        place.busy, place.used = True, next(self._clock)
        try:
            self._fill(place, parts, lead, abort)
        except BaseException:
            place.busy = False
            raise
        return place.sequence

    def leave(self, owner: Hashable) -> None:
        """The pass is over. What `take` has put there stays, as long as nobody needs the room."""
        place = self._place_of(owner)
        if place is not None and place.busy:
            self._cut(place, len(place.parts))  # what was said after the sound
            place.busy = False

    def forget(self, owner: Hashable) -> None:
        """The segment is over. Its prompt stays for the next."""
        place = self._place_of(owner)
        if place is not None:
            self._cut(place, 1)
            place.owner, place.busy = None, False

    def make_room(self) -> bool:
        """Empty the sequence that was not used for the longest time; whether there was one."""
        idle = [place for place in self._places if place.parts and not place.busy]
        if not idle:
            return False
        self._cut(min(idle, key=lambda place: place.used), 0)
        return True

    def _place_of(self, owner: Hashable) -> _Place | None:
        return next((place for place in self._places if place.owner is owner), None)

    def _claimed(self, owner: Hashable, prompt: Part) -> _Place:
        """A sequence for a newcomer, that begins with its prompt if any does."""
        usable = [place for place in self._places if not place.busy]
        if not usable:
            raise BusyError("The model is busy with as many segments as it can hear at once.")
        donors = [place for place in self._places if place.parts[:1] == [prompt]]
        free = [place for place in usable if place.owner is None]
        ready = [place for place in free if place in donors]
        place = min(ready or free or usable, key=lambda place: place.used)
        place.owner = owner
        if place not in donors:
            self._cut(place, 0)
            for donor in donors[:1]:
                self._decoder.share(donor.sequence, place.sequence, donor.ends[0])
                place.parts, place.ends = [prompt], donor.ends[:1]
        return place

    def _fill(self, place: _Place, parts: Sequence[Part], lead: Tokens, abort: Abort) -> None:
        """Append what is missing; the lead together with the last of it, which costs less."""
        self._cut(place, _n_same(place.parts, parts))
        missing = parts[len(place.parts) :]
        for part in missing[:-1]:
            self._append(place, [part], (), abort)
        self._append(place, missing[-1:], lead, abort)

    def _append(self, place: _Place, parts: Sequence[Part], lead: Tokens, abort: Abort) -> None:
        """Append at most one part, and a lead."""
        given = [*parts, *([lead] if lead else [])]
        while given:
            try:
                self._feeder.append(place.sequence, given, abort)
                break
            except ContextFullError:
                if not self.make_room():
                    raise
        place.parts += parts
        place.ends += [self._decoder.length(place.sequence) - len(lead) for _ in parts]

    def _cut(self, place: _Place, n_parts: int) -> None:
        del place.parts[n_parts:], place.ends[n_parts:]
        self._decoder.rewind(place.sequence, place.ends[-1] if place.ends else 0)


def _n_same(one: Iterable[Part], other: Iterable[Part]) -> int:
    """How many parts both begin with."""
    n_same = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        n_same += 1
    return n_same
