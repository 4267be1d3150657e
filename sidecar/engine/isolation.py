"""What a worker process does to itself so that it never harms or outlives its parent."""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import os
import signal
import sys
from pathlib import Path
from typing import BinaryIO

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def take_link() -> tuple[BinaryIO, BinaryIO]:
    """Move the link away from fds 0 and 1, and return it as (source, sink).

    Native libraries print to fd 1 and some read fd 0. From here on they print to the
    log and read nothing.
    """
    source = os.fdopen(os.dup(0), "rb")
    sink = os.fdopen(os.dup(1), "wb", buffering=0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return source, sink


def isolate(parent_pid: int) -> None:
    """Make this process the first to give way, quiet on Ctrl-C, and mortal.

    A thread that waits for the end of the link already ends a worker whose parent is
    gone. It cannot run while native code holds the GIL, so on Linux the kernel is asked
    to kill us too: when the *thread* that started us ends, which is the event loop's.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when we stop
    if sys.platform != "win32":
        faulthandler.register(signal.SIGUSR1, all_threads=True)  # asked for when we hang
    if sys.platform == "linux":
        _yield_to_others()
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent_pid:  # it died before prctl could see it
            os._exit(0)


def _yield_to_others() -> None:
    """Let the kernel take the worker before any other part when memory or CPU is short."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500", encoding="ascii")
    with contextlib.suppress(OSError):
        os.nice(5)
