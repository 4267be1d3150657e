"""Reads `protocol.json` and `types/*.json`, and refuses what the generators do not understand.

The types are written in a small part of JSON Schema 2020-12, small enough that each
language can be generated without surprises. Everything is bounded: an integer has a
minimum and a maximum, a string a maximal length or a pattern, an array a maximal length.
`SchemaError` names the place of anything else.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
from model import (
    Array,
    Boolean,
    Const,
    Definition,
    Enum,
    Field,
    Integer,
    Object,
    Opaque,
    Protocol,
    Ref,
    Schema,
    SchemaError,
    Text,
    Type,
    Union,
    object_of,
    references,
)

Json: TypeAlias = Any
"""What json.loads returns."""

MAX_SAFE_INTEGER = 2**53 - 1  # JavaScript numbers hold no larger integer exactly
NAME = re.compile(r"[A-Z][A-Za-z0-9]*")
FIELD = re.compile(r"\$?[a-z][a-z0-9_]*")


def load(root: Path) -> Schema:
    """Read and check the schema under `root`.

    Raises:
        SchemaError: something outside the subset, an unresolved or unused name.
    """
    paths = [root / "protocol.json", *sorted((root / "types").glob("*.json"))]
    files = {path.relative_to(root).as_posix(): _read_json(path) for path in paths}
    canonical = json.dumps(files, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    try:
        protocol = msgspec.convert(files.pop("protocol.json"), Protocol)
    except msgspec.ValidationError as error:
        raise SchemaError(f"protocol.json: {error}") from error
    definitions = _definitions(_resolved(files))
    types = {name: _tagged(definitions[name], definitions) for name in _ordered(definitions)}
    _check_names(protocol, types)
    return Schema(protocol, types, hashlib.sha256(canonical.encode()).hexdigest())


def _read_json(path: Path) -> Json:
    def refuse_duplicates(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        if len({key for key, _ in pairs}) != len(pairs):
            raise SchemaError(f"{path.name}: a key appears twice in one object")
        return dict(pairs)

    try:
        return json.loads(path.read_text("utf-8"), object_pairs_hook=refuse_duplicates)
    except ValueError as error:
        raise SchemaError(f"{path.name}: {error}") from error


def _resolved(files: Mapping[str, Json]) -> dict[str, Json]:
    """The files with every `$ref` replaced by the bare name of its definition."""
    homes = {
        f"{Path(path).name}#/$defs/{name}": name
        for path, content in files.items()
        for name in content.get("$defs", ())
    }

    def walk(node: Json, file: str) -> Json:
        if isinstance(node, list):
            return [walk(item, file) for item in node]
        if not isinstance(node, dict):
            return node
        if isinstance(target := node.get("$ref"), str):
            address = file + target if target.startswith("#") else target
            if address not in homes:
                raise SchemaError(f"{file}: {target} is nowhere defined")
            return {**node, "$ref": homes[address]}
        return {key: walk(value, file) for key, value in node.items()}

    return {path: walk(content, Path(path).name) for path, content in files.items()}


def _definitions(files: Mapping[str, Json]) -> dict[str, Definition]:
    found: dict[str, Definition] = {}
    for path, content in files.items():
        _only(content, path, {"$schema", "$id", "$defs"})
        if content.get("$id") != Path(path).name:
            raise SchemaError(f"{path}: $id must be the file's name")
        for name, node in content["$defs"].items():
            where = f"{path}#{name}"
            if name in found or not NAME.fullmatch(name):
                raise SchemaError(f"{where}: the name is taken, or not in CapitalWords")
            if not node.get("description"):
                raise SchemaError(f"{where}: needs a description")
            found[name] = Definition(name, node["description"], _type(node, where))
    return found


def _ordered(definitions: Mapping[str, Definition]) -> list[str]:
    """The names, dependencies first; otherwise in the order of the files."""
    done: list[str] = []

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            raise SchemaError(f"{name}: contains itself, by way of {' > '.join(path)}")
        for inner in references(definitions[name].type):
            visit(inner, (*path, name))
        if name not in done:
            done.append(name)

    for name in definitions:
        visit(name, ())
    return done


def _tagged(definition: Definition, definitions: Mapping[str, Definition]) -> Definition:
    """The definition; if it is a union, with the field that tells its variants apart."""
    if not isinstance(definition.type, Union):
        return definition
    variants = [object_of(definitions[name]) for name in definition.type.variants]
    for field in variants[0].fields:
        values = {variant.const(field.name) for variant in variants} - {None}
        if len(values) == len(variants):
            return replace(definition, type=replace(definition.type, tag=field.name))
    raise SchemaError(f"{definition.name}: no const field tells the variants apart")


def _check_names(protocol: Protocol, types: Mapping[str, Definition]) -> None:
    """Every name that `protocol.json` uses exists, and every type is used."""
    used = {"Request", "Notification", "Result", "Failure"}
    for method in protocol.methods:
        used |= {method.params, method.result}
        if unknown := set(method.events) - {event.name for event in protocol.events}:
            raise SchemaError(f"{method.name}: no such event: {sorted(unknown)}")
    used |= {notification.params for notification in protocol.notifications}
    for event in protocol.events:
        used.add(event.data)
        if event.data in types and object_of(types[event.data]).const("t") != event.name:
            raise SchemaError(f"{event.name}: the const t of {event.data} must be the name")
    used |= {name for definition in types.values() for name in references(definition.type)}
    if used ^ set(types):
        raise SchemaError(f"{sorted(used ^ set(types))}: used but not defined, or not used")


def _only(node: Json, where: str, allowed: set[str]) -> None:
    if not isinstance(node, dict):
        raise SchemaError(f"{where}: must be an object")
    if unknown := set(node) - allowed:
        raise SchemaError(f"{where}: {sorted(unknown)} is outside our part of JSON Schema")


def _type(node: Json, where: str) -> Type:
    if not isinstance(node, dict):
        raise SchemaError(f"{where}: must be an object")
    for keyword, read in _READERS.items():
        if keyword in node:
            return read(node, where)
    reader = _TYPED.get(json.dumps(node.get("type")))
    if reader is None:
        raise SchemaError(f"{where}: type {node.get('type')!r} is outside our part of JSON Schema")
    return reader(node, where)


def _ref(node: dict[str, Json], where: str) -> Ref:
    _only(node, where, {"$ref", "description"})
    return Ref(node["$ref"])


def _const(node: dict[str, Json], where: str) -> Const:
    _only(node, where, {"const"})
    if not isinstance(node["const"], str):
        raise SchemaError(f"{where}: const must be a string")
    return Const(node["const"])


def _enum(node: dict[str, Json], where: str) -> Enum:
    _only(node, where, {"enum", "description"})
    values = node["enum"]
    if not values or not all(isinstance(value, str) for value in values):
        raise SchemaError(f"{where}: enum must list strings")
    return Enum(tuple(values))


def _one_of(node: dict[str, Json], where: str) -> Type:
    if "properties" in node:
        return _object(node, where)
    _only(node, where, {"oneOf", "description"})
    return Union(tuple(_ref(item, where).name for item in node["oneOf"]), tag="")


def _integer(node: dict[str, Json], where: str) -> Integer:
    _only(node, where, {"type", "minimum", "maximum", "description"})
    low, high = node.get("minimum"), node.get("maximum")
    if type(low) is not int or type(high) is not int or not low <= high <= MAX_SAFE_INTEGER:
        raise SchemaError(f"{where}: needs minimum <= maximum <= {MAX_SAFE_INTEGER}")
    return Integer(low, high, nullable=node["type"] != "integer")


def _text(node: dict[str, Json], where: str) -> Text:
    _only(node, where, {"type", "minLength", "maxLength", "pattern", "description"})
    pattern = node.get("pattern")
    if pattern is not None and not re.fullmatch(r"\^[^\\$^]*\$", pattern):
        raise SchemaError(f"{where}: a pattern must be ^...$, without escapes")
    if (pattern is None) == ("maxLength" not in node) or (pattern and "minLength" in node):
        raise SchemaError(f"{where}: needs a maxLength or a pattern, not both")
    return Text(node.get("minLength", 0), node.get("maxLength"), pattern)


def _boolean(node: dict[str, Json], where: str) -> Boolean:
    _only(node, where, {"type", "description"})
    return Boolean()


def _array(node: dict[str, Json], where: str) -> Array:
    _only(node, where, {"type", "items", "minItems", "maxItems", "description"})
    if type(node.get("maxItems")) is not int or "items" not in node:
        raise SchemaError(f"{where}: needs items and maxItems")
    return Array(_type(node["items"], f"{where}[]"), node.get("minItems", 0), node["maxItems"])


def _object(node: dict[str, Json], where: str) -> Object | Opaque:
    if "properties" not in node:
        _only(node, where, {"type"})
        return Opaque()
    known = {"type", "additionalProperties", "required", "properties", "oneOf", "description"}
    _only(node, where, known)
    if node.get("additionalProperties") is not False:
        raise SchemaError(f"{where}: needs additionalProperties: false")
    required = set(node.get("required", ()))
    if missing := required - set(node["properties"]):
        raise SchemaError(f"{where}: requires {sorted(missing)}, which it does not have")
    return Object(
        tuple(
            _field(name, inner, name in required, f"{where}.{name}")
            for name, inner in node["properties"].items()
        ),
        _either(node, where),
    )


def _either(node: dict[str, Json], where: str) -> tuple[str, ...]:
    """The optional fields of which exactly one is there: oneOf [{required: [a]}, ...]."""
    names = [option.get("required") for option in node.get("oneOf", ())]
    optional = set(node["properties"]) - set(node.get("required", ()))
    if not all(isinstance(one, list) and len(one) == 1 and one[0] in optional for one in names):
        raise SchemaError(f"{where}: oneOf in an object must require one optional field each")
    return tuple(one[0] for one in names)


def _field(name: str, node: Json, required: bool, where: str) -> Field:
    if not FIELD.fullmatch(name):
        raise SchemaError(f"{where}: field names are snake_case")
    found = _type(node, where)
    if isinstance(found, Object | Union):
        raise SchemaError(f"{where}: give objects a name in $defs")
    if isinstance(found, Const) and not required:
        raise SchemaError(f"{where}: a const field must be required")
    return Field(name, found, required, node.get("description", ""))


_Reader: TypeAlias = Callable[[dict[str, Json], str], Type]
_READERS: dict[str, _Reader] = {"$ref": _ref, "const": _const, "enum": _enum, "oneOf": _one_of}
_TYPED: dict[str, _Reader] = {
    '"integer"': _integer,
    '["integer", "null"]': _integer,
    '"string"': _text,
    '"boolean"': _boolean,
    '"array"': _array,
    '"object"': _object,
}
