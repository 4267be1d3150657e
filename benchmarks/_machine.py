"""Which machine this is, as far as it decides what numbers can be compared."""

from __future__ import annotations

import platform
from pathlib import Path

# What matrix products and quantised kernels are written for.
FEATURES = (
    "avx2",
    "fma",
    "avx512f",
    "avx512_vnni",
    "avx_vnni",
    "avx512_bf16",
    "amx_int8",
    "asimddp",
)


def machine() -> str:
    """Cores, name and instruction sets of the processor; less where the system does not tell."""
    try:
        return described(Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    except OSError:
        return platform.processor() or platform.machine()


def described(cpuinfo: str) -> str:
    """The same of the text of /proc/cpuinfo."""
    lines = [line.partition(":") for line in cpuinfo.splitlines()]
    fields = {name.strip(): value.strip() for name, _, value in lines if value}
    n_cores = sum(name.strip() == "processor" for name, *_ in lines)
    flags = (fields.get("flags") or fields.get("Features") or "").split()
    sets = ", ".join(feature for feature in FEATURES if feature in flags) or "no vectors known"
    return f"{n_cores} x {fields.get('model name', platform.machine())} ({sets})"
