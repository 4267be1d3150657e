"""Live dictation: how late, how steady, how right; beside the published policy.

Three replayers share recordings, engine and run. On a virtual clock passes take no time and
policies alone are compared: ours in a real session, and LocalAgreement-2 as published
(`_whisper_streaming`). In real time, chunk by chunk with jitter, a real sidecar is dictated
to over the wire; these figures hold what computing costs. Its sessions end at random points,
many within a word; one of them is ten minutes long.

The built-in engine bounds some figures: its partials are far worse than its finals, and
change much. Figures that end in `_oracle` are of an engine that knows the references
(`_oracle`), and show the policy.

By default a selection of the recordings is replayed, for about eight minutes on two cores.
With `SOTTO_BENCH_ALL=1` all English ones are, and more is killed; that takes half an hour.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from benchmarks._coverage import voiced
from benchmarks._figures import Found, figures_of, rows_of
from benchmarks._hour import rss_growth_mb
from benchmarks._kills import Crime, sidecar_kills, worker_kills
from benchmarks._oracle import NAME as ORACLE
from benchmarks._oracle import Known, install, spread
from benchmarks._report import report
from benchmarks._speech import clips, samples_of
from benchmarks._virtual import Replayed, noise_chars, replay_all
from benchmarks._walls import Said, long_session, short_sessions
from benchmarks._wire import Spoken, running, warm
from sidecar.engine.backends.builtin import BuiltinEngine
from sidecar.rpc.client import run
from sidecar.session.endpoints import live_endpointer

BUILTIN = "builtin"
LONG = "en_long_open.ogg"
CLIP = "en_jfk.wav"  # in which killings are done
MEANWHILE = (  # replayed while the long session catches up
    "en_dictation_v1_1_reminders.flac",
    "en_dictation_v1_6_calendar.flac",
    "en_dictation_v1_8_journal.flac",
    "en_jfk.wav",
    "en_ls_other_2033-164914-0008.flac",
)
AFTER = (
    "en_dictation_v1_2_lunch-email.flac",
    "en_dictation_v1_3_python-gui-prompt.flac",
    "en_dictation_v2_3_python-gui-prompt.flac",
    "en_fleurs_002.ogg",
    "en_fleurs_008.ogg",
    "en_ls_other_2609-156975-0007.flac",
    "en_mfa_acoustic_corpus.wav",
)
OTHER_SCRIPTS = ("zh_aishell1_LAS_joined.flac", "zhen_alternating_open.flac")
ALL = "SOTTO_BENCH_ALL"
N_SHORT, N_WORKERS, N_SIDECARS = 12, 50, 20

A = TypeVar("A")
T = TypeVar("T")

SENTENCES = (
    "The built-in engine mishears half of the words, and says something else in each pass: that "
    "bounds its commit delay, its flicker, and how close live text comes to offline text. The "
    "rows of the oracle, which knows the references, show the policy alone.",
    "Commit delays compare policies on a clock on which passes take no time. Both get the same "
    "engine in the same mode; the published policy hears all of the audio, once a second.",
)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        figures = figures_of(run(measure(Path(name))))
    print(*SENTENCES, sep="\n")
    report("streaming", rows_of(figures), figures)


async def measure(folder: Path) -> Found:
    said = {name: _said(name) for name in {LONG, CLIP, *MEANWHILE, *AFTER, *OTHER_SCRIPTS}}
    env = install(folder, [_known(name, one) for name, one in said.items()])
    os.environ.update(env)  # for the processes that replay, and their workers
    sys.path.insert(0, str(folder))
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as cores:
        short, long, first = await _in_real_time(folder, cores, said)
        rest = [_replays(cores, BUILTIN, names) for names in _halves(_after())]
        known = _replays(cores, ORACLE, (LONG, *MEANWHILE, *AFTER, *OTHER_SCRIPTS))
        noise = _apart(cores, noise_chars, BUILTIN)
        killings = await _killings(folder, env, said[CLIP])
        growth_mb = await _hour(folder, env, said[CLIP])
        second = [one for each in rest for one in await each]
        return Found([*first, *second], await known, short, long, await noise, *killings, growth_mb)


async def _in_real_time(
    folder: Path, cores: ProcessPoolExecutor, said: Mapping[str, Said]
) -> tuple[list[Spoken], Spoken, list[Replayed]]:
    """The sessions whose time counts, and what was replayed while it did not count yet."""
    async with running(_sub(folder, "walls"), BUILTIN, {}) as sidecar:
        await warm(sidecar)
        meanwhile = _replays(cores, BUILTIN, MEANWHILE)
        long = await long_session(sidecar, said[LONG], meanwhile)
        short = await short_sessions(sidecar, [said[name] for name in MEANWHILE], N_SHORT)
    return short, long, await meanwhile


async def _killings(folder: Path, env: Mapping[str, str], one: Said) -> tuple[int, int]:
    async with running(_sub(folder, "workers"), ORACLE, env) as sidecar:
        workers = await worker_kills(sidecar, one.samples, N_WORKERS)
    crime = Crime(_sub(folder, "sidecars"), env, ORACLE, N_SIDECARS)
    return workers, await sidecar_kills(crime, one.samples)


async def _hour(folder: Path, env: Mapping[str, str], one: Said) -> float:
    async with running(_sub(folder, "hour"), ORACLE, env) as sidecar:
        return await rss_growth_mb(sidecar, one.samples)


def _replays(
    cores: ProcessPoolExecutor, engine: str, names: Sequence[str]
) -> asyncio.Future[list[Replayed]]:
    return _apart(cores, partial(replay_all, engine), tuple(names))


def _apart(cores: ProcessPoolExecutor, work: Callable[[A], T], argument: A) -> asyncio.Future[T]:
    return asyncio.get_running_loop().run_in_executor(cores, work, argument)


def _after() -> list[str]:
    """What is replayed at the end: the selection, or everything that is English."""
    if not os.environ.get(ALL):
        return [*AFTER]
    return [
        clip["file"]
        for clip in clips()
        if clip["lang"] == "en" and clip["ref_kind"] == "human"
        if clip["file"] not in {LONG, *MEANWHILE}
    ]


def _halves(names: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    return names[::2], names[1::2]


def _said(name: str) -> Said:
    samples = samples_of(name)
    return Said(samples, voiced(samples, live_endpointer(BuiltinEngine.capabilities)))


def _known(name: str, one: Said) -> Known:
    text = next(clip["text"] for clip in clips() if clip["file"] == name)
    return Known(one.samples, spread(text, one.speech))


def _sub(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name
