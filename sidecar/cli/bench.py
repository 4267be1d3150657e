"""`sotto bench`: finds out how each installed model runs best here, and what that is enough for.

Ways of running a model differ in threads, in who computes the audio encoder, and in what takes
audio in. Each that may be worth it is tried in a worker of its own, for a few seconds; the
best one is written beside the model, where its engine reads it. How the weights of new models
are best kept is measured first (`sidecar.cli.weighing`), unless models are named.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import msgspec
from rich.console import Console
from rich.table import Table

from sidecar.cli import plain
from sidecar.cli.installed import models_folder, speech_models
from sidecar.cli.speed import measure
from sidecar.cli.weighing import weigh
from sidecar.errors import EngineMissingError, SottoError
from sidecar.host.paths import private_dir
from sidecar.inference.session import Provider
from sidecar.inference.threads import physical_cores
from sidecar.model_store.manifest import PREFILL, Manifest, read_manifest
from sidecar.model_store.tuning import Speed, Tuning, read_tuning, write_tuning, write_weights

WORTH_IT = 0.95  # of the time: less gain is no reason for more threads, or for another way
SOME_THREADS = 4  # from there on memory, rather than arithmetic, sets the pace of most models

PLENTY_RTF = 0.12  # with twice the work live text is still quick
FEW_BITS = ("q4_k", "q5_k")

Measure: TypeAlias = Callable[[Tuning], Awaitable[Speed]]


@dataclass(frozen=True, slots=True)
class Trial:
    """One way of running a model: how fast that is, or why it is none."""

    tuning: Tuning
    speed: Speed | None
    trouble: str = ""

    @property
    def cost_s(self) -> float:
        """What a person waits for: live text, and the end."""
        return self.speed.final_s + self.speed.partial_s if self.speed else float("inf")


@dataclass(frozen=True, slots=True)
class Benched:
    """One model, and all that was tried."""

    manifest: Manifest
    trials: Sequence[Trial]

    @property
    def best(self) -> Trial:
        """The fastest way, or the plainest that is nearly as fast."""
        return best_of(self.trials)

    @property
    def tuning(self) -> Tuning | None:
        """The best way with what was measured; None if there is none."""
        best = self.best
        return msgspec.structs.replace(best.tuning, speed=best.speed) if best.speed else None


def bench(ids: Sequence[str], *, keep: bool, as_json: bool) -> int:
    """Measure kinds of weights and all models, or those that are named.

    The exit code is 1 if one does not run.

    Args:
        ids: which models.
        keep: write down how each runs best.
        as_json: for programs.

    Raises:
        ConfigError: the data folder cannot be used.
        EngineMissingError: there is no such model here.
        ModelCorruptError: a model is damaged.
        OSError: the result cannot be written.
    """
    chosen = _chosen(ids)
    weighed = None if ids else weigh(physical_cores())
    if keep and weighed is not None:
        write_weights(private_dir(models_folder()), weighed.weights)
    found = [(folder, asyncio.run(bench_model(name, folder))) for name, folder in chosen]
    for folder, each in found:
        if keep and each.tuning is not None:
            write_tuning(folder, each.tuning)
    benched = [each for _, each in found]
    if as_json:
        models = [_as_builtins(each) for each in benched]
        weights = weighed.as_builtins() if weighed else None
        result = {"weights": weights, "dictate_with": to_dictate_with(benched), "models": models}
        plain.put(json.dumps(result, indent=2) + "\n")
    else:
        if weighed is not None:
            weighed.put(Console())
        _print_all(benched, keep=keep)
    return plain.EXIT_FAILED if any(each.tuning is None for each in benched) else 0


async def bench_model(name: str, folder: Path) -> Benched:
    """Try all ways of running a model that may be worth it.

    Raises:
        ModelCorruptError: it is damaged.
    """
    manifest = read_manifest(folder)
    plain.say(f"Measuring how {name} runs best here ...")

    async def try_out(tuning: Tuning) -> Speed:
        return await measure(name, folder, tuning)

    trials = await search(
        physical_cores(), _providers(), try_out, prefill=PREFILL in manifest.files
    )
    return Benched(manifest, trials)


async def search(
    cores: int, providers: Sequence[Provider], try_out: Measure, *, prefill: bool
) -> list[Trial]:
    """Try numbers of threads, then at the best one the other ways, each by itself.

    Args:
        cores: physical ones.
        providers: who can compute here, the processor included.
        try_out: measures one way. A `SottoError` means that it is none.
        prefill: the model has a graph that takes audio in.
    """
    plain_way = Tuning(cores=cores, threads=cores, provider=str(Provider.CPU), prefill=prefill)
    trials = [
        await _tried(msgspec.structs.replace(plain_way, threads=threads), try_out)
        for threads in thread_counts(cores)
    ]
    best = best_of(trials).tuning
    others = [msgspec.structs.replace(best, prefill=False)] if prefill else []
    others += [
        msgspec.structs.replace(best, provider=str(provider))
        for provider in providers
        if provider is not Provider.CPU
    ]
    return trials + [await _tried(other, try_out) for other in others]


def thread_counts(cores: int) -> list[int]:
    """Numbers of threads that may be best, fewest first.

    >>> thread_counts(1), thread_counts(2), thread_counts(6), thread_counts(16)
    ([1], [1, 2], [3, 4, 6], [4, 8, 16])
    """
    return sorted({max(1, cores // 2), min(cores, SOME_THREADS), cores})


def best_of(trials: Sequence[Trial]) -> Trial:
    """The first trial that costs hardly more than the cheapest: the plain ones come first."""
    least_s = min(trial.cost_s for trial in trials)
    return next(trial for trial in trials if trial.cost_s * WORTH_IT <= least_s)


def to_dictate_with(benched: Sequence[Benched]) -> str | None:
    """The model with the most weights that gives live text, or else the fastest that runs.

    Of models that differ in their bits alone, that is the one in the most bits that the
    machine keeps up with.
    """
    running = [each for each in benched if each.best.speed]
    live = [each for each in running if each.best.speed and each.best.speed.mode == "live"]
    if live:
        return max(live, key=lambda each: each.manifest.total_bytes).manifest.id
    return min(running, key=lambda each: each.best.cost_s).manifest.id if running else None


def sentence(speed: Speed) -> str:
    """What such a speed is enough for.

    >>> print(sentence(Speed(load_s=1, final_s=2, partial_s=0.4, interval_s=0.8, mode="live")))
    live text every 0.8 s, 10 s of speech in 2.0 s (real-time factor 0.20)
    """
    enough = {
        "live": f"live text every {speed.interval_s:.1f} s",
        "finals": "text at each pause, none while you speak",
        "batch": "recordings alone: it is slower than speech",
    }
    heard = f"10 s of speech in {speed.final_s:.1f} s (real-time factor {speed.rtf:.2f})"
    return f"{enough[speed.mode]}, {heard}"


def advice(manifest: Manifest, speed: Speed) -> str:
    """Which bits suit a machine of that speed."""
    if speed.mode == "live":
        if speed.rtf <= PLENTY_RTF and manifest.decoder.quantization in FEW_BITS:
            return "There is time to spare: a larger model, or a decoder in q8_0, mishears less."
        return "This model suits this machine."
    if manifest.decoder.quantization not in FEW_BITS:
        return "A decoder in q4_k (see sotto convert --help) reads less memory, and is faster."
    if manifest.encoder.quantization != "int8":
        return "An encoder in int8 (see sotto convert --help) is faster."
    return "A smaller model would be faster, and the built-in engine gives live text."


def tuned_here(folder: Path) -> Tuning | None:
    """What was found of a model on this machine, if it was measured."""
    return read_tuning(folder, physical_cores())


async def _tried(tuning: Tuning, try_out: Measure) -> Trial:
    try:
        return Trial(tuning, await try_out(tuning))
    except SottoError as error:
        return Trial(tuning, None, error.message)


def _chosen(ids: Sequence[str]) -> list[tuple[str, Path]]:
    there = speech_models()
    for name in ids:
        if name not in there:
            raise EngineMissingError(
                f"No model that hears is installed as {name}. List all with: sotto models"
            )
    return [(name, there[name]) for name in ids or there]


def _providers() -> list[Provider]:
    """Who can compute graphs with this ONNX Runtime."""
    import onnxruntime

    present = onnxruntime.get_available_providers()
    return [provider for provider in Provider if provider in present]


def _as_builtins(benched: Benched) -> Mapping[str, object]:
    manifest, best = benched.manifest, benched.tuning
    return {
        "model": manifest.id,
        "encoder": manifest.encoder.quantization,
        "decoder": manifest.decoder.quantization,
        "best": msgspec.to_builtins(best),
        "trials": [
            {
                **msgspec.to_builtins(trial.tuning),
                "speed": msgspec.to_builtins(trial.speed),
                "trouble": trial.trouble,
            }
            for trial in benched.trials
        ],
    }


def _print_all(benched: Sequence[Benched], *, keep: bool) -> None:
    console = Console()
    if not benched:
        console.print("No model is installed. See what can be, with: sotto models")
    for each in benched:
        _print(each, console, keep=keep)
    chosen = to_dictate_with(benched)
    if len(benched) > 1 and chosen:
        console.print(f"To dictate, use {chosen} (SOTTO_ENGINE={chosen}).")


def _print(benched: Benched, console: Console, *, keep: bool) -> None:
    manifest, best = benched.manifest, benched.best
    kinds = f"encoder {manifest.encoder.quantization}, decoder {manifest.decoder.quantization}"
    table = Table(title=f"{manifest.id} ({kinds})", title_justify="left", box=None)
    for heading in ("threads", "encoder on", "prefill by", "ready", "10 s to text", "live text"):
        table.add_column(heading, justify="right")
    table.add_column("")
    for trial in benched.trials:
        table.add_row(*_cells(trial), "best" if trial is best and trial.speed else trial.trouble)
    console.print(table)
    if best.speed is None:
        plain.say(f"{manifest.id} does not run here: {best.trouble}")
        return
    console.print(f"{manifest.id}: {sentence(best.speed)}.")
    console.print(advice(manifest, best.speed))
    console.print("It runs so from its next start on." if keep else "Nothing was changed.")


def _cells(trial: Trial) -> list[str]:
    tuning, speed = trial.tuning, trial.speed
    way = [
        str(tuning.threads),
        tuning.provider.removesuffix("ExecutionProvider"),
        "ONNX Runtime" if tuning.prefill else "llama.cpp",
    ]
    if speed is None:
        return [*way, "-", "-", "-"]
    return [*way, f"{speed.load_s:.1f} s", f"{speed.final_s:.2f} s", f"{speed.partial_s:.2f} s"]
