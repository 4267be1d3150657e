"""From what was measured of Qwen3-ASR to figures, and two tables of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks._qwen3_sides import Turn
from benchmarks._report import Rounds, Row

STAGES = ("mel", "stem", "encoder", "prefill", "generate")
OURS, TORCH, PUBLISHED = "ours", "transformers + PyTorch", "published style"


@dataclass(frozen=True, slots=True)
class Sided:
    """What was measured of one side.

    Attributes:
        turns: of the clip, one a round.
        ready_s: from the start of its process until it is loaded and warm, in each start.
        peak_rss_bytes: the most memory it has had.
        detail: which of its forms it is.
    """

    turns: Sequence[Turn]
    ready_s: Sequence[float]
    peak_rss_bytes: int
    detail: str

    @property
    def total_s(self) -> float:
        """Audio to text, as a rule."""
        return median(turn.took_s for turn in self.turns)

    def stage_s(self, stage: str) -> float:
        """Time of one stage, as a rule; 0 where the side does not have it by itself."""
        return stage_s(self.turns, stage)


def stage_s(turns: Sequence[Turn], stage: str) -> float:
    """Time of one stage, as a rule."""
    return median(float(turn.answer["stages"].get(stage, 0.0)) for turn in turns)


@dataclass(frozen=True, slots=True)
class Limits:
    """What the machine can do at most, in bytes and operations per second."""

    bytes_per_s: float
    int8_per_s: float
    fp32_per_s: float

    @classmethod
    def best_of(cls, turns: Sequence[Turn]) -> Limits:
        """The best of each: nothing makes a machine faster than it is."""
        names = ("bytes_per_s", "int8_per_s", "fp32_per_s")
        return cls(*(max(float(turn.answer[name]) for turn in turns) for name in names))


@dataclass(frozen=True, slots=True)
class Work:
    """What was asked of every side.

    Attributes:
        audio_s: length of the clip.
        n_new: tokens to generate.
        encoder_flop: operations that its encoding takes.
        decoder_bytes: weights of our decoder, all of which a token reads.
    """

    audio_s: float
    n_new: int
    encoder_flop: float
    decoder_bytes: int


@dataclass(frozen=True, slots=True)
class Found:
    """Everything that was measured.

    Attributes:
        work: what was asked.
        sides: by name.
        passes: of our dictation, one a round, by what they are.
        limits: of the machine.
        rounds: seconds of two sides each, first ours: "partial" and "full", "stream" and
            "naive" (processor time), "stop" and "batch", "together" and "alone".
        convert_s, convert_rss_bytes: of our conversion.
        foreign: the largest part of the machine that others used in a measurement.
    """

    work: Work
    sides: Mapping[str, Sided]
    passes: Mapping[str, Sequence[Turn]]
    limits: Limits
    rounds: Mapping[str, Rounds]
    convert_s: float
    convert_rss_bytes: int
    foreign: float

    def faster_than(self, peer: str) -> float:
        """How many times as long the peer takes: the median of the rounds."""
        took = {name: [turn.took_s for turn in self.sides[name].turns] for name in (peer, OURS)}
        return Rounds(took).ratio(peer, OURS)

    @property
    def token_s(self) -> float:
        """Time of one generated token; the first one comes with the prefill."""
        return self.sides[OURS].stage_s("generate") / (self.work.n_new - 1)

    @property
    def token_limit_s(self) -> float:
        """In which the weights can be read."""
        return self.work.decoder_bytes / self.limits.bytes_per_s

    @property
    def encoder_s(self) -> float:
        """Time of stem and layers."""
        ours = self.sides[OURS]
        return ours.stage_s("stem") + ours.stage_s("encoder")

    @property
    def encoder_limit_s(self) -> float:
        """In which its operations can be done in int8."""
        return self.work.encoder_flop / self.limits.int8_per_s


@dataclass(frozen=True, slots=True)
class Pair:
    """Two ways of ours to the same text: names in `Found.rounds`, and how they compare."""

    ours: str
    peer: str
    what: str
    goal: float

    def ratio(self, found: Found) -> float:
        """The first way's time / the other's."""
        return found.rounds[self.ours].ratio(self.ours, self.peer)

    def row(self, found: Found) -> Row:
        """The line of the table."""
        both = found.rounds[self.ours]
        ours_s, peer_s = both.median_s(self.ours), both.median_s(self.peer)
        return Row(self.what, ours_s, "s", peer_s, self.ratio(found), self.goal)


PAIRS: Mapping[str, Pair] = {
    "partial_vs_full": Pair("partial", "full", "a partial at 20 s, peer: all anew", 0.3),
    "stream_cpu_vs_naive": Pair("stream", "naive", "CPU of 30 partials, peer: all anew", 0.33),
    "stop_vs_batch": Pair("stop", "batch", "stop to final text, peer: batch", 0.25),
}
TOGETHER = Pair("together", "alone", "four streams at once, peer: in turn", 1 / 1.15)


def figures_of(found: Found) -> dict[str, float]:
    """The figures for machines.

    `vs_pytorch`, `vs_published` and `batch4_throughput` say how many times as fast we are;
    the other ratios are ours / the peer's, so that less is better.
    """
    ours, torch = found.sides[OURS], found.sides[TORCH]
    return {
        "vs_pytorch": found.faster_than(TORCH),
        "vs_published": found.faster_than(PUBLISHED),
        "rss_vs_pytorch": ours.peak_rss_bytes / torch.peak_rss_bytes,
        "load_s": median(ours.ready_s),
        "decoder_vs_limit": found.token_s / found.token_limit_s,
        "encoder_vs_limit": found.encoder_s / found.encoder_limit_s,
        **{key: pair.ratio(found) for key, pair in PAIRS.items()},
        "batch4_throughput": 1 / TOGETHER.ratio(found),
        "convert_s": found.convert_s,
        "convert_rss_gb": found.convert_rss_bytes / 1e9,
        "rtf": ours.total_s / found.work.audio_s,
        "rtf_pytorch": torch.total_s / found.work.audio_s,
        "rtf_published": found.sides[PUBLISHED].total_s / found.work.audio_s,
        **{f"{stage}_s": ours.stage_s(stage) for stage in STAGES},
        "memory_gb_per_s": found.limits.bytes_per_s / 1e9,
        "int8_gop_per_s": found.limits.int8_per_s / 1e9,
        "fp32_gflop_per_s": found.limits.fp32_per_s / 1e9,
        "foreign_cpu": found.foreign,
    }


def rows_of(found: Found) -> list[Row]:
    """What is judged, against its goals."""
    ours, torch, published = (found.sides[name] for name in (OURS, TORCH, PUBLISHED))
    vs_torch, vs_published = (1 / found.faster_than(name) for name in (TORCH, PUBLISHED))
    gb = 1e9
    return [
        Row("audio to text, peer PyTorch", ours.total_s, "s", torch.total_s, vs_torch, 1 / 4),
        Row(
            "the same, peer as published", ours.total_s, "s", published.total_s, vs_published, 2 / 3
        ),
        Row("peak memory", ours.peak_rss_bytes / gb, "GB", torch.peak_rss_bytes / gb, goal=0.35),
        Row("start of the process to ready", median(ours.ready_s), "s", goal=2.0),
        Row("a generated token, peer: limit", found.token_s, "s", found.token_limit_s, goal=1.7),
        Row("encoder, peer: limit", found.encoder_s, "s", found.encoder_limit_s, goal=1.8),
        *(pair.row(found) for pair in (*PAIRS.values(), TOGETHER)),
        Row("conversion", found.convert_s, "s", goal=180),
        Row("peak memory of it", found.convert_rss_bytes / gb, "GB", goal=4.0),
    ]


def split_of(found: Found) -> list[list[str]]:
    """Times by stage, in s; of sides also real-time factor, s to ready and peak memory in GB."""
    heading = ["", *STAGES, "in all", "RTF", "ready", "peak"]
    sides = [
        [
            *_split(f"{name} ({side.detail})", side.turns),
            _short(side.total_s / found.work.audio_s),
            _short(median(side.ready_s)),
            _short(side.peak_rss_bytes / 1e9),
        ]
        for name, side in found.sides.items()
    ]
    return [heading, *sides, *(_split(name, turns) for name, turns in found.passes.items())]


def _split(name: str, turns: Sequence[Turn]) -> list[str]:
    total_s = median(turn.took_s for turn in turns)
    return [name, *(_short(stage_s(turns, stage)) for stage in STAGES), _short(total_s)]


def _short(number: float) -> str:
    return f"{number:.3g}" if number else "-"
