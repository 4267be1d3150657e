from __future__ import annotations

import pytest
from typer.testing import CliRunner

from sidecar.cli.main import app


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["recover"], "name of a recording, or --last"),
        (["recover", "abcd", "--last"], "name of a recording, or --last"),
        (["recover", "no-name"], "its first digits"),
        (["recover", ""], "its first digits"),
        (["recover", "--last", "--language", "x"], "such as en or zh-CN"),
        (["discard"], "Missing argument"),
        (["discard", ""], "its first digits"),
        (["discard", "a" * 33], "its first digits"),
        (["forget"], "No such command"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_with_a_sentence(
    arguments: list[str], sentence: str
) -> None:
    done = CliRunner().invoke(app, ["recordings", *arguments], env={"COLUMNS": "200"})

    assert done.exit_code == 2
    assert sentence in done.output


@pytest.mark.parametrize("command", [[], ["recover"], ["discard"]])
def test_every_command_explains_itself(command: list[str]) -> None:
    done = CliRunner().invoke(app, ["recordings", *command, "--help"])

    assert done.exit_code == 0
    assert "sotto recordings" in done.output
