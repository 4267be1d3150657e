"""Messages made from the schema, and how each end reads and writes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import msgpack
import msgspec
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from sidecar.protocol import codec, messages

SCHEMA = Path(__file__).resolve().parents[2] / "ipc-schema"
LONGEST = 12  # of generated texts and arrays; the vectors have the extremes

_TEXT = st.characters(exclude_categories=["Cs"])


@dataclass(frozen=True, slots=True)
class Message:
    """A message as plain JSON, with what its receiver needs to read it to the end."""

    json: dict[str, Any]
    binaries: tuple[bytes, ...] = ()
    answers: str = ""  # the method, if the message is a result

    @property
    def sender(self) -> str:
        """Which end sends it."""
        method = self.json.get("method", "")
        if method in messages.METHODS:
            return "client"
        return messages.NOTIFICATIONS[method].source if method else "sidecar"

    @property
    def frames(self) -> list[bytes]:
        """Its canonical bytes, made without our codec."""
        return [msgpack.packb(_sorted(self.json)), *self.binaries]


def method_answering(type_name: str) -> str:
    """The method whose result has that type, or nothing."""
    methods = messages.METHODS.items()
    return next((name for name, spec in methods if spec.result.__name__ == type_name), "")


def read(frames: list[bytes], sender: str, answers: str) -> tuple[msgspec.Struct, Any]:
    """The envelope and the payload, read as the receiver of the message does.

    Raises:
        SottoError: whatever is wrong with it.
    """
    if sender == "sidecar":
        message = codec.decode_server_message(frames)
        if isinstance(message, messages.Result):
            return message, codec.decode_result(message.result, messages.METHODS[answers].result)
        if isinstance(message, messages.Failure):
            return message, codec.error_of(message)
        return message, codec.decode_params(message)
    request = codec.decode_client_message(frames)
    if isinstance(request, codec.Refused):
        raise request.error
    return request, codec.decode_params(request)


def write(envelope: msgspec.Struct, payload: Any) -> bytes:
    """The header of a message that was read, written as its sender does."""
    match envelope:
        case messages.Request(id=id_, method=method, meta=meta):
            return codec.encode_request(id_, method, payload, tmo_ms=meta.tmo)
        case messages.Notification(method=method):
            return codec.encode_notification(method, payload)
        case messages.Result(id=id_):
            return codec.encode_result(id_, payload)
        case messages.Failure(id=id_):
            return codec.encode_failure(id_, payload)
    raise AssertionError(envelope)


class Schema:
    """`ipc-schema/` read as plain JSON, on its own, so that it can judge what is generated."""

    def __init__(self) -> None:
        self.protocol = json.loads((SCHEMA / "protocol.json").read_text("utf-8"))
        files = [json.loads(path.read_text("utf-8")) for path in (SCHEMA / "types").glob("*.json")]
        resources = [(file["$id"], Resource.from_contents(file)) for file in files]
        self._registry: Registry[Any] = Registry().with_resources(resources)
        self.types = {name: node for file in files for name, node in file["$defs"].items()}
        self._homes = {name: file["$id"] for file in files for name in file["$defs"]}

    def allows(self, name: str, value: Any) -> bool:
        """Whether JSON Schema finds that the value has the type `name`, with nothing unknown."""
        reference = {"$ref": f"{self._homes[name]}#/$defs/{name}"}
        return bool(Draft202012Validator(reference, registry=self._registry).is_valid(value))

    def requests(self, method: str) -> st.SearchStrategy[Message]:
        """Calls of `method`."""
        params = self.values(messages.METHODS[method].params.__name__)
        return self._messages("Request", "", method=st.just(method), params=params)

    def results(self, method: str) -> st.SearchStrategy[Message]:
        """Answers to `method`."""
        result = self.values(messages.METHODS[method].result.__name__)
        return self._messages("Result", method, result=result)

    def notifications(self, method: str) -> st.SearchStrategy[Message]:
        """Notifications of that name."""
        params = self.values(messages.NOTIFICATIONS[method].params.__name__)
        return self._messages("Notification", "", method=st.just(method), params=params)

    def failures(self) -> st.SearchStrategy[Message]:
        """Failures of every known kind."""

        def known(message: Message, error: dict[str, Any]) -> Message:
            message.json["error"]["code"] = error["code"]
            message.json["error"]["data"].update(kind=error["kind"], retryable=error["retryable"])
            return message

        errors = st.sampled_from(self.protocol["errors"])
        return st.builds(known, self._messages("Failure", ""), errors)

    def _messages(
        self, envelope: str, answers: str, **given: st.SearchStrategy[Any]
    ) -> st.SearchStrategy[Message]:
        fields = {
            name: given[name] if name in given else self._values(node)
            for name, node in self.types[envelope]["properties"].items()
        }
        return st.fixed_dictionaries(fields).map(
            lambda content: Message(content, _number_binaries(content), answers)
        )

    def values(self, name: str) -> st.SearchStrategy[Any]:
        """Values of the type `name`, as JSON."""
        return self._values(self.types[name])

    def _values(self, node: dict[str, Any]) -> st.SearchStrategy[Any]:
        if "$ref" in node:
            return self.values(node["$ref"].rpartition("/")[2])
        if "const" in node:
            return st.just(node["const"])
        if "enum" in node:
            return st.sampled_from(node["enum"])
        if "oneOf" in node and "properties" not in node:
            return st.one_of([self._values(option) for option in node["oneOf"]])
        makers: dict[str, Callable[[dict[str, Any]], st.SearchStrategy[Any]]] = {
            "boolean": lambda _: st.booleans(),
            "integer": _integers,
            "string": _texts,
            "array": self._arrays,
            "object": self._objects,
        }
        if isinstance(node["type"], list):
            return st.none() | _integers(node)
        return makers[node["type"]](node)

    def _arrays(self, node: dict[str, Any]) -> st.SearchStrategy[Any]:
        low, high = node.get("minItems", 0), min(node["maxItems"], LONGEST)
        return st.lists(self._values(node["items"]), min_size=low, max_size=high)

    def _objects(self, node: dict[str, Any]) -> st.SearchStrategy[Any]:
        if "oneOf" in node:
            return st.one_of([self._objects(_one_way(node, way)) for way in node["oneOf"]])
        required = set(node.get("required", ()))
        fields = {name: self._values(inner) for name, inner in node["properties"].items()}
        return st.fixed_dictionaries(
            {name: values for name, values in fields.items() if name in required},
            optional={name: values for name, values in fields.items() if name not in required},
        )


def _one_way(node: dict[str, Any], way: dict[str, Any]) -> dict[str, Any]:
    """The object where it is that way: what the other ways require is not there."""
    others = {name for other in node["oneOf"] if other != way for name in other["required"]}
    fields = {name: inner for name, inner in node["properties"].items() if name not in others}
    return {"properties": fields, "required": [*node.get("required", ()), *way["required"]]}


def _number_binaries(node: Any, first: int = 0) -> tuple[bytes, ...]:
    """Point the `$bin` below `node` at frames of their own, and return those."""
    if isinstance(node, dict) and "$bin" in node:
        node["$bin"] = first
        return (bytes([first]),)
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    binaries: tuple[bytes, ...] = ()
    for child in children:
        binaries += _number_binaries(child, first + len(binaries))
    return binaries


def _sorted(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _sorted(node[key]) for key in sorted(node)}
    return [_sorted(item) for item in node] if isinstance(node, list) else node


def _integers(node: dict[str, Any]) -> st.SearchStrategy[int]:
    return st.integers(node["minimum"], node["maximum"])


def _texts(node: dict[str, Any]) -> st.SearchStrategy[str]:
    if "pattern" in node:
        return st.from_regex(node["pattern"].replace("$", r"\Z"), fullmatch=True)
    longest = min(node["maxLength"], node.get("minLength", 0) + LONGEST)
    return st.text(_TEXT, min_size=node.get("minLength", 0), max_size=longest)
