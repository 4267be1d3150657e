"""Qwen3-ASR 0.6B at its full size, beside what else can run it, and beside the machine's limits.

Weights are random but have the official sizes (`_qwen3_checkpoint`); our own converter makes
the model of them. In one run, on one clip of 30 s, with 60 generated tokens and two threads,
three sides take turns, each in a process of its own: our engine, transformers with PyTorch
in the dtype that is fastest here (`_qwen3_torch`), and a pipeline as it is published
(`_qwen3_published`). Then our engine is dictated to, with and without what it keeps, and
four clients ask a real worker at once. A measurement during which others use more than 6 %
of the machine is repeated, three times at most.

It takes 4 GB of disk in `SOTTO_BENCH_DIR`, by default in the folder for temporary files,
10 GB of memory and about a quarter of an hour. The checkpoint is kept for the next run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from benchmarks._machine import machine
from benchmarks._qwen3_checkpoint import VERSION, checkpoint
from benchmarks._qwen3_engine import NAME, install, n_new
from benchmarks._qwen3_figures import (
    OURS,
    PUBLISHED,
    TORCH,
    Found,
    Limits,
    Sided,
    Work,
    figures_of,
    rows_of,
    split_of,
)
from benchmarks._qwen3_shape import Shape
from benchmarks._qwen3_sides import Side, Turn, started
from benchmarks._report import Rounds, report
from benchmarks._speech import folder as speech_folder
from benchmarks._speech import samples_of
from sidecar.domain import SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from sidecar.domain import Samples

CLIPS = ("en_ls_other_2609-156975-0007.flac", "en_jfk.wav")
CLIP_S, OPEN_S, SHORT_S = 30, 20, 5
N_THREADS = min(2, os.cpu_count() or 1)
ROUNDS, STREAMS, GROUPS, STARTS, LOOKS = 5, 3, 4, 5, 2
ONE_BLAS_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # as the sidecar has it


@dataclass(frozen=True, slots=True)
class Bench:
    """Where everything is.

    Attributes:
        ours, published: the converted models.
        source: the checkpoint.
        env: what processes of ours need in their environment.
        clip, open_clip, short_clip: sound of 30, 20 and 5 s.
    """

    ours: Path
    published: Path
    source: Path
    env: Mapping[str, str]
    clip: Path
    open_clip: Path
    short_clip: Path


@dataclass(frozen=True, slots=True)
class Converted:
    """What a conversion took."""

    seconds: float
    rss_bytes: int


def main() -> None:
    shape = Shape()
    base = Path(os.environ.get("SOTTO_BENCH_DIR") or Path(tempfile.gettempdir()) / "sotto-bench")
    folder = base / f"qwen3-asr-0.6b-{VERSION}"
    source = checkpoint(folder, shape)
    converted = convert(source, folder / "ours", "int8", "q4_k")
    if not (folder / "published").is_dir():
        convert(source, folder / "published", "fp32", "f16")
    found = measure(_bench(folder, source), shape, converted)
    print(f"{machine()}; others used up to {found.foreign:.0%} of it while we measured")
    _print_split(found)
    report("qwen3_asr", rows_of(found), figures_of(found))


def _bench(folder: Path, source: Path) -> Bench:
    import numpy as np

    samples = sound()
    clips = {seconds: folder / f"clip-{seconds}.npy" for seconds in (CLIP_S, OPEN_S, SHORT_S)}
    for seconds, path in clips.items():
        np.save(path, samples[: seconds * SAMPLE_RATE_HZ])
    env = {**install(folder, folder / "ours", N_THREADS), **ONE_BLAS_THREAD}
    return Bench(folder / "ours", folder / "published", source, env, *clips.values())


def sound() -> Samples:
    """30 s of people reading; of a made-up voice where there are no recordings."""
    import numpy as np

    from sidecar.convert.check import voice

    if all((speech_folder() / name).is_file() for name in CLIPS):
        joined = np.concatenate([samples_of(name) for name in CLIPS])
    else:
        joined = voice(CLIP_S)
    assert len(joined) >= CLIP_S * SAMPLE_RATE_HZ
    return joined[: CLIP_S * SAMPLE_RATE_HZ]


def convert(source: Path, target: Path, encoder: str, decoder: str) -> Converted:
    """Have a model made by `sotto convert`, anew."""
    shutil.rmtree(target, ignore_errors=True)
    kinds = ["--encoder", encoder, "--decoder", decoder]
    prefill = ["--prefill" if encoder == "int8" else "--no-prefill"]
    command = ["convert", str(source), str(target), "--id", NAME, *kinds, *prefill]
    began_s = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "sidecar", *command])
    _, status, used = os.wait4(process.pid, 0)
    took_s = time.perf_counter() - began_s
    if os.waitstatus_to_exitcode(status):
        sys.exit(f"the conversion to {encoder} and {decoder} has failed")
    return Converted(took_s, used.ru_maxrss * 1024)


def measure(bench: Bench, shape: Shape, converted: Converted) -> Found:
    """Everything that takes a machine for itself."""
    looks = [_look()]
    sides = _sided(bench)
    dictated, passes = _dictated(bench)
    together = _together(bench)
    looks += [_look() for _ in range(LOOKS - 1)]
    turns = [turn for side in sides.values() for turn in side.turns]
    work = Work(CLIP_S, n_new(CLIP_S), shape.encoder_flop(CLIP_S), _decoder_bytes(bench.ours))
    return Found(
        work=work,
        sides=sides,
        passes=passes,
        limits=Limits.best_of(looks),
        rounds={**dictated, "together": together},
        convert_s=converted.seconds,
        convert_rss_bytes=converted.rss_bytes,
        foreign=max(turn.foreign for turn in [*turns, *looks]),
    )


def _look() -> Turn:
    with started("limits", "benchmarks._qwen3_limits", N_THREADS, env=ONE_BLAS_THREAD) as side:
        return side.measure("limits", "measure")


def _sided(bench: Bench) -> dict[str, Sided]:
    """All sides in turns, after one that does not count."""
    ready_s = [_ready_s(bench) for _ in range(STARTS)]  # before the peers have the memory
    with ExitStack() as stack:
        torch, dtype = _fastest_torch(bench, stack)
        arguments = ("benchmarks._qwen3_published", bench.published, N_THREADS)
        published = stack.enter_context(started(PUBLISHED, *arguments, env=ONE_BLAS_THREAD))
        ours = stack.enter_context(_ours(bench))
        peer = {"clip": str(bench.clip), "n_new": n_new(CLIP_S)}
        asked: dict[Side, dict[str, object]] = {
            ours: {"clip": str(bench.clip)},
            published: {**peer},
            torch: {**peer},
        }
        for side, what in asked.items():
            side.ask("recognise", **what)
        for _ in range(ROUNDS):
            for side, what in asked.items():
                side.measure("clip", "recognise", **what)
        return {
            OURS: _summed(ours, ready_s, "int8, q4_k"),
            PUBLISHED: _summed(published, [published.ready_s], "fp32, f16"),
            TORCH: _summed(torch, [torch.ready_s], dtype),
        }


def _summed(side: Side, ready_s: list[float], detail: str) -> Sided:
    return Sided(side.turns["clip"], ready_s, side.peak_rss_bytes, detail)


def _fastest_torch(bench: Bench, stack: ExitStack) -> tuple[Side, str]:
    """PyTorch in the dtype that is faster on a short clip, loaded."""
    short = {"clip": str(bench.short_clip), "n_new": n_new(SHORT_S)}

    def took_s(dtype: str) -> float:
        with _torch(bench, dtype) as side:
            side.ask("recognise", **short)
            return side.measure("short", "recognise", **short).took_s

    dtype = min(("float32", "bfloat16"), key=took_s)
    return stack.enter_context(_torch(bench, dtype)), dtype


@contextmanager
def _torch(bench: Bench, dtype: str) -> Iterator[Side]:
    arguments = (bench.source, dtype, N_THREADS)
    with started(TORCH, "benchmarks._qwen3_torch", *arguments) as side:
        yield side


@contextmanager
def _ours(bench: Bench) -> Iterator[Side]:
    with started(OURS, "benchmarks._qwen3_ours", env=bench.env) as side:
        yield side


def _ready_s(bench: Bench) -> float:
    with _ours(bench) as side:
        return side.ready_s


def _dictated(bench: Bench) -> tuple[dict[str, Rounds], dict[str, list[Turn]]]:
    """A live dictation, with and without what the engine keeps between its passes."""
    partial, stop = f"partial at {OPEN_S} s", "stop to final text"
    found: dict[str, list[Turn]] = {partial: [], stop: []}
    rounds: dict[str, dict[str, list[float]]] = {
        "partial": {"partial": [], "full": []},
        "stream": {"stream": [], "naive": []},
        "stop": {"stop": [], "batch": []},
    }
    with _ours(bench) as side:
        for _ in range(STREAMS):
            kept, anew = (_stream(side, bench, keep=keep) for keep in (True, False))
            if kept.answer["text"] != anew.answer["text"]:
                sys.exit("a dictation ends with another text if nothing is kept: this is a bug")
            passes = [Turn(each, kept.foreign) for each in kept.answer["passes"]]
            found[partial].append(passes[OPEN_S - 1])
            found[stop].append(passes[-1])
            full = side.measure("full", "recognise", clip=str(bench.open_clip))
            batch = side.measure("batch", "recognise", clip=str(bench.clip))
            rounds["partial"]["partial"].append(passes[OPEN_S - 1].took_s)
            rounds["partial"]["full"].append(full.took_s)
            rounds["stream"]["stream"].append(float(kept.answer["cpu_s"]))
            rounds["stream"]["naive"].append(float(anew.answer["cpu_s"]))
            rounds["stop"]["stop"].append(passes[-1].took_s)
            rounds["stop"]["batch"].append(batch.took_s)
    return {name: Rounds(seconds) for name, seconds in rounds.items()}, found


def _stream(side: Side, bench: Bench, *, keep: bool) -> Turn:
    return side.measure("kept" if keep else "anew", "stream", clip=str(bench.clip), keep=keep)


def _together(bench: Bench) -> Rounds:
    """Four clients of a real worker, at once and one after the other."""
    ways = ("together", "alone")
    with started("worker", "benchmarks._qwen3_pool", env=bench.env) as side:
        for way in ways:
            side.ask(way, clip=str(bench.clip))
        for _ in range(GROUPS):
            texts = [side.measure(way, way, clip=str(bench.clip)).answer["texts"] for way in ways]
            if texts[0] != texts[1]:
                sys.exit("four clients at once get other texts than one by one: this is a bug")
        return Rounds({way: [turn.took_s for turn in side.turns[way]] for way in ways})


def _decoder_bytes(model: Path) -> int:
    """Weights that each token reads: not the embeddings, if there is an output layer beside."""
    import gguf

    sizes = {t.name: int(t.n_bytes) for t in gguf.GGUFReader(model / "decoder.gguf").tensors}
    if "output.weight" in sizes:
        del sizes["token_embd.weight"]
    return sum(sizes.values())


def _print_split(found: Found) -> None:
    heading, *lines = split_of(found)
    table = Table(title="seconds by stage; RTF; s to ready; GB", title_justify="left")
    for name in heading:
        table.add_column(name, justify="right" if name else "left")
    for line in lines:
        table.add_row(*line)
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
