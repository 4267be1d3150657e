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


def have_standard_streams() -> None:
    """Open what we were started without: the next file opened would take its place.

    A socket would then be what a library prints to.
    """
    for fd in range(3):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    sys.stdin = sys.stdin or open(0)  # noqa: SIM115 - for as long as we run
    sys.stdout = sys.stdout or open(1, "w")  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w")  # noqa: SIM115


def leave_the_other_cores_alone() -> None:
    """Keep numpy's linear algebra in the thread that asks. Call it before numpy is imported.

    OpenBLAS' threads spin while they wait for each other. With a neighbour on one core of
    two, that made a log-mel spectrogram 35 times slower. Engines have thread pools of
    their own.
    """
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, "1")


def tell_nobody() -> None:
    """Keep onnxruntime from noting a device id and events to be sent. Call it before its import.

    Wheels from 1.31 on carry a telemetry client: importing the library writes both below the
    home folder. What runs here is nobody's business, whatever the environment says.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
