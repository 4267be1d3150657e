"""The schema in memory, as `loader` reads it and the generators see it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import msgspec


class SchemaError(Exception):
    """The schema says something the generators do not understand; the message says where."""


@dataclass(frozen=True, slots=True)
class Integer:
    """Always within bounds; `nullable` where nil is allowed too."""

    minimum: int
    maximum: int
    nullable: bool


@dataclass(frozen=True, slots=True)
class Text:
    """Lengths count code points. A pattern covers the whole string."""

    min_length: int
    max_length: int | None
    pattern: str | None


@dataclass(frozen=True, slots=True)
class Boolean:
    """True or false."""


@dataclass(frozen=True, slots=True)
class Opaque:
    """A map whose content another type describes: `params` and `result` of the envelope."""


@dataclass(frozen=True, slots=True)
class Const:
    """A string that is always the same."""

    value: str


@dataclass(frozen=True, slots=True)
class Enum:
    """One of a few strings."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Array:
    """A list of one type."""

    items: Type
    min_items: int
    max_items: int


@dataclass(frozen=True, slots=True)
class Ref:
    """Another definition, by name."""

    name: str


@dataclass(frozen=True, slots=True)
class Field:
    """One entry of an object."""

    name: str
    type: Type
    required: bool
    about: str


@dataclass(frozen=True, slots=True)
class Object:
    """A map with these fields and no others; of those in `either`, exactly one is there."""

    fields: tuple[Field, ...]
    either: tuple[str, ...] = ()

    def const(self, name: str) -> str | None:
        """The value of the const field `name`, if there is one."""
        for field in self.fields:
            if field.name == name and isinstance(field.type, Const):
                return field.type.value
        return None


@dataclass(frozen=True, slots=True)
class Union:
    """One of several objects, told apart by the const field `tag`."""

    variants: tuple[str, ...]
    tag: str


Type: TypeAlias = Integer | Text | Boolean | Opaque | Const | Enum | Array | Ref | Object | Union


@dataclass(frozen=True, slots=True)
class Definition:
    """A named type."""

    name: str
    about: str
    type: Type


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of the entries of `protocol.json`."""

    about: str


class Limit(Entry, frozen=True, kw_only=True):
    """A number that both ends keep to."""

    value: int


class Error(Entry, frozen=True, kw_only=True):
    """A kind of error and its JSON-RPC code."""

    kind: str
    code: int
    retryable: bool


class Method(Entry, frozen=True, kw_only=True):
    """A request, its types, and who may call it."""

    name: str
    since: int
    who: Literal["any", "owner"]
    tmo_ms: int
    params: str
    result: str
    events: tuple[str, ...]


class Notification(Entry, frozen=True, kw_only=True):
    """A message without an answer."""

    name: str
    source: Literal["client", "sidecar"] = msgspec.field(name="from")
    params: str


class Event(Entry, frozen=True, kw_only=True):
    """Something that can happen within a request."""

    name: str
    delivery: Literal["must", "latest", "append"] = msgspec.field(name="class")
    data: str


class Protocol(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`protocol.json` as it stands."""

    name: str
    version: tuple[int, int]
    limits: dict[str, Limit]
    errors: tuple[Error, ...]
    methods: tuple[Method, ...]
    notifications: tuple[Notification, ...]
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Schema:
    """All of it, every reference resolved. `types` lists dependencies before their users."""

    protocol: Protocol
    types: Mapping[str, Definition]
    sha256: str

    def tag_of(self, name: str) -> tuple[str, str] | None:
        """The tag field and value of an object that is a variant of a union."""
        for definition in self.types.values():
            union = definition.type
            if isinstance(union, Union) and name in union.variants:
                return union.tag, object_of(self.types[name]).const(union.tag) or ""
        return None


def object_of(definition: Definition) -> Object:
    """The definition's type, which must be an object."""
    if not isinstance(definition.type, Object):
        raise SchemaError(f"{definition.name}: must be an object")
    return definition.type


def references(node: Type) -> Iterator[str]:
    """The names a type refers to, in order of appearance."""
    match node:
        case Ref(name):
            yield name
        case Union(variants):
            yield from variants
        case Array(items):
            yield from references(items)
        case Object(fields):
            for field in fields:
                yield from references(field.type)
        case _:
            pass
