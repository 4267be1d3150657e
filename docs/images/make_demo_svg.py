"""Draws `demo.svg` from a real run of `sotto demo`: python docs/images/make_demo_svg.py."""

from __future__ import annotations

import io
import re
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import MONOKAI

from sidecar.cli.demo import run_demo

# A picture in a document should not fetch anything; any fixed-width font will do.
WITHOUT_WEB_FONTS = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)


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
    console.save_svg(
        str(Path(__file__).with_name("demo.svg")),
        title="sotto demo",
        theme=MONOKAI,
        code_format=WITHOUT_WEB_FONTS,
        unique_id="sotto",
    )


if __name__ == "__main__":
    main()
