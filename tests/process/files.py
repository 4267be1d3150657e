"""What a sidecar that runs has on disk. It deletes files while a test looks at them."""

import os
from contextlib import suppress
from pathlib import Path


def files_below(folder: Path) -> dict[Path, int]:
    """The files in a folder and in those below it, and their bytes; not what vanishes meanwhile."""
    found = {}
    for parent, _, names in os.walk(folder):  # it passes over folders that vanish; rglob does not
        for path in (Path(parent, name) for name in names):
            with suppress(FileNotFoundError):
                found[path] = path.stat().st_size
    return found
