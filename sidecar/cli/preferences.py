"""`sotto config`: what a person has chosen, for all front ends."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from sidecar.cli.plain import plain_endings

config = typer.Typer(
    help="What you have chosen, for all front ends.",
    invoke_without_command=True,
    add_completion=False,
)


@config.callback()
def show(
    context: typer.Context,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """List what is chosen. With a command, do that instead."""
    if context.invoked_subcommand is None:
        with plain_endings():
            _show(as_json=as_json)


@config.command("set")
def choose(
    key: Annotated[str, typer.Argument(metavar="KEY", help="A name from sotto config.")],
    value: Annotated[
        list[str] | None,
        typer.Argument(metavar="[VALUE]...", help="Several for hotwords; none for an empty text."),
    ] = None,
) -> None:
    """Choose otherwise. Only for the owner of the running sidecar, if a program has started it."""
    with plain_endings():
        _choose(key, value or [])


def _show(*, as_json: bool) -> None:
    from sidecar.cli import plain

    chosen = _chosen()
    if as_json:
        plain.put(json.dumps(chosen, ensure_ascii=False) + "\n")
        return
    width = max(map(len, chosen))
    lines = (f"{name:<{width}}  {_said(value)}\n" for name, value in chosen.items())
    plain.put(plain.harmless("".join(lines)))


def _chosen() -> dict[str, Any]:
    from sidecar.cli.connect import any_sidecar
    from sidecar.rpc.client import run

    async def ask() -> dict[str, Any]:
        async with any_sidecar() as client:
            return await client.history.preferences()

    return run(ask())


def _choose(key: str, values: list[str]) -> None:
    from sidecar.cli.connect import any_sidecar
    from sidecar.rpc.client import run

    async def ask() -> None:
        async with any_sidecar() as client:
            chosen = await client.history.preferences()
            await client.history.choose(key, _meant(chosen.get(key), values))

    run(ask())


def _meant(now: object, values: list[str]) -> object:
    """What was typed, as the kind of thing that is there now."""
    if isinstance(now, list | tuple):
        return values
    typed = " ".join(values)
    if isinstance(now, bool):
        return {"true": True, "on": True, "false": False, "off": False}.get(typed.lower(), typed)
    if isinstance(now, int) and typed.isascii() and typed.isdigit():
        return int(typed[:9])
    return typed


def _said(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return json.dumps(value) if isinstance(value, bool | int) else str(value)
