"""What is said where a model finds too little memory: in the sidecar, and in its workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sidecar.errors import OutOfMemoryError

if TYPE_CHECKING:
    from sidecar.host.memory import Memory


def too_little(model: str, needed_bytes: int, found: Memory | None = None) -> OutOfMemoryError:
    """The error that says how much memory a model needs, and what to do."""
    free = f", and {_gigabytes(found.available_bytes)} are free" if found else ""
    return OutOfMemoryError(
        f"The model {model} needs about {_gigabytes(needed_bytes)} of memory{free}. Close other"
        " programs, or use a smaller model or one of a smaller quantisation."
    )


def _gigabytes(n_bytes: int) -> str:
    return f"{n_bytes / 1e9:.1f} GB"
