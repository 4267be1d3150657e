"""A command on a terminal, as a person has it."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.process.commands import SOTTO, mortal

# The bar of the recording `long`, behind its first segment.
_PAST_THE_FIRST_SEGMENT = rb"0:0(0:[1-5]|[1-3]:\d)\d of 0:04:\d\d"


def read_terminal(fd: int) -> bytes:
    """What is written next; nothing once nobody has the terminal open any more."""
    try:
        return os.read(fd, 4096)
    except OSError:  # EIO: the other end is closed
        return b""


@contextmanager
def heard_something(*args: str | Path) -> Iterator[tuple[subprocess.Popen[bytes], int, bytes]]:
    """`sotto transcribe` once it has text that is final; its terminal, and what is on that so far.

    Whoever asks reads the rest of the terminal, and closes it: one that nobody reads fills up.
    """
    import pty

    ours, theirs = pty.openpty()
    with mortal(
        subprocess.Popen(
            [*SOTTO, "transcribe", *map(str, args)],
            stdout=subprocess.PIPE,
            stderr=theirs,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
        )
    ) as process:
        os.close(theirs)
        screen = b""
        while not re.search(_PAST_THE_FIRST_SEGMENT, screen):
            more = read_terminal(ours)
            assert more, screen.decode()
            screen += more
        yield process, ours, screen
