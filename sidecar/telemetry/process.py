"""What this process uses, for sys.diag."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path


def rss_bytes() -> int:
    """Resident memory; on macOS its peak, which is all that is told there; 0 if unknown."""
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    if sys.platform == "win32":
        return _windows_working_set()
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def open_files() -> int | None:
    """Open file descriptors, or None where the system does not tell."""
    for folder in ("/proc/self/fd", "/dev/fd"):
        try:
            return len(os.listdir(folder)) - 1  # without the one that lists  # noqa: PTH208
        except OSError:
            continue
    return None


def threads() -> int:
    """Threads, those of libraries included where the system tells."""
    try:
        return len(os.listdir("/proc/self/task"))  # noqa: PTH208 (no paths are needed)
    except OSError:
        return threading.active_count()


def _windows_working_set() -> int:
    import ctypes
    from ctypes import wintypes

    class Counters(ctypes.Structure):
        """PROCESS_MEMORY_COUNTERS of psapi.h."""

        _fields_ = (
            ("cb", wintypes.DWORD),
            ("PageFaultCount", wintypes.DWORD),
            ("PeakWorkingSetSize", ctypes.c_size_t),
            ("WorkingSetSize", ctypes.c_size_t),
            ("unused", ctypes.c_size_t * 6),
        )

    counters = Counters(cb=ctypes.sizeof(Counters))
    kernel32 = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined, unused-ignore]
    handle = wintypes.HANDLE(kernel32.GetCurrentProcess())
    asked = kernel32.K32GetProcessMemoryInfo(handle, ctypes.byref(counters), counters.cb)
    return int(counters.WorkingSetSize) if asked else 0
