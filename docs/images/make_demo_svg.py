"""Draws `demo.svg` from a real run of `sotto demo`: python docs/images/make_demo_svg.py."""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI

from sidecar.cli.demo import run_demo


def main() -> None:
    """Run the demo once and keep what it printed."""
    console = Console(
        record=True,
        width=100,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        highlight=False,
    )
    run_demo(console, live=False)
    target = Path(__file__).with_name("demo.svg")
    console.save_svg(str(target), title="sotto demo", theme=MONOKAI)


if __name__ == "__main__":
    main()
