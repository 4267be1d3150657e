from __future__ import annotations

import logging

import pytest

from sidecar.errors import LoadFailedError
from sidecar.vad import silero
from sidecar.vad.default import make_vad
from sidecar.vad.energy import EnergyVad
from sidecar.vad.silero import SileroVad


def test_silero_is_used_where_it_loads() -> None:
    assert isinstance(make_vad(), SileroVad)


def test_loudness_is_used_and_logged_where_silero_does_not_load(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def missing() -> None:
        raise LoadFailedError("The voice detector's model is missing. Install Sotto again.")

    monkeypatch.setattr(silero, "_session", missing)

    with caplog.at_level(logging.WARNING):
        vad = make_vad()

    assert isinstance(vad, EnergyVad)
    assert "model is missing" in caplog.text
