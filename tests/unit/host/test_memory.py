from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sidecar.host.memory import free_memory, parse_meminfo


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_linux_says_how_much_memory_is_free() -> None:
    found = free_memory()

    total_kib = int(Path("/proc/meminfo").read_text().split()[1])
    assert found is not None
    assert 0 < found.available_bytes < total_kib * 1024
    assert found.swap_bytes >= 0


def test_what_does_not_say_what_is_available_tells_nothing() -> None:
    with pytest.raises(KeyError):
        parse_meminfo("MemTotal:       16291372 kB\nMemFree:          164484 kB\n")
