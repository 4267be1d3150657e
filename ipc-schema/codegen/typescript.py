"""Writes `electron-app/src/shared/protocol.ts`: types, guards that check every bound, constants."""

from __future__ import annotations

from collections.abc import Iterator

import model

HEAD = """\
// The messages of the protocol, its methods, events, errors and limits.
// Generated from ipc-schema/ by ipc-schema/codegen/generate.py. Do not edit.
//
// A guard checks everything the schema says about the fields it knows, and ignores others.
// Lengths of strings count code points, as in the sidecar.
"""

HELPERS = """\
type Guard = (value: unknown) => boolean

export function isMap(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  return !Array.isArray(value) && !ArrayBuffer.isView(value)
}

function isInteger(value: unknown, low: number, high: number): boolean {
  return Number.isInteger(value) && (value as number) >= low && (value as number) <= high
}

function isText(value: unknown, low: number, high: number): boolean {
  if (typeof value !== 'string' || !value.isWellFormed()) return false
  let length = 0
  for (const _ of value) length += 1
  return length >= low && length <= high
}

function isMatch(value: unknown, pattern: RegExp): boolean {
  return typeof value === 'string' && pattern.test(value)
}

function isList(value: unknown, low: number, high: number, isItem: Guard): boolean {
  return Array.isArray(value) && value.length >= low && value.length <= high && value.every(isItem)
}
"""


def generate(schema: model.Schema) -> str:
    """The text of the module."""
    protocol = schema.protocol
    blocks = [HEAD + "\n" + _constants(schema), HELPERS]
    blocks += [_definition(definition) for definition in schema.types.values()]
    blocks += ["\n".join(lines) for lines in (_methods(protocol), _method_types(protocol))]
    blocks += ["\n".join(lines) for lines in (_notifications(protocol), _events(protocol))]
    blocks += ["\n".join(_errors(protocol))]
    return "\n\n".join(block.strip("\n") for block in blocks) + "\n"


def _constants(schema: model.Schema) -> str:
    major, minor = schema.protocol.version
    lines = [
        f"export const PROTOCOL_VERSION = [{major}, {minor}] as const",
        f"export const SCHEMA_HASH = '{schema.sha256}'",
        "",
        "export const LIMITS = {",
    ]
    for name, limit in schema.protocol.limits.items():
        lines += [f"  /** {limit.about} */", f"  {name}: {limit.value},"]
    return "\n".join([*lines, "} as const"])


def _definition(definition: model.Definition) -> str:
    name, node = definition.name, definition.type
    about = f"/** {definition.about} */"
    head = f"export function is{name}(value: unknown): value is {name} {{"
    if not isinstance(node, model.Object):
        guard = f"{head}\n  return {_guard(node, 'value')}\n}}"
        return f"{about}\nexport type {name} = {_type(node)}\n\n{guard}"
    checks = ["isMap(value)", *(_field_guard(field) for field in node.fields), *_either_guard(node)]
    guard = "\n".join([head, "  return (", "    " + " &&\n    ".join(checks), "  )", "}"])
    return "\n".join([about, *_interface(name, node), "", guard])


def _interface(name: str, node: model.Object) -> Iterator[str]:
    if not node.fields:
        yield f"export type {name} = Readonly<Record<string, never>>"
        return
    yield f"export interface {name} {{"
    for field in node.fields:
        if field.about:
            yield f"  /** {field.about} */"
        key = field.name if field.name.isidentifier() else f"'{field.name}'"
        yield f"  readonly {key}{'' if field.required else '?'}: {_type(field.type)}"
    yield "}"


def _type(node: model.Type) -> str:  # noqa: PLR0911 - one line per kind of type
    match node:
        case model.Integer(nullable=nullable):
            return "number | null" if nullable else "number"
        case model.Text():
            return "string"
        case model.Boolean():
            return "boolean"
        case model.Opaque():
            return "Readonly<Record<string, unknown>>"
        case model.Const(value):
            return f"'{value}'"
        case model.Enum(values):
            return " | ".join(f"'{value}'" for value in values)
        case model.Ref(name):
            return name
        case model.Union(variants):
            return " | ".join(variants)
        case model.Array(items, low, high) if low == high:
            return f"readonly [{', '.join([_type(items)] * low)}]"
        case model.Array(items):
            return f"readonly {_type(items)}[]"
        case model.Object():
            raise model.SchemaError("an object without a name")


def _field_guard(field: model.Field) -> str:
    value = f"value['{field.name}']"
    guard = _guard(field.type, value)
    return guard if field.required else f"({value} === undefined || {guard})"


def _either_guard(node: model.Object) -> Iterator[str]:
    if node.either:
        values = ", ".join(f"value['{name}']" for name in node.either)
        yield f"[{values}].filter((one) => one !== undefined).length === 1"


def _guard(node: model.Type, value: str) -> str:  # noqa: PLR0911 - one line per kind of type
    match node:
        case model.Integer(low, high, nullable):
            check = f"isInteger({value}, {low}, {high})"
            return f"({value} === null || {check})" if nullable else check
        case model.Text(pattern=str(pattern)):
            return f"isMatch({value}, /{pattern}/)"
        case model.Text(low, high):
            return f"isText({value}, {low}, {high})"
        case model.Boolean():
            return f"typeof {value} === 'boolean'"
        case model.Opaque():
            return f"isMap({value})"
        case model.Const(const):
            return f"{value} === '{const}'"
        case model.Enum(values):
            return "(" + " || ".join(f"{value} === '{option}'" for option in values) + ")"
        case model.Ref(name):
            return f"is{name}({value})"
        case model.Union(variants):
            return " || ".join(f"is{variant}({value})" for variant in variants)
        case model.Array(items, low, high):
            return f"isList({value}, {low}, {high}, (item) => {_guard(items, 'item')})"
        case model.Object():
            raise model.SchemaError("an object without a name")


def _methods(protocol: model.Protocol) -> Iterator[str]:
    yield "/** Every request the sidecar answers, and who may call it. */"
    yield "export const METHODS = {"
    for method in protocol.methods:
        events = ", ".join(f"'{event}'" for event in method.events)
        yield f"  /** {method.about} */"
        yield f"  '{method.name}': {{"
        yield f"    since: {method.since}, who: '{method.who}', tmoMs: {method.tmo_ms},"
        yield f"    isParams: is{method.params}, isResult: is{method.result}, events: [{events}],"
        yield "  },"
    yield "} as const"


def _method_types(protocol: model.Protocol) -> Iterator[str]:
    yield "/** What goes into each request and what comes out. */"
    yield "export interface Methods {"
    for method in protocol.methods:
        yield f"  '{method.name}': {{ params: {method.params}; result: {method.result} }}"
    yield "}"
    yield ""
    yield "export type MethodName = keyof Methods"


def _notifications(protocol: model.Protocol) -> Iterator[str]:
    yield "/** Every notification, and the end that sends it. */"
    yield "export const NOTIFICATIONS = {"
    for note in protocol.notifications:
        yield f"  '{note.name}': {{ source: '{note.source}', isParams: is{note.params} }},"
    yield "} as const"
    yield ""
    yield "/** What each notification carries. */"
    yield "export interface Notifications {"
    for note in protocol.notifications:
        yield f"  '{note.name}': {note.params}"
    yield "}"
    yield ""
    yield "export type NotificationName = keyof Notifications"


def _events(protocol: model.Protocol) -> Iterator[str]:
    yield "/** Every event. How it is delivered: see docs/protocol.md. */"
    yield "export const EVENTS = {"
    for event in protocol.events:
        yield f"  {event.name}: {{ delivery: '{event.delivery}' }},"
    yield "} as const"


def _errors(protocol: model.Protocol) -> Iterator[str]:
    yield "/** Every kind of error. */"
    yield "export const ERRORS = {"
    for error in protocol.errors:
        retryable = str(error.retryable).lower()
        yield f"  {error.kind}: {{ code: {error.code}, retryable: {retryable} }},"
    yield "} as const"
    yield ""
    yield "export type ErrorKind = keyof typeof ERRORS"
