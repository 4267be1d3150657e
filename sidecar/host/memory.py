"""How much memory there is to be had."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from pathlib import Path

_LINE = re.compile(r"^(\w+):\s+(\d+) kB$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory that programs could still get.

    Attributes:
        available_bytes: without any other program having to give way.
        swap_bytes: more than that, at the price of being slow.
    """

    available_bytes: int
    swap_bytes: int


def free_memory() -> Memory | None:
    """What is free just now; None where the system does not tell, which only Linux does."""
    with contextlib.suppress(OSError, KeyError):
        return parse_meminfo(Path("/proc/meminfo").read_text(encoding="ascii"))
    return None


def parse_meminfo(text: str) -> Memory:
    r"""What `/proc/meminfo` says; its numbers are KiB (proc(5)).

    >>> parse_meminfo("MemTotal: 8 kB\nMemAvailable:    4 kB\nSwapFree:   2 kB\n")
    Memory(available_bytes=4096, swap_bytes=2048)

    Raises:
        KeyError: a line is missing, as it is before Linux 3.14.
    """
    found = {name: int(number) << 10 for name, number in _LINE.findall(text)}
    return Memory(found["MemAvailable"], found["SwapFree"])
