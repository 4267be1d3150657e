"""The commands below `sotto models`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sidecar.cli.options import Language
from sidecar.cli.plain import plain_endings
from sidecar.config import ENGINE_NAME

models = typer.Typer(
    help="The models of this machine: get them, check them, remove them.",
    invoke_without_command=True,
    add_completion=False,
)

Json = Annotated[bool, typer.Option("--json", help="For programs.")]


def _check_id(model: str) -> str:
    """Refuse what cannot be the name of a model."""
    if not ENGINE_NAME.fullmatch(model):
        raise typer.BadParameter("Give a model's id, such as qwen3-asr-0.6b; see sotto models.")
    return model


def _check_id_if_any(model: str | None) -> str | None:
    return model and _check_id(model)


def _check_ids(ids: list[str] | None) -> list[str] | None:
    return ids and [_check_id(model) for model in ids]


Model = Annotated[str, typer.Argument(metavar="ID", callback=_check_id, help="See sotto models.")]


@models.callback()
def all_models(context: typer.Context) -> None:
    """Get models, check them, remove them. Without a command, list them."""
    if context.invoked_subcommand is None:
        _list("", None, as_json=False)


@models.command("list")
def list_models(*, as_json: Json = False) -> None:
    """List the models that are installed, and those that can be."""
    _list("", None, as_json=as_json)


@models.command()
def search(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[WORD]...", help="Of the id or the name.")
    ] = None,
    *,
    language: Language = None,
    as_json: Json = False,
) -> None:
    """List the models with these words in their name, or that understand a language."""
    _list(" ".join(words or ()), language, as_json=as_json)


@models.command()
def install(
    model: Model,
    *,
    source: Annotated[
        str | None,
        typer.Option(
            help="huggingface, hf-mirror, modelscope, hf+https://HOST, modelscope+https://HOST, or"
            " the https address of a folder.  [default: the first that works]"
        ),
    ] = None,
) -> None:
    """Download a model, convert it for this machine and put it in its place.

    Ctrl-C stops it; what has come is kept, and the same command goes on from there.
    """
    from sidecar.cli.model_work import install_model

    with plain_endings():
        raise typer.Exit(install_model(model, source or ""))


@models.command("import")
def import_model(
    folder: Annotated[
        Path,
        typer.Argument(
            exists=True, file_okay=False, help="An official checkpoint, or an installed model."
        ),
    ],
    *,
    model: Annotated[
        str | None,
        typer.Option("--id", callback=_check_id_if_any, help="What to call it.  [default: its id]"),
    ] = None,
) -> None:
    """Install a model from a folder on this machine. The folder is only read."""
    from sidecar.cli.model_work import bring_model

    with plain_endings():
        raise typer.Exit(bring_model(folder.absolute(), model or ""))


@models.command()
def verify(
    ids: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ID]...", callback=_check_ids, help="[default: all that are installed]"
        ),
    ] = None,
) -> None:
    """Read every file of models and compare it with what it was. Exit code 1 if one differs."""
    from sidecar.cli.model_work import verify_models

    with plain_endings():
        raise typer.Exit(verify_models(ids or ()))


@models.command()
def remove(model: Model) -> None:
    """Delete a model, or what has come of one."""
    from sidecar.cli.model_work import remove_model

    with plain_endings():
        raise typer.Exit(remove_model(model))


def _list(query: str, language: str | None, *, as_json: bool) -> None:
    from sidecar.cli.model_work import list_models

    with plain_endings():
        raise typer.Exit(list_models(query, language or "", as_json=as_json))
