"""A hub of models as a process of its own, for tests that are written in other languages.

    python -m tests.process.model_hub FOLDER

offers the files of that folder as Hugging Face does, prints its address and serves until its
stdin ends. A line `NAME BYTES` on stdin makes the next request for that file stall after so
many bytes, for as long as whoever asks waits for the rest.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.unit.model_store.hub import Hub, stall_after


def main() -> None:
    """Serve; see the module."""
    files = {path.name: path.read_bytes() for path in Path(sys.argv[1]).iterdir()}
    with Hub(files) as hub:
        print(hub.url, flush=True)  # noqa: T201
        for line in sys.stdin:
            name, n_bytes = line.split()
            hub.tricks[name].append(stall_after(int(n_bytes)))


if __name__ == "__main__":
    main()
