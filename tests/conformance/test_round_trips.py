"""Any message that the schema allows survives the codecs of both languages, byte for byte."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sidecar import errors
from sidecar.protocol import messages
from tests.conformance.wire import Message, Schema, read, write

APP = Path(__file__).resolve().parents[2] / "electron-app"
TSC = APP / "node_modules" / ".bin" / "tsc"
CASES = [
    *(f"request {name}" for name in messages.METHODS),
    *(f"result {name}" for name in messages.METHODS),
    *(f"notification {name}" for name in messages.NOTIFICATIONS),
    "failure",
]

# Generating is slow on a busy machine, and starting Node is part of the first example.
UNHURRIED: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}

every_message = pytest.mark.parametrize("case", CASES)


def cases_of(schema: Schema, case: str) -> st.SearchStrategy[Message]:
    kind, _, name = case.partition(" ")
    if kind == "failure":
        return schema.failures()
    makers = {
        "request": schema.requests,
        "result": schema.results,
        "notification": schema.notifications,
    }
    return makers[kind](name)


class Echo:
    """A Node process that reads messages with the TypeScript codec and writes them again."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def __call__(self, message: Message, frames: list[bytes]) -> str:
        """The header in hex as Node writes it, or "refused: " and why."""
        assert self._process.stdin
        assert self._process.stdout
        line = {
            "from": message.sender,
            "answers": message.answers,
            "frames": [frame.hex() for frame in frames],
        }
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().rstrip("\n")


@pytest.fixture(scope="module")
def echo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Echo]:
    node = shutil.which("node")
    if node is None or not TSC.exists():
        pytest.skip("needs node, and `npm ci` in electron-app")
    built = tmp_path_factory.mktemp("codec")
    options = ["--ignoreConfig", "--strict", "--module", "commonjs", "--outDir", str(built)]
    options += ["--target", "es2023", "--lib", "es2024,dom"]
    subprocess.run([node, str(TSC.resolve()), *options, "src/shared/codec.ts"], cwd=APP, check=True)
    script = Path(__file__).with_name("echo.cjs")
    with subprocess.Popen(
        [node, str(script), str(built / "codec.js")],
        env={**os.environ, "NODE_PATH": str(APP / "node_modules")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        yield Echo(process)


@every_message
@given(data=st.data())
@settings(max_examples=40, **UNHURRIED)
def test_python_reads_what_it_writes(schema: Schema, case: str, data: st.DataObject) -> None:
    message = data.draw(cases_of(schema, case))

    envelope, payload = read(message.frames, message.sender, message.answers)

    assert write(envelope, payload) == message.frames[0]
    if isinstance(payload, msgspec.Struct):
        assert msgspec.convert(msgspec.to_builtins(payload), type(payload)) == payload


@every_message
@given(data=st.data())
@settings(max_examples=25, **UNHURRIED)
def test_node_writes_the_same_bytes(
    schema: Schema, echo: Echo, case: str, data: st.DataObject
) -> None:
    message = data.draw(cases_of(schema, case))

    answer = echo(message, message.frames)

    assert answer == message.frames[0].hex()


@every_message
@given(data=st.data())
@settings(max_examples=25, **UNHURRIED)
def test_python_takes_every_damaged_message_that_node_takes(
    schema: Schema, echo: Echo, case: str, data: st.DataObject
) -> None:
    message = data.draw(cases_of(schema, case))
    header = bytearray(message.frames[0])
    place = data.draw(st.integers(0, len(header) - 1))
    header[place : place + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    frames = [bytes(header), *message.binaries]

    answer = echo(message, frames)

    if answer.startswith("refused: "):
        return
    try:
        read(frames, message.sender, message.answers)
    except errors.SottoError as error:
        pytest.fail(f"node takes {frames}, Python does not: {error}")
