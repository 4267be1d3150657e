"""What processes use, as the kernel counts it. Linux only: elsewhere there are no figures."""

from __future__ import annotations

import os
from pathlib import Path

_TICKS_HZ = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


def family(pid: int) -> list[int]:
    """A process and all that it has started, and these have."""
    try:
        children = [
            child
            for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text(encoding="ascii").split()
        ]
    except OSError:
        return []
    return [pid, *(each for child in children for each in family(int(child)))]


def cpu_s(pid: int) -> float:
    """Processor time of a process and all that it has started, also where that has ended."""
    return sum(_cpu_s(each) for each in family(pid))


def rss_bytes(pid: int) -> int:
    """Memory of a process and all that it has started."""
    return sum(_rss_bytes(each) for each in family(pid))


def _cpu_s(pid: int) -> float:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0.0
    # The name in brackets may hold anything; utime, stime, cutime and cstime are 14 to 17.
    fields = stat.rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / _TICKS_HZ


def _rss_bytes(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * _PAGE_BYTES
    except OSError:
        return 0
