"""The command `sotto`. Each command is thin: it reads its arguments and calls one module."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

import typer

from sidecar import __version__
from sidecar.cli.history import history
from sidecar.cli.kept import kept
from sidecar.cli.models import models
from sidecar.cli.options import Align, Engine, Force, Form, Hotwords, Language, Output, wants_times
from sidecar.cli.plain import plain_endings
from sidecar.cli.preferences import config
from sidecar.config import ENGINE_NAME
from sidecar.model_store.manifest import DecoderKind, EncoderKind
from sidecar.text.formats import Format

_NUMBER = re.compile(r"\d{1,3}(\.\d+)?")

app = typer.Typer(
    name="sotto",
    help="Turn speech into text on this machine, with nothing sent anywhere.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(kept, name="recordings")
app.add_typer(models, name="models")
app.add_typer(history, name="history")
app.add_typer(config, name="config")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"sotto {__version__}")
        raise typer.Exit


def _check_pace(pace: str) -> str:
    """Refuse what is no speed."""
    if pace != "max" and not (_NUMBER.fullmatch(pace) and 0.1 <= float(pace) <= 100):
        raise typer.BadParameter("Give a number from 0.1 to 100, where 1 is as spoken, or max.")
    return pace


def _check_id(model: str) -> str:
    """Refuse what cannot be the name of an engine."""
    if not ENGINE_NAME.fullmatch(model):
        raise typer.BadParameter("Give lower-case letters, digits, dots and hyphens.")
    return model


@app.callback()
def sotto(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Turn speech into text on this machine, with nothing sent anywhere."""


@app.command()
def transcribe(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE", help="Recordings in any format; - reads stdin."),
    ],
    *,
    form: Form = Format.TXT,
    output: Output = None,
    force: Force = False,
    language: Language = None,
    engine: Engine = None,
    hotwords: Hotwords = None,
    align: Align = None,
) -> None:
    """Turn recordings into text, JSON or subtitles.

    Uses the sidecar that is running, or starts one for as long as the work takes.
    """
    from sidecar.cli.files import plan
    from sidecar.cli.transcribe import Request, transcribe_files

    words = tuple(hotwords or ())
    request = Request(form, language, engine, words, wants_times(form, align))
    with plain_endings():
        jobs = plan(files, form, output, force=force)
        raise typer.Exit(transcribe_files(jobs, request))


@app.command()
def listen(
    *,
    form: Annotated[
        Format, typer.Option("--format", "-f", help="What to write; all but txt at the end.")
    ] = Format.TXT,
    recording: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="A recording in place of the microphone."),
    ] = None,
    pace: Annotated[
        str,
        typer.Option(callback=_check_pace, help="Of that recording: 1 as spoken, or max."),
    ] = "1",
    device: Annotated[
        str | None, typer.Option(help="Number of a microphone, or a part of its name.")
    ] = None,
    list_devices: Annotated[
        bool, typer.Option("--list-devices", help="Show the microphones, and do nothing else.")
    ] = False,
    batch: Annotated[
        bool, typer.Option("--batch", help="No text before a pause; less work for the engine.")
    ] = False,
    language: Language = None,
    engine: Engine = None,
    hotwords: Hotwords = None,
) -> None:
    """Dictate: text appears while you speak. Ctrl-C ends with the final text."""
    from sidecar.cli.listen import Request, listen, show_devices, source_of

    mode: Literal["live", "batch"] = "batch" if batch else "live"
    request = Request(form, language, engine, tuple(hotwords or ()), mode)
    with plain_endings():
        if list_devices:
            raise typer.Exit(show_devices())
        source = source_of(recording, None if pace == "max" else float(pace), device)
        raise typer.Exit(listen(source, request))


@app.command()
def serve() -> None:
    """Run a sidecar in the foreground, for other programs to use."""
    from sidecar.cli.serve import serve_in_foreground

    with plain_endings():
        raise typer.Exit(serve_in_foreground())


@app.command()
def convert(
    source: Annotated[Path, typer.Argument(help="Folder of an official checkpoint.")],
    target: Annotated[Path, typer.Argument(help="Folder to make.")],
    *,
    model: Annotated[str, typer.Option("--id", callback=_check_id, help="Name of the model.")],
    encoder: Annotated[EncoderKind, typer.Option(help="How its weights are kept.")] = "int8",
    decoder: Annotated[DecoderKind, typer.Option(help="How its weights are kept.")] = "q4_k",
    prefill: Annotated[bool, typer.Option(help="Take audio in faster, for more memory.")] = True,
    progress: Annotated[Literal["bar", "json"], typer.Option(help="json is for programs.")] = "bar",
) -> None:
    """Turn an official checkpoint into a model that Sotto runs; `sotto models` does it all."""
    from sidecar.cli.convert import convert_for_person, convert_for_program, leave
    from sidecar.convert.order import Order

    order = Order(source, target, model, encoder, decoder, prefill)
    work = convert_for_program if progress == "json" else convert_for_person
    try:
        with plain_endings():
            leave(work(order))
    except typer.Exit as ending:
        leave(ending.exit_code)


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="For programs and bug reports.")] = False,
) -> None:
    """Say what works here, what is missing and how to fix it."""
    from sidecar.cli.doctor import examine, report

    with plain_endings():
        raise typer.Exit(report(examine(), as_json=as_json))


@app.command()
def bench(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[MODEL]...", help="[default: all installed]")
    ] = None,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Measure, and leave everything as it is.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Find out how installed models run best here, and what that is enough for.

    Threads and processors are tried for some seconds each; models run the best way from then on.
    """
    from sidecar.cli.bench import bench

    with plain_endings():
        raise typer.Exit(bench(ids or (), keep=not dry_run, as_json=as_json))


@app.command()
def demo() -> None:
    """Start a sidecar, let it hear a short clip, and show what comes back."""
    from sidecar.cli.demo import run_demo

    with plain_endings():
        raise typer.Exit(run_demo())


@app.command()
def polish(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A text; - reads stdin.")] = "-",
    *,
    url: Annotated[str, typer.Option(help="Of an OpenAI-compatible service, often with /v1.")],
    model: Annotated[str, typer.Option(help="Of that service.")],
    language: Language = None,
    hotwords: Hotwords = None,
) -> None:
    """Have a language model clean dictated text: punctuation, fillers, stutters, nothing else.

    The text goes to the service; its key is read from SOTTO_LLM_KEY. What comes back is checked:
    a text that is not the same is printed as it was, with exit code 3.
    """
    from sidecar.cli.polish import Request, polish_text, read_text

    request = Request(url, model, language, tuple(hotwords or ()))
    with plain_endings():
        raise typer.Exit(polish_text(read_text(file), request))
