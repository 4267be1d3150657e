"""`sotto`, `python -m sidecar`: the command line, a supervised sidecar, or a worker of one."""

from __future__ import annotations

import sys

from sidecar.host.program import (
    SUPERVISED,
    WORKER,
    have_standard_streams,
    leave_the_other_cores_alone,
    tell_nobody,
)


def main() -> None:
    """Run what the arguments say."""
    have_standard_streams()
    leave_the_other_cores_alone()
    tell_nobody()
    arguments = sys.argv[1:]
    if arguments[:1] == [WORKER] and len(arguments) > 1:
        from sidecar.engine import worker

        worker.main(arguments[1:])
    elif arguments == list(SUPERVISED):  # typer and rich would double its start
        from sidecar.app import serve_supervised

        sys.exit(serve_supervised())
    else:
        from sidecar.cli.main import app

        app()


if __name__ == "__main__":
    main()
