"""Dying with the parent: no sidecar outlives the program that started it.

The parent holds the other end of our stdin, so its death, however sudden, is an end of
file here. On Unix a changed parent id is the second sign, for a parent whose pipe was
inherited by somebody who lives on. PR_SET_PDEATHSIG would be a third, but it fires when
the *thread* that started us ends, which a launcher with a thread pool does not survive.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable

POLL_S = 1.0


class ParentWatch:
    """Calls `on_gone` once when the parent is gone, and ends the process if that hangs.

    Args:
        on_gone: begins an orderly exit; called from a thread.
        last_words: what to remove from disk if the orderly exit does not come; from a thread.
        grace_s: how long the orderly exit may take.
    """

    def __init__(
        self, on_gone: Callable[[], None], last_words: Callable[[], None], grace_s: float
    ) -> None:
        self._on_gone = on_gone
        self._last_words = last_words
        self._grace_s = grace_s
        self._once = threading.Lock()

    def start(self, stdin_fd: int = 0) -> None:
        """Watch from now on, in daemon threads."""
        self._spawn("parent-stdin", lambda: self._until_end_of(stdin_fd))
        if sys.platform != "win32":
            parent = os.getppid()
            self._spawn("parent-pid", lambda: self._until_adopted(parent))

    def _spawn(self, name: str, wait: Callable[[], None]) -> None:
        def watch() -> None:
            wait()
            self._leave()

        threading.Thread(target=watch, name=name, daemon=True).start()

    def _until_end_of(self, fd: int) -> None:
        try:
            while os.read(fd, 4096):
                pass
        except OSError:
            pass  # a closed or broken stdin means the same

    def _until_adopted(self, parent: int) -> None:
        while os.getppid() == parent:
            time.sleep(POLL_S)

    def _leave(self) -> None:
        if not self._once.acquire(blocking=False):
            return
        try:
            self._on_gone()
            time.sleep(self._grace_s)
        finally:
            self._last_words()
            os._exit(70)  # the event loop is stuck: nothing below us would run
