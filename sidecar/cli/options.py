"""Options that several commands have, with what is refused before any work is done."""

from __future__ import annotations

from typing import Annotated

import typer

from sidecar.config import ENGINE_NAME
from sidecar.text.formats import Format


def _check_language(tag: str | None) -> str | None:
    """Refuse what cannot be a language before any work is done; the engine decides the rest."""
    if tag is not None and not 2 <= len(tag) <= 35:
        raise typer.BadParameter("Give a language tag, such as en or zh-CN.")
    return tag


def _check_engine(name: str | None) -> str | None:
    """Refuse what cannot be an engine's name."""
    if name is not None and not ENGINE_NAME.fullmatch(name):
        raise typer.BadParameter("Give an engine's name, such as builtin; sotto doctor lists them.")
    return name


def _check_hotwords(words: list[str] | None) -> list[str] | None:
    """Refuse more or longer words than one request may hold."""
    if words and (len(words) > 256 or not all(1 <= len(word) <= 64 for word in words)):
        raise typer.BadParameter("Give at most 256 words of 1 to 64 characters.")
    return words


Align = Annotated[
    bool | None,
    typer.Option(
        "--align/--no-align",
        help="Have an aligner find when words are said, where the engine does not tell."
        " Done for all but txt, if one is installed.",
        show_default=False,
    ),
]
Form = Annotated[Format, typer.Option("--format", "-f", help="What to write.")]
Output = Annotated[
    str | None,
    typer.Option("--output", "-o", help="A file, or a folder for several.  [default: stdout]"),
]
Force = Annotated[bool, typer.Option("--force", help="Replace files that exist.")]
Language = Annotated[
    str | None,
    typer.Option(
        "--language", "-l", callback=_check_language, help="Spoken language, such as en or zh-CN."
    ),
]
Engine = Annotated[
    str | None,
    typer.Option("--engine", "-e", callback=_check_engine, help="Engine to use; see sotto doctor."),
]
Hotwords = Annotated[
    list[str] | None,
    typer.Option(
        "--hotword",
        callback=_check_hotwords,
        help="A word that is likely to be said. May be repeated.",
    ),
]


def wants_times(form: Format, align: bool | None) -> bool:
    """Whether words are to be aligned: where they are shown, unless that was said."""
    return form is not Format.TXT if align is None else align
