from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.model_store.tuning import (
    FILE,
    TRIAL,
    WEIGHTS,
    Speed,
    Tuning,
    Weights,
    as_trial,
    read_tuning,
    read_weights,
    write_tuning,
    write_weights,
)

SPEED = Speed(load_s=1.2, final_s=2.5, partial_s=0.4, interval_s=0.8, mode="live")
TUNING = Tuning(cores=4, threads=3, provider="CPUExecutionProvider", prefill=True, speed=SPEED)


def test_what_was_measured_is_read_again(tmp_path: Path) -> None:
    write_tuning(tmp_path, TUNING)

    assert read_tuning(tmp_path, 4, {}) == TUNING
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_a_real_time_factor_is_work_for_a_second_of_speech() -> None:
    assert SPEED.rtf == 0.25


def test_a_model_that_was_not_measured_has_no_tuning(tmp_path: Path) -> None:
    assert read_tuning(tmp_path, 4, {}) is None


def test_what_another_machine_has_measured_does_not_count(tmp_path: Path) -> None:
    write_tuning(tmp_path, TUNING)

    assert read_tuning(tmp_path, 8, {}) is None


@given(content=st.binary(max_size=200))
def test_a_damaged_file_is_as_good_as_none(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    folder = tmp_path_factory.mktemp("model")
    (folder / FILE).write_bytes(content)

    assert read_tuning(folder, 4, {}) is None


@pytest.mark.parametrize(
    "changed", [{"format": 2}, {"threads": 0}, {"provider": ""}, {"speed": {"mode": "fast"}}]
)
def test_a_file_of_another_version_or_with_values_out_of_bounds_does_not_count(
    tmp_path: Path, changed: dict[str, object]
) -> None:
    content = {**msgspec.to_builtins(TUNING), **changed}
    (tmp_path / FILE).write_bytes(msgspec.json.encode(content))

    assert read_tuning(tmp_path, 4, {}) is None


def test_a_trial_counts_instead_of_the_file(tmp_path: Path) -> None:
    write_tuning(tmp_path, TUNING)
    trial = Tuning(cores=4, threads=1, provider="CPUExecutionProvider", prefill=False)

    assert read_tuning(tmp_path, 4, {TRIAL: as_trial(trial)}) == trial


def test_what_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    write_tuning(tmp_path, TUNING)
    (tmp_path / f"{FILE}.new").mkdir()

    with pytest.raises(OSError, match=FILE):
        write_tuning(tmp_path, TUNING)

    assert read_tuning(tmp_path, 4, {}) == TUNING


def test_how_new_models_are_best_kept_is_read_again(tmp_path: Path) -> None:
    weights = Weights(cores=4, encoder="int8", decoder="q8_0")
    write_weights(tmp_path, weights)

    assert read_weights(tmp_path, 4) == weights
    assert read_weights(tmp_path, 8) is None


@pytest.mark.parametrize("content", [b"", b"{", b'{"format":1,"cores":4,"decoder":"q2_k"}'])
def test_kinds_that_nobody_knows_do_not_count(tmp_path: Path, content: bytes) -> None:
    (tmp_path / WEIGHTS).write_bytes(content)

    assert read_weights(tmp_path, 4) is None
