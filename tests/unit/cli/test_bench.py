from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.cli.bench import (
    Benched,
    Trial,
    advice,
    best_of,
    search,
    thread_counts,
    to_dictate_with,
)
from sidecar.cli.speed import speech, speed_of
from sidecar.errors import LoadFailedError
from sidecar.inference.session import Provider
from sidecar.model_store.manifest import (
    DECODER,
    Decoder,
    DecoderKind,
    Encoder,
    EncoderKind,
    Stored,
)
from sidecar.model_store.tuning import Speed, Tuning
from tests.unit.model_store.test_manifest import manifest_of

CPU, CUDA = Provider.CPU, Provider.CUDA


class Machine:
    """Says how fast a way is: by its threads, and a factor for what else is special about it."""

    def __init__(self, seconds: dict[int, float], **factors: float) -> None:
        self._seconds = seconds
        self._factors = factors
        self.tried: list[tuple[int, str, bool]] = []

    async def __call__(self, tuning: Tuning) -> Speed:
        self.tried.append((tuning.threads, tuning.provider, tuning.prefill))
        seconds = self._seconds[tuning.threads]
        if tuning.provider != CPU:
            if "accelerator" not in self._factors:
                raise LoadFailedError("That processor does not work.")
            seconds *= self._factors["accelerator"]
        if not tuning.prefill:
            seconds *= self._factors.get("plain", 2.0)
        return speed_of(1.0, seconds, seconds / 10, 2)


def searched(
    machine: Machine, *, providers: Sequence[Provider] = (CPU,), prefill: bool = True
) -> list[Trial]:
    return asyncio.run(search(max(machine._seconds), providers, machine, prefill=prefill))


def test_every_number_of_threads_is_tried_and_the_fastest_kept() -> None:
    machine = Machine({4: 2.0, 8: 1.0, 16: 1.5})

    best = best_of(searched(machine))

    assert [threads for threads, *_ in machine.tried[:3]] == [4, 8, 16]
    assert (best.tuning.threads, best.tuning.prefill) == (8, True)


def test_more_threads_must_be_worth_it() -> None:
    assert best_of(searched(Machine({1: 1.02, 2: 1.0}))).tuning.threads == 1


def test_other_ways_are_tried_with_the_best_number_of_threads() -> None:
    machine = Machine({1: 3.0, 2: 1.0}, accelerator=0.2, plain=0.5)

    best = best_of(searched(machine, providers=[CUDA, CPU]))

    assert machine.tried[2:] == [(2, CPU, False), (2, CUDA, True)]
    assert best.tuning.provider == CUDA


def test_a_model_without_a_graph_for_it_is_not_tried_with_one() -> None:
    machine = Machine({1: 1.0})

    searched(machine, prefill=False)

    assert machine.tried == [(1, CPU, False)]


def test_a_way_that_does_not_work_is_told_and_not_chosen() -> None:
    trials = searched(Machine({1: 1.0}), providers=[CUDA, CPU])

    assert trials[-1].trouble == "That processor does not work."
    assert best_of(trials).tuning.provider == CPU


@given(cores=st.integers(1, 256))
def test_numbers_of_threads_are_few_and_there_is_a_core_for_each(cores: int) -> None:
    counts = thread_counts(cores)

    assert counts[-1] == cores
    assert 1 <= len(counts) <= 3
    assert all(1 <= count <= cores for count in counts)


@pytest.mark.parametrize(
    ("final_s", "partial_s", "mode", "interval_s"),
    [
        (2.0, 0.4, "live", 0.8),
        (2.0, 0.01, "live", 0.3),
        (9.0, 1.9, "live", 3.8),
        (9.0, 2.5, "finals", 4.0),
        (11.0, 0.4, "batch", 0.8),
    ],
)
def test_a_mode_is_what_a_dictation_would_keep_up_with(
    final_s: float, partial_s: float, mode: str, interval_s: float
) -> None:
    speed = speed_of(1.0, final_s, partial_s, 2)

    assert (speed.mode, speed.interval_s) == (mode, interval_s)
    assert speed.rtf == pytest.approx(final_s / 10)


def test_ten_seconds_of_the_bundled_clip_are_heard() -> None:
    assert speech().shape == (160_000,)


@pytest.mark.parametrize(
    ("final_s", "partial_s", "encoder", "decoder", "said"),
    [
        (1.0, 0.2, "int8", "q4_k", "larger model"),
        (3.0, 0.6, "int8", "q4_k", "suits"),
        (1.0, 0.2, "int8", "q8_0", "suits"),
        (8.0, 2.5, "int8", "f16", "q4_k"),
        (8.0, 2.5, "fp32", "q4_k", "int8"),
        (20.0, 5.0, "int8", "q4_k", "smaller model"),
    ],
)
def test_advice_is_about_what_can_still_be_changed(
    final_s: float, partial_s: float, encoder: EncoderKind, decoder: DecoderKind, said: str
) -> None:
    manifest = manifest_of({}, encoder=Encoder(encoder), decoder=Decoder(decoder))

    assert said in advice(manifest, speed_of(1.0, final_s, partial_s, 2))


def benched(name: str, n_bytes: int, speed: Speed | None) -> Benched:
    manifest = manifest_of({DECODER: Stored(n_bytes, "0" * 64)}, id=name)
    tuning = Tuning(cores=2, threads=2, provider=str(CPU), prefill=True)
    return Benched(manifest, [Trial(tuning, speed, "" if speed else "It does not load.")])


def test_one_dictates_with_the_most_bits_that_the_machine_keeps_up_with() -> None:
    live, slow = speed_of(1.0, 3.0, 0.5, 2), speed_of(1.0, 9.0, 3.0, 2)
    models = [
        benched("q4", 400, live),
        benched("q8", 600, live),
        benched("f16", 1200, slow),
        benched("broken", 9000, None),
    ]

    assert to_dictate_with(models) == "q8"
    assert to_dictate_with(models[2:]) == "f16"
    assert to_dictate_with(models[3:]) is None


def test_of_models_that_are_all_slow_one_dictates_with_the_fastest() -> None:
    models = [
        benched("large", 600, speed_of(1.0, 20.0, 3.0, 2)),
        benched("small", 400, speed_of(1.0, 9.0, 3.0, 2)),
    ]

    assert to_dictate_with(models) == "small"
