"""`sotto doctor`: what works here, what is missing, how to fix it.

Nothing is taken on trust: libraries are loaded, every file of installed models is read, a
real sidecar is started, and every engine hears the bundled clip.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sidecar.cli import plain
from sidecar.cli.checks import REINSTALL, Check, check_machine


def examine() -> list[Check]:
    """Try everything. Never raises for what it finds."""
    checks = check_machine()
    try:
        # Late: without pyzmq this import fails, and the checks above say why.
        from sidecar.cli.model_checks import check_models
        from sidecar.cli.trials import check_sidecars
        from sidecar.rpc.client import run
    except ImportError as error:
        return [*checks, Check("New sidecar", "broken", str(error), REINSTALL)]
    return [*checks, *check_models(), *run(check_sidecars())]


def report(checks: Sequence[Check], *, as_json: bool) -> int:
    """Print the findings; the exit code is 1 if anything that matters is broken."""
    if as_json:
        plain.put(json.dumps([asdict(check) for check in checks], indent=2) + "\n")
    else:
        _print_table(checks, Console())
    return plain.EXIT_FAILED if any(check.status == "broken" for check in checks) else 0


def _print_table(checks: Sequence[Check], console: Console) -> None:
    styles = {"ok": "green", "warning": "yellow", "broken": "bold red"}
    table = Table(box=None, pad_edge=False, show_header=False)
    for check in checks:
        style = styles[check.status]
        table.add_row(Text(check.status, style), check.name, Text(check.found))
        if check.fix:
            table.add_row("", "", Text(check.fix, style))
    console.print(table)
