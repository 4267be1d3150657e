"""`sotto`, `python -m sidecar`: the command line, or a supervised sidecar without it."""

from __future__ import annotations

import sys


def main() -> None:
    """Run what the arguments say."""
    if sys.argv[1:] == ["serve", "--supervised"]:  # typer and rich would double its start
        from sidecar.app import serve_supervised

        sys.exit(serve_supervised())
    from sidecar.cli.main import app

    app()


if __name__ == "__main__":
    main()
