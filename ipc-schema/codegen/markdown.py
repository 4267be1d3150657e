"""Writes the reference part of `docs/protocol.md`, between two markers; the rest is prose."""

from __future__ import annotations

from collections.abc import Iterator

import model

BEGIN = "<!-- generated from ipc-schema/ by ipc-schema/codegen/generate.py; do not edit -->"
END = "<!-- end of the generated part -->"


def generate(schema: model.Schema, page: str) -> str:
    """The page with its reference brought up to date.

    Raises:
        SchemaError: the page has lost its markers.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise model.SchemaError("docs/protocol.md: the markers of the generated part are missing")
    return f"{before}{BEGIN}\n{_reference(schema)}\n{END}{after}"


def _reference(schema: model.Schema) -> str:
    protocol = schema.protocol
    major, minor = protocol.version
    head = f"Protocol {major}.{minor}, schema hash `{schema.sha256}`."
    parts = (_methods, _notifications, _events, _errors, _limits)
    sections = ["\n".join(part(protocol)) for part in parts]
    return "\n\n".join([head, *sections, "\n".join(_types(schema))])


def _methods(protocol: model.Protocol) -> Iterator[str]:
    yield "### Methods"
    yield "| method | since | who | params | result | events | default `tmo` |"
    yield "|---|---|---|---|---|---|---|"
    major = protocol.version[0]
    for method in protocol.methods:
        events = ", ".join(f"`{event}`" for event in method.events) or "none"
        yield (
            f"| `{method.name}` | {major}.{method.since} | {method.who} | {_link(method.params)} "
            f"| {_link(method.result)} | {events} | {method.tmo_ms} ms |"
        )
    yield ""
    for method in protocol.methods:
        yield f"- `{method.name}`: {method.about}"


def _notifications(protocol: model.Protocol) -> Iterator[str]:
    yield "### Notifications"
    yield "| notification | from | params | |"
    yield "|---|---|---|---|"
    for note in protocol.notifications:
        yield f"| `{note.name}` | {note.source} | {_link(note.params)} | {note.about} |"


def _events(protocol: model.Protocol) -> Iterator[str]:
    yield "### Events"
    yield "| event | class | data | |"
    yield "|---|---|---|---|"
    for event in protocol.events:
        yield f"| `{event.name}` | {event.delivery} | {_link(event.data)} | {event.about} |"


def _errors(protocol: model.Protocol) -> Iterator[str]:
    yield "### Errors"
    yield "| kind | code | retryable | |"
    yield "|---|---|---|---|"
    for error in protocol.errors:
        retryable = "yes" if error.retryable else "no"
        yield f"| `{error.kind}` | {error.code} | {retryable} | {error.about} |"


def _limits(protocol: model.Protocol) -> Iterator[str]:
    yield "### Limits"
    yield "| limit | value | |"
    yield "|---|---|---|"
    for name, limit in protocol.limits.items():
        yield f"| `{name}` | {limit.value} | {limit.about} |"


def _types(schema: model.Schema) -> Iterator[str]:
    yield "### Types"
    for definition in sorted(schema.types.values(), key=lambda definition: definition.name):
        yield f"#### {definition.name}"
        yield definition.about
        if not isinstance(definition.type, model.Object):
            yield f"\nIt is {_article(_type(definition.type))}."
        elif definition.type.fields:
            yield ""
            yield "| field | type | |"
            yield "|---|---|---|"
            for field in definition.type.fields:
                yield f"| {_name(field)} | {_type(field.type)} | {field.about} |"
            if definition.type.either:
                names = ", ".join(f"`{name}`" for name in definition.type.either)
                yield f"\nOf {names}, exactly one is there."
        yield ""


def _name(field: model.Field) -> str:
    return f"`{field.name}`" if field.required else f"`{field.name}`, optional"


def _type(node: model.Type) -> str:  # noqa: PLR0911 - one line per kind of type
    match node:
        case model.Integer(low, high, nullable):
            return f"integer, {low} to {high}" + (", or null" if nullable else "")
        case model.Text(pattern=str(pattern)):
            return f"string, `{pattern}`"
        case model.Text(low, high):
            return f"string, {low} to {high} characters"
        case model.Boolean():
            return "boolean"
        case model.Opaque():
            return "map"
        case model.Const(value):
            return f'`"{value}"`'
        case model.Enum(values):
            return "one of " + ", ".join(f'`"{value}"`' for value in values)
        case model.Ref(name):
            return _link(name)
        case model.Union(variants, tag):
            return f"one of {', '.join(map(_link, variants))}, told apart by `{tag}`"
        case model.Array(items, low, high) if low == high:
            return f"array of {low}: {_type(items)}"
        case model.Array(items, low, high):
            return f"array of {low} to {high}: {_type(items)}"
        case model.Object():
            raise model.SchemaError("an object without a name")


def _article(described: str) -> str:
    if described.startswith("one "):
        return described
    return f"{'an' if described[0] in 'aeiou' else 'a'} {described}"


def _link(name: str) -> str:
    return f"[{name}](#{name.lower()})"
