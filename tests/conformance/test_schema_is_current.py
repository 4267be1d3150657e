"""What is generated from the schema is current, and the schema stays within its subset."""

from __future__ import annotations

import importlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sidecar.protocol import messages
from tests.conformance.wire import SCHEMA, Schema

CODEGEN = SCHEMA / "codegen"


def generate(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(CODEGEN / "generate.py"), *arguments]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=False)


@pytest.fixture(scope="module")
def loader() -> Any:
    """The loader of the schema, which is a script's neighbour and in no package."""
    sys.path.insert(0, str(CODEGEN))
    try:
        return importlib.import_module("loader")
    finally:
        sys.path.remove(str(CODEGEN))


def test_everything_generated_from_the_schema_is_current() -> None:
    checked = generate("--check")

    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


def test_a_stale_file_is_named(tmp_path: Path) -> None:
    changed = shutil.copytree(SCHEMA, tmp_path / "ipc-schema")
    protocol = json.loads((changed / "protocol.json").read_text("utf-8"))
    protocol["version"] = [1, 999]
    (changed / "protocol.json").write_text(json.dumps(protocol), "utf-8")

    checked = generate("--check", "--schema", str(changed))

    assert checked.returncode == 1
    for name in ("sidecar/protocol/messages.py", "src/shared/protocol.ts", "docs/protocol.md"):
        assert f"{name} is stale" in checked.stdout


def test_the_hash_of_the_schema_changes_with_the_schema(tmp_path: Path, loader: Any) -> None:
    changed = shutil.copytree(SCHEMA, tmp_path / "ipc-schema")
    text = (changed / "types/sys.json").read_text("utf-8")
    (changed / "types/sys.json").write_text(text.replace("60000", "60001"), "utf-8")

    assert loader.load(SCHEMA).sha256 == messages.SCHEMA_HASH
    assert loader.load(changed).sha256 != messages.SCHEMA_HASH


def test_the_bounds_in_the_types_are_the_published_limits(schema: Schema) -> None:
    limits = messages.LIMITS

    binary = schema.types["Binary"]["properties"]["$bin"]
    assert binary["maximum"] == limits.max_binaries - 1
    assert schema.types["Meta"]["properties"]["tmo"]["maximum"] == limits.max_timeout_ms
    parts = schema.types["AudioOpenResult"]["properties"]["part_bytes"]
    assert parts["maximum"] == limits.max_binary_bytes
    text = schema.types["TranscribeResult"]["properties"]["text"]
    assert text["maxLength"] <= limits.max_str_bytes
    assert (
        len(schema.protocol["limits"])
        <= schema.types["HelloResult"]["properties"]["limits"]["maxItems"]
    )


def test_the_example_in_the_documentation_is_a_golden_vector() -> None:
    page = (SCHEMA.parent / "docs/protocol.md").read_text("utf-8")
    path = SCHEMA / "vectors/ok/transcribe-params-inline.json"

    assert json.loads(path.read_text("utf-8"))["frames_hex"][0] in page


Types = dict[str, Any]


def properties(types: Types, name: str) -> Types:
    found: Types = types["$defs"][name]["properties"]
    return found


# What is said, and how to make it be said.
BREAKAGES: dict[str, Callable[[Types], Any]] = {
    "PingResult.uptime_ms: needs minimum <= maximum": lambda types: properties(types, "PingResult")[
        "uptime_ms"
    ].pop("maximum"),
    "HelloResult.pid: needs minimum <= maximum <= 9007199254740991": lambda types: properties(
        types, "HelloResult"
    )["pid"].update(maximum=2**53),
    "ClientName.name: needs a maxLength": lambda types: properties(types, "ClientName")["name"].pop(
        "maxLength"
    ),
    "InfoResult.engines: needs items and maxItems": lambda types: properties(types, "InfoResult")[
        "engines"
    ].pop("maxItems"),
    "PingResult.load: type 'number' is outside": lambda types: properties(
        types, "PingResult"
    ).update(load={"type": "number"}),
    "Version: ['uniqueItems'] is outside": lambda types: types["$defs"]["Version"].update(
        uniqueItems=True
    ),
    "PingParams: needs additionalProperties: false": lambda types: types["$defs"]["PingParams"].pop(
        "additionalProperties"
    ),
    "#/$defs/Nowhere is nowhere defined": lambda types: properties(types, "HelloParams").update(
        proto={"$ref": "#/$defs/Nowhere"}
    ),
    "PingResult: contains itself": lambda types: properties(types, "PingResult").update(
        more={"$ref": "#/$defs/PingResult"}
    ),
    "PingParams: requires ['x'], which it does not have": lambda types: types["$defs"][
        "PingParams"
    ].update(required=["x"]),
    "PingParams.k: a const field must be required": lambda types: properties(
        types, "PingParams"
    ).update(k={"const": "a"}),
    "PingParams.inner: give objects a name": lambda types: properties(types, "PingParams").update(
        inner={"type": "object", "additionalProperties": False, "properties": {}}
    ),
    "EngineId: a pattern must be ^...$": lambda types: types["$defs"]["EngineId"].update(
        pattern="[a-z]+"
    ),
    "PingParams: needs a description": lambda types: types["$defs"]["PingParams"].pop(
        "description"
    ),
    "['Spare']: used but not defined, or not used": lambda types: types["$defs"].update(
        Spare=types["$defs"]["PingParams"]
    ),
    "['PingParams']: used but not defined": lambda types: types["$defs"].pop("PingParams"),
    "types/sys.json: $id must be the file's name": lambda types: types.update(
        {"$id": "other.json"}
    ),
    "PingParams.camelCase: field names are snake_case": lambda types: properties(
        types, "PingParams"
    ).update(camelCase={"type": "boolean"}),
    "WorkerDiag: oneOf in an object must require one optional field each": lambda types: types[
        "$defs"
    ]["WorkerDiag"].update(oneOf=[{"required": ["pid"]}, {"required": ["engine"]}]),
    "EngineState: no const field tells the variants apart": lambda types: types["$defs"].update(
        EngineState={"description": "x", "oneOf": [{"$ref": "#/$defs/PingParams"}] * 2}
    ),
}


@pytest.mark.parametrize("said", BREAKAGES)
def test_a_type_outside_the_subset_is_refused(tmp_path: Path, loader: Any, said: str) -> None:
    changed = shutil.copytree(SCHEMA, tmp_path / "ipc-schema")
    path = changed / "types/sys.json"
    types = json.loads(path.read_text("utf-8"))
    BREAKAGES[said](types)
    path.write_text(json.dumps(types), "utf-8")

    with pytest.raises(loader.SchemaError, match=re.escape(said)):
        loader.load(changed)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"since": 0', '"sinse": 0'),
        ('"who": "any"', '"who": "everybody"'),
        ('"PingParams"', '"PongParams"'),
        ('"events": ["progress"', '"events": ["smell"'),
        ('"data": "LevelEvent"', '"data": "ProgressEvent"'),
        ('"name": "sotto",', '"name": "sotto", "name": "sotto",'),
        ('"version"', "version"),
    ],
)
def test_a_protocol_that_contradicts_itself_is_refused(
    tmp_path: Path, loader: Any, old: str, new: str
) -> None:
    changed = shutil.copytree(SCHEMA, tmp_path / "ipc-schema")
    text = (changed / "protocol.json").read_text("utf-8")
    assert old in text
    (changed / "protocol.json").write_text(text.replace(old, new), "utf-8")

    with pytest.raises(loader.SchemaError):
        loader.load(changed)


def test_the_generator_says_what_is_wrong_and_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "protocol.json").write_text("{}", "utf-8")

    generated = generate("--schema", str(tmp_path))

    assert generated.returncode == 1
    assert generated.stderr.startswith("the schema is wrong: protocol.json: ")
    assert generated.stdout == ""
