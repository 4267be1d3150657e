"""For tests of Sotto, of engines and of voice detectors, here and in other packages."""

from sidecar.testing.clock import ManualClock
from sidecar.testing.conformance_aligner import check_aligner
from sidecar.testing.conformance_engine import check_engine
from sidecar.testing.conformance_vad import check_vad

__all__ = ["ManualClock", "check_aligner", "check_engine", "check_vad"]
