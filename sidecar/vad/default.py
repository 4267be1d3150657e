"""The detector to use here."""

from __future__ import annotations

import logging

from sidecar.errors import LoadFailedError
from sidecar.vad.base import Vad
from sidecar.vad.energy import EnergyVad
from sidecar.vad.silero import SileroVad

_log = logging.getLogger(__name__)


def make_vad() -> Vad:
    """Silero, or loudness where Silero cannot be loaded (which the log then says)."""
    try:
        return SileroVad()
    except LoadFailedError as error:
        _log.warning("speech is found by loudness alone: %s", error.message)
        return EnergyVad()
