"""Writes `sidecar/protocol/messages.py`: one frozen msgspec Struct per object type."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator

import model

HEAD = '''\
"""The messages of the protocol, its methods, events, errors and limits.

Generated from ipc-schema/ by ipc-schema/codegen/generate.py. Do not edit.

The structs take what the schema allows and ignore fields they do not know. Absent
optional fields are UNSET, which is falsy. Building a struct checks no bounds; reading one
does (`sidecar.protocol.codec`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, TypeAlias

from msgspec import UNSET, Struct, UnsetType
from msgspec import Meta as Is  # the schema has a Meta of its own
'''

SPECS = '''\
class Method(Struct, frozen=True, kw_only=True):
    """A request the sidecar answers. `who` may call it: any client, or only an owner."""

    since: int
    who: Literal["any", "owner"]
    tmo_ms: int
    params: type[Struct]
    result: type[Struct]
    events: tuple[str, ...]


class Notice(Struct, frozen=True, kw_only=True):
    """A notification, and the end that sends it."""

    source: Literal["client", "sidecar"]
    params: type[Struct]


class EventSpec(Struct, frozen=True, kw_only=True):
    """An event. How it is delivered: see docs/protocol.md."""

    delivery: Literal["must", "latest", "append"]
    data: type[Struct]


class ErrorSpec(Struct, frozen=True, kw_only=True):
    """A kind of error."""

    code: int
    retryable: bool
'''


def generate(schema: model.Schema) -> str:
    """The text of the module."""
    blocks = [HEAD + _constants(schema), _limits(schema)]
    blocks += [_definition(schema, definition) for definition in schema.types.values()]
    blocks += [SPECS, "\n".join(_tables(schema.protocol))]
    return "\n\n\n".join(block.strip("\n") for block in blocks) + "\n"


def _constants(schema: model.Schema) -> str:
    version, digest = schema.protocol.version, _quoted(schema.sha256)
    return f"\nPROTOCOL_VERSION: Final = {version}\nSCHEMA_HASH: Final = {digest}\n"


def _limits(schema: model.Schema) -> str:
    lines = ["class Limits(Struct, frozen=True, kw_only=True):"]
    lines += _docstring("The limits that both ends keep.")
    for name, limit in schema.protocol.limits.items():
        lines += ["", f"    {name}: int = {limit.value}", *_docstring(limit.about)]
    return "\n".join([*lines, "", "", "LIMITS: Final = Limits()"])


def _definition(schema: model.Schema, definition: model.Definition) -> str:
    if isinstance(definition.type, model.Object):
        return _struct(schema, definition, definition.type)
    alias = f"{definition.name}: TypeAlias = {_type(definition.type)}"
    return "\n".join([alias, *_docstring(definition.about, indent="")])


def _struct(schema: model.Schema, definition: model.Definition, node: model.Object) -> str:
    tag = schema.tag_of(definition.name)
    fields = [field for field in node.fields if tag is None or field.name != tag[0]]
    options = ["Struct", "frozen=True", "kw_only=True"]
    if tag:
        options += [f"tag_field={_quoted(tag[0])}", f"tag={_quoted(tag[1])}"]
    renamed = {_attribute(f.name): f.name for f in fields if _attribute(f.name) != f.name}
    if renamed:
        options.append(f"rename={json.dumps(renamed)}")
    lines = [f"class {definition.name}({', '.join(options)}):", *_docstring(definition.about)]
    if fields:
        lines.append("")
    for field in fields:
        lines += _field(field)
    return "\n".join([*lines, *_either_check(node)])


def _field(field: model.Field) -> Iterator[str]:
    optional = "" if field.required else " | UnsetType = UNSET"
    yield f"    {_attribute(field.name)}: {_type(field.type)}{optional}"
    if field.about:
        yield from _docstring(field.about)


def _either_check(node: model.Object) -> Iterator[str]:
    if not node.either:
        return
    values = ", ".join(f"self.{_attribute(name)}" for name in node.either)
    yield ""
    yield "    def __post_init__(self) -> None:"
    yield f"        if [value is UNSET for value in ({values})].count(False) != 1:"
    yield f'            raise ValueError("Expected exactly one of {", ".join(node.either)}")'


def _attribute(name: str) -> str:
    return name.removeprefix("$")


def _type(node: model.Type) -> str:  # noqa: PLR0911 - one line per kind of type
    match node:
        case model.Integer(low, high, nullable):
            return f"Annotated[int, Is(ge={low}, le={high})]" + (" | None" if nullable else "")
        case model.Text():
            return f"Annotated[str, Is({_text_bounds(node)})]"
        case model.Boolean():
            return "bool"
        case model.Opaque():
            return "dict[str, Any]"
        case model.Const(value):
            return f"Literal[{_quoted(value)}]"
        case model.Enum(values):
            return f"Literal[{', '.join(map(_quoted, values))}]"
        case model.Ref(name):
            return name
        case model.Union(variants):
            return " | ".join(variants)
        case model.Array(items, low, high) if low == high:
            return f"tuple[{', '.join([_type(items)] * low)}]"
        case model.Array(items, low, high):
            bounds = f"min_length={low}, max_length={high}" if low else f"max_length={high}"
            return f"Annotated[tuple[{_type(items)}, ...], Is({bounds})]"
        case model.Object():
            raise model.SchemaError("an object without a name")


def _text_bounds(node: model.Text) -> str:
    if node.pattern is not None:
        whole = node.pattern.removesuffix("$") + r"\Z"  # $ also matches before a final newline
        return f'pattern=r"{whole}"'
    low = f"min_length={node.min_length}, " if node.min_length else ""
    return f"{low}max_length={node.max_length}"


def _tables(protocol: model.Protocol) -> Iterator[str]:
    yield "METHODS: Final[Mapping[str, Method]] = {"
    for method in protocol.methods:
        events = "".join(f"{_quoted(name)}," for name in method.events)
        yield f"    {_quoted(method.name)}: Method("
        yield f"        since={method.since}, who={_quoted(method.who)}, tmo_ms={method.tmo_ms},"
        yield f"        params={method.params}, result={method.result}, events=({events}),"
        yield "    ),"
    yield "}"
    yield "NOTIFICATIONS: Final[Mapping[str, Notice]] = {"
    for note in protocol.notifications:
        source = _quoted(note.source)
        yield f"    {_quoted(note.name)}: Notice(source={source}, params={note.params}),"
    yield "}"
    yield "EVENTS: Final[Mapping[str, EventSpec]] = {"
    for event in protocol.events:
        delivery = _quoted(event.delivery)
        yield f"    {_quoted(event.name)}: EventSpec(delivery={delivery}, data={event.data}),"
    yield "}"
    yield "ERRORS: Final[Mapping[str, ErrorSpec]] = {"
    for error in protocol.errors:
        spec = f"ErrorSpec(code={error.code}, retryable={error.retryable})"
        yield f"    {_quoted(error.kind)}: {spec},"
    yield "}"


def _docstring(text: str, indent: str = "    ") -> list[str]:
    one_line = f'{indent}"""{text}"""'
    if len(one_line) <= 100:
        return [one_line]
    lines = textwrap.wrap(text, 100, initial_indent=f'{indent}"""', subsequent_indent=indent)
    return [*lines, f'{indent}"""']


def _quoted(text: str) -> str:
    return json.dumps(text)
