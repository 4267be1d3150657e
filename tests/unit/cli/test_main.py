from __future__ import annotations

import pytest
from typer.testing import CliRunner

from sidecar.cli.main import app


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["transcribe"], "Missing argument"),
        (["transcribe", "a.wav", "--format", "doc"], "'txt', 'json', 'srt', 'vtt'"),
        (["transcribe", "a.wav", "--language", "x"], "such as en or zh-CN"),
        (["transcribe", "a.wav", "--engine", "No Such!"], "such as builtin"),
        (["transcribe", "a.wav", "--hotword", ""], "1 to 64 characters"),
        (["transcribe", "a.wav", *["--hotword=x"] * 257], "at most 256 words"),
        (["transcribe", "a.wav", "b.wav", "--format", "srt"], "Give --output FOLDER"),
        (["dictate"], "No such command"),
    ],
)
def test_a_command_that_makes_no_sense_is_refused_with_a_sentence(
    arguments: list[str], sentence: str
) -> None:
    done = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})

    assert done.exit_code == 2
    assert sentence in done.output


@pytest.mark.parametrize("name", ["serve", "transcribe", "convert", "doctor", "demo"])
def test_every_command_explains_itself(name: str) -> None:
    done = CliRunner().invoke(app, [name, "--help"])

    assert done.exit_code == 0
    assert f"sotto {name} [OPTIONS]" in done.output
