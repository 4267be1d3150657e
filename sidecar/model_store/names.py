"""Names of files that somebody else chose: which of them may be given to a file here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import accumulate

_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_MAX_PARTS = 4
# Devices on Windows, with whatever extension.
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


def is_safe(name: str) -> bool:
    """Whether it names a file below a folder, on every system, and nothing else.

    >>> is_safe("model-00001-of-00002.safetensors"), is_safe("onnx/encoder.onnx")
    (True, True)
    >>> is_safe("../x"), is_safe("/etc/passwd"), is_safe("nul.txt")
    (False, False, False)
    """
    parts = name.split("/")
    return len(parts) <= _MAX_PARTS and all(
        _PART.fullmatch(part) and not part.endswith(".") and not _RESERVED.fullmatch(part)
        for part in parts
    )


def check_names(names: Iterable[str]) -> None:
    """Refuse names that could leave their folder, or would be one file where case is ignored.

    Raises:
        ValueError: such a name is among them. It does not say which: it may be hostile.
    """
    files: set[str] = set()
    folders: set[str] = set()
    for name in names:
        folded = name.lower()
        if not is_safe(name) or folded in files:
            raise ValueError("A name of a file is not safe, or comes twice")
        files.add(folded)
        folders.update(accumulate(folded.split("/")[:-1], lambda head, part: f"{head}/{part}"))
    if files & folders:
        raise ValueError("A name is that of a file and of a folder")
