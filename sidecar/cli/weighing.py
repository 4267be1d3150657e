"""How the weights of new models are best kept here: each kind is run for a moment.

Fewer bits are read faster, and mishear more. Where a processor is as fast with more of them,
they cost nothing but memory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from rich.table import Table

from sidecar.cli import plain
from sidecar.errors import SottoError
from sidecar.model_store.tuning import Weights

if TYPE_CHECKING:
    from rich.console import Console

    from sidecar.inference.quantiser import Kind
    from sidecar.model_store.manifest import EncoderKind

T = TypeVar("T", bound=str)

# The most precise first.
DECODERS: Final[Sequence[Kind]] = ("q8_0", "q5_k", "q4_k")
ENCODERS: Final[Sequence[EncoderKind]] = ("fp32", "int8")
SLOWER: Final = 1.1  # than the fastest: so much are more bits worth


@dataclass(frozen=True, slots=True)
class Weighed:
    """What was measured, and what follows.

    Attributes:
        weights: the choice.
        encoders: seconds of some products by kind.
        decoders: seconds of a step of some layers by kind.
    """

    weights: Weights
    encoders: Mapping[EncoderKind, float]
    decoders: Mapping[Kind, float]

    def as_builtins(self) -> Mapping[str, object]:
        """For programs."""
        return {
            "encoder": self.weights.encoder,
            "decoder": self.weights.decoder,
            "encoders_s": dict(self.encoders),
            "decoders_s": dict(self.decoders),
        }

    def put(self, console: Console) -> None:
        """For people."""
        table = Table(title="Weights of new models", title_justify="left", box=None)
        for heading in ("part", "kind", "time"):
            table.add_column(heading, justify="right" if heading == "time" else "left")
        table.add_column("")
        for part, times, chosen in (
            ("encoder", self.encoders, self.weights.encoder),
            ("decoder", self.decoders, self.weights.decoder),
        ):
            for kind, took_s in times.items():
                share = f"{took_s / min(times.values()):.2f} x"
                table.add_row(part, kind, share, "chosen" if kind == chosen else "")
        console.print(table)


def weigh(n_threads: int) -> Weighed | None:
    """Measure for some seconds; None, and a word about it, where that cannot be done.

    Args:
        n_threads: one per physical core.
    """
    plain.say("Measuring how weights are best kept here ...")
    try:
        from sidecar.convert.trial import decoder_steps_s, encoder_products_s

        decoders = decoder_steps_s(DECODERS, n_threads)
        encoders = encoder_products_s(ENCODERS, n_threads)
    except (SottoError, ImportError, OSError) as error:
        plain.say(f"How weights are best kept could not be measured: {error}")
        return None
    encoder, decoder = most_bits(encoders), most_bits(decoders)
    return Weighed(Weights(cores=n_threads, encoder=encoder, decoder=decoder), encoders, decoders)


def most_bits(took_s: Mapping[T, float]) -> T:
    """The most precise kind, which come first, that is hardly slower than the fastest.

    >>> most_bits({"q8_0": 1.3, "q5_k": 1.05, "q4_k": 1.0})
    'q5_k'
    """
    least_s = min(took_s.values())
    return next(kind for kind, each_s in took_s.items() if each_s <= SLOWER * least_s)
