"""`python -m benchmarks [NAME]`: run one benchmark, or all of them, each in a process of its own.

Each prints a table and, as its last line, one JSON object
`{"name": ..., "figures": {key: number}}`.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path


def names() -> list[str]:
    folder = Path(__file__).parent
    return sorted(path.stem for path in folder.glob("[!_]*.py"))


def main(arguments: list[str]) -> int:
    if not arguments:
        # Apart, so that no peer's threads and imports weigh on the next measurement.
        return max(run_apart(name) for name in names())
    if len(arguments) > 1 or arguments[0] not in names():
        print(f"usage: python -m benchmarks [{' | '.join(names())}]", file=sys.stderr)
        return 2
    importlib.import_module(f"benchmarks.{arguments[0]}").main()
    return 0


def run_apart(name: str) -> int:
    return subprocess.run([sys.executable, "-m", "benchmarks", name], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
