from __future__ import annotations

import pytest
from typer.testing import CliRunner

from sidecar.cli.main import app


@pytest.mark.parametrize(
    "arguments",
    [
        ("install",),
        ("install", "../x"),
        ("remove", "Upper"),
        ("verify", "ok", "not ok"),
        ("import", "/no/such/folder"),
        ("import", ".", "--id", "a/b"),
        ("search", "--language", "x"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_any_work(arguments: tuple[str, ...]) -> None:
    refused = CliRunner().invoke(app, ["models", *arguments])

    assert refused.exit_code == 2
    assert refused.stdout == ""


def test_the_help_says_what_there_is() -> None:
    shown = CliRunner().invoke(app, ["models", "--help"])

    assert shown.exit_code == 0
    for command in ("list", "search", "install", "import", "verify", "remove"):
        assert command in shown.stdout
