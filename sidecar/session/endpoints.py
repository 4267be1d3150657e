"""When a segment ends: in a dictation sooner than in a recording, where that helps."""

from __future__ import annotations

from sidecar.engine.base import Capabilities
from sidecar.vad.endpointer import EndpointerOptions


def live_endpointer(capabilities: Capabilities) -> EndpointerOptions:
    """Where the segments of a live dictation end, for an engine that can do so much."""
    return EndpointerOptions(
        longest_s=min(EndpointerOptions().longest_s, capabilities.max_segment_s)
    )


def recording_endpointer(capabilities: Capabilities) -> EndpointerOptions:
    """Where the segments of a recording end, for an engine that can do so much."""
    return EndpointerOptions(
        longest_s=min(EndpointerOptions().longest_s, capabilities.max_segment_s)
    )
