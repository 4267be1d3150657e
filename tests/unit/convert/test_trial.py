from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from sidecar.convert import trial
from sidecar.convert.trial import decoder_steps_s, encoder_products_s


@pytest.fixture(autouse=True)
def temporary(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where temporary files are."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(trial, "N_TRIES", 3)
    return tmp_path


def test_steps_with_weights_of_each_kind_are_timed_and_nothing_is_left(temporary: Path) -> None:
    took_s = decoder_steps_s(("q8_0", "q4_k"), n_threads=1)

    assert [*took_s] == ["q8_0", "q4_k"]
    assert min(took_s.values()) > 0
    assert [*temporary.iterdir()] == []


def test_products_with_weights_of_each_kind_are_timed_and_nothing_is_left(temporary: Path) -> None:
    took_s = encoder_products_s(("fp32", "int8"), n_threads=1)

    assert [*took_s] == ["fp32", "int8"]
    assert min(took_s.values()) > 0
    assert [*temporary.iterdir()] == []
