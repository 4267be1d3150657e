from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from sidecar.cli.weighing import DECODERS, SLOWER, Weighed, most_bits, weigh
from sidecar.convert import trial
from sidecar.errors import LoadFailedError
from sidecar.model_store.tuning import Weights

TIMES = st.tuples(*[st.floats(1e-6, 10)] * len(DECODERS))


def test_more_bits_are_worth_a_tenth_of_the_time() -> None:
    assert most_bits({"q8_0": 1.09, "q5_k": 1.0, "q4_k": 1.0}) == "q8_0"
    assert most_bits({"q8_0": 1.11, "q5_k": 1.2, "q4_k": 1.0}) == "q4_k"


@given(times=TIMES)
def test_nothing_with_more_bits_would_have_been_as_fast(times: tuple[float, ...]) -> None:
    took_s = dict(zip(DECODERS, times, strict=True))

    chosen = most_bits(took_s)

    most_s = SLOWER * min(times)
    before = [took_s[kind] for kind in DECODERS[: DECODERS.index(chosen)]]
    assert took_s[chosen] <= most_s
    assert all(each_s > most_s for each_s in before)


def test_people_see_how_the_kinds_compare() -> None:
    weights = Weights(cores=2, encoder="int8", decoder="q4_k")
    weighed = Weighed(weights, {"fp32": 0.02, "int8": 0.01}, {"q8_0": 0.003, "q4_k": 0.002})
    console = Console(file=io.StringIO(), width=80)

    weighed.put(console)

    assert isinstance(console.file, io.StringIO)
    said = [" ".join(line.split()) for line in console.file.getvalue().splitlines()]
    assert said[2:] == [
        "encoder fp32 2.00 x",
        "encoder int8 1.00 x chosen",
        "decoder q8_0 1.50 x",
        "decoder q4_k 1.00 x chosen",
    ]


def test_without_llama_cpp_nothing_is_chosen_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(*_: object) -> None:
        raise LoadFailedError("llama.cpp is missing.")

    monkeypatch.setattr(trial, "decoder_steps_s", missing)

    assert weigh(2) is None
    assert "llama.cpp is missing." in capsys.readouterr().err
