"""How workers are waited for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """How long workers are waited for, and when they are replaced.

    Attributes:
        load_s: time to start and load the model.
        beat_s: how often a worker tells its progress.
        hang_s: without progress for so long (or `hang_factor` times what the pass should
            take, if that is more) a worker counts as hung.
        hang_factor: see `hang_s`.
        abort_s: time an aborted pass has to end before its worker is killed.
        stop_s: time a worker has to end by itself when its link is closed.
        terminate_s: time between SIGTERM and SIGKILL.
        idle_s: how long a worker must have been idle to be replaced by a fresh one.
        max_requests: final passes after which it is, give or take 20 % at random, so that
            workers started together are not replaced together. Live text takes two passes
            a second: if they counted, a worker would last some minutes.
        rss_factor, rss_slack_bytes: it is also replaced when its memory exceeds
            `rss_factor` times that of the fresh worker plus `rss_slack_bytes`.
        quarantine_s: how long audio that has brought down two workers is refused. It may
            not have been its fault: a system short of memory kills workers too.
        aligner_idle_s: how long an aligner stays loaded that nobody uses. Nobody waits for it
            as for the text, and its memory is worth more to others.
    """

    load_s: float = 120.0
    beat_s: float = 1.0
    hang_s: float = 20.0
    hang_factor: float = 4.0
    abort_s: float = 1.5
    stop_s: float = 2.0
    terminate_s: float = 0.5
    idle_s: float = 2.0
    max_requests: int = 500
    rss_factor: float = 1.5
    rss_slack_bytes: int = 512 << 20
    quarantine_s: float = 600.0
    aligner_idle_s: float = 300.0
