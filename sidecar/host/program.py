"""This program, started again as a process of its own: a sidecar, or an engine's worker."""

from __future__ import annotations

import os
import sys

WORKER = "worker"
SUPERVISED = ("serve", "--supervised")


def command(*arguments: str) -> list[str]:
    """The command line that starts us with those arguments. A frozen program is its own Python."""
    if getattr(sys, "frozen", False):
        return [sys.executable, *arguments]
    # -P: the folder we happen to be in must not decide which modules the child loads.
    return [sys.executable, "-P", "-m", "sidecar", *arguments]


def leave_the_other_cores_alone() -> None:
    """Keep numpy's linear algebra in the thread that asks. Call it before numpy is imported.

    OpenBLAS' threads spin while they wait for each other. With a neighbour on one core of
    two, that made a log-mel spectrogram 35 times slower. Engines have thread pools of
    their own.
    """
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, "1")
