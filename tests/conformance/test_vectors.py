"""The golden vectors: every good message to the same bytes, every bad one refused."""

from __future__ import annotations

import json
from typing import Any

import msgpack
import pytest

from sidecar import errors
from sidecar.protocol import codec, messages
from tests.conformance.wire import SCHEMA, Message, Schema, method_answering, read, write

Vector = dict[str, Any]


def vectors(kind: str) -> list[Any]:
    found = [
        json.loads(path.read_text("utf-8")) for path in sorted(SCHEMA.glob(f"vectors/{kind}/*"))
    ]
    return [pytest.param(vector, id=vector["name"]) for vector in found]


def frames_of(vector: Vector) -> list[bytes]:
    return [b"".join(map(piece_of, frame.split())) for frame in vector["frames_hex"]]


def piece_of(piece: str) -> bytes:
    digits, _, count = piece.partition("*")
    return bytes.fromhex(digits) * int(count or 1)


def message_of(vector: Vector) -> Message:
    binaries = tuple(bytes.fromhex(binary) for binary in vector["bin_hex"])
    return Message(vector["json"], binaries, method_answering(vector["type"]))


def payload_of(vector: Vector) -> Any:
    content = vector["json"]
    return content.get("params", content.get("result", content.get("error")))


def refusal_of(vector: Vector) -> tuple[str, int | None]:
    """The kind of error, and the id it is answered under."""
    answered_id = None
    if vector["from"] == "client":
        message = codec.decode_client_message(frames_of(vector))
        answered_id = getattr(message, "id", None)
    with pytest.raises(errors.SottoError) as caught:
        read(frames_of(vector), vector["from"], method_answering(vector.get("type", "")))
    return caught.value.kind, answered_id


def with_stranger(node: Any) -> Any:
    """The same with a field of a later version in every map."""
    if isinstance(node, dict):
        return {**{key: with_stranger(value) for key, value in node.items()}, "stranger": 1}
    return [with_stranger(item) for item in node] if isinstance(node, list) else node


@pytest.mark.parametrize("vector", vectors("ok"))
def test_a_good_message_is_read_and_written_to_the_same_bytes(vector: Vector) -> None:
    message = message_of(vector)
    frames = frames_of(vector)

    envelope, payload = read(frames, message.sender, message.answers)

    assert write(envelope, payload) == frames[0]
    assert frames == message.frames


@pytest.mark.parametrize("vector", vectors("ok"))
def test_a_good_message_agrees_with_the_json_schema(vector: Vector, schema: Schema) -> None:
    content = vector["json"]
    envelope = next(
        name
        for name, field in (
            ("Failure", "error"),
            ("Result", "result"),
            ("Request", "id"),
            ("Notification", "method"),
        )
        if field in content
    )

    assert schema.allows(envelope, content)
    assert schema.allows(vector["type"], payload_of(vector))
    assert not schema.allows(vector["type"], with_stranger(payload_of(vector)))


@pytest.mark.parametrize("vector", vectors("ok"))
def test_fields_of_a_later_version_are_ignored(vector: Vector) -> None:
    message = message_of(vector)
    later = Message(with_stranger(message.json), message.binaries, message.answers)

    envelope, payload = read(later.frames, later.sender, later.answers)

    assert write(envelope, payload) == frames_of(vector)[0]


@pytest.mark.parametrize("vector", vectors("bad"))
def test_a_bad_message_is_refused_with_its_kind_and_id(vector: Vector) -> None:
    kind, answered_id = refusal_of(vector)

    assert kind == vector["kind"]
    assert answered_id == vector["id"]


def bad_parameters() -> list[Any]:
    # jsonschema uses Python's $, which also matches before a final newline.
    beyond_jsonschema = "params-engine-newline"
    found = [param for param in vectors("bad") if param.id != beyond_jsonschema]
    return [param for param in found if param.values[0]["kind"] == "INVALID_PARAMS"]


@pytest.mark.parametrize("vector", bad_parameters())
def test_bad_parameters_are_refused_by_the_json_schema_too(vector: Vector, schema: Schema) -> None:
    content = msgpack.unpackb(frames_of(vector)[0])
    method = content["method"]
    spec = messages.METHODS.get(method) or messages.NOTIFICATIONS[method]

    assert not schema.allows(spec.params.__name__, content["params"])


def test_every_part_of_the_protocol_has_a_good_vector() -> None:
    found = [param.values[0] for param in vectors("ok")]
    contents = [vector["json"] for vector in found]
    types = {vector["type"] for vector in found}

    for spec in messages.METHODS.values():
        assert {spec.params.__name__, spec.result.__name__} <= types
    assert {c["method"] for c in contents if "id" not in c} == set(messages.NOTIFICATIONS)
    events = {c["params"]["event"]["t"] for c in contents if c.get("method") == "$/event"}
    assert events == set(messages.EVENTS)
    kinds = {c["error"]["data"]["kind"] for c in contents if "error" in c}
    assert set(messages.ERRORS) <= kinds


def test_every_optional_field_is_present_in_one_vector_and_absent_in_another(
    schema: Schema,
) -> None:
    seen: set[tuple[str, bool]] = set()

    def visit(node: Any, name: str) -> None:
        definition = schema.types[name]
        for option in definition.get("oneOf", ()) if "properties" not in definition else ():
            inner = option["$ref"].rpartition("/")[2]
            if schema.allows(inner, node):
                visit(node, inner)
        for field, inner in definition.get("properties", {}).items():
            seen.add((f"{name}.{field}", field in node))
            target = inner.get("items", inner).get("$ref", "").rpartition("/")[2]
            if field in node and target:
                for item in node[field] if "items" in inner else [node[field]]:
                    visit(item, target)

    for param in vectors("ok"):
        visit(payload_of(param.values[0]), param.values[0]["type"])

    optional = {
        f"{name}.{field}"
        for name, definition in schema.types.items()
        for field in set(definition.get("properties", ())) - set(definition.get("required", ()))
    }
    assert {name for name, present in seen if present} >= optional
    assert {name for name, present in seen if not present} >= optional


def test_there_are_enough_bad_vectors_of_every_kind_the_codec_tells_apart() -> None:
    kinds = [param.values[0]["kind"] for param in vectors("bad")]

    assert len(kinds) >= 40
    assert set(kinds) == {"PARSE", "INVALID_REQUEST", "NO_METHOD", "INVALID_PARAMS", "TOO_LARGE"}


def test_the_table_of_errors_is_the_tree_in_errors_py() -> None:
    classes = [
        value
        for value in vars(errors).values()
        if isinstance(value, type)
        and issubclass(value, errors.SottoError)
        and "kind" in vars(value)
    ]

    tree = {error.kind: (error.code, error.retryable) for error in classes}
    table = {kind: (spec.code, spec.retryable) for kind, spec in messages.ERRORS.items()}
    assert tree == table
    assert len({code for code, _ in table.values()}) == len(table)
    drawn = errors.__doc__ or ""
    assert all(f"{error.__name__} " in drawn and str(error.code) in drawn for error in classes)
