"""Our Silero against the `silero-vad` package's own wrappers, per frame, one thread each.

The package's wrappers take one frame a call. Ours takes as many as there are: a file
gives 31 (one second), a live microphone 3 (100 ms); the figure is for files, the other
rows say what smaller pieces cost.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks._report import Row, report, take_turns
from benchmarks._speech import samples_of
from sidecar.vad.base import FRAME_SAMPLES
from sidecar.vad.silero import SileroVad

if TYPE_CHECKING:
    from sidecar.domain import Samples

CLIP = "en_jfk.wav"
GOAL = 0.35
PIECES = {"ours, 1 frame": 1, "ours, 3 frames": 3, "ours, 31 frames": 31}


def main() -> None:
    samples = samples_of(CLIP)
    frames = samples[: len(samples) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    sides: dict[str, Callable[[], Samples]] = {
        "torch": package(frames),
        "onnx": package(frames, onnx=True),
    }
    for name, n in PIECES.items():
        sides[name] = ours(frames, n)
    check_they_agree(sides)
    rounds = take_turns(sides, rounds=25)
    us = {name: rounds.median_s(name) / len(frames) * 1e6 for name in sides}
    rows = [
        Row(f"{name} a call / {peer} wrapper", us[name], "us/frame", us[peer], ratio, goal)
        for peer, goal in (("torch", GOAL), ("onnx", None))
        for name in PIECES
        for ratio in [rounds.ratio(name, peer)]
    ]
    figures = {
        "vs_torch_wrapper": rounds.ratio("ours, 31 frames", "torch"),
        "live_vs_torch_wrapper": rounds.ratio("ours, 3 frames", "torch"),
        "one_frame_vs_torch_wrapper": rounds.ratio("ours, 1 frame", "torch"),
        "vs_onnx_wrapper": rounds.ratio("ours, 31 frames", "onnx"),
    }
    report("vad", rows, figures)


def package(frames: Samples, *, onnx: bool = False) -> Callable[[], Samples]:
    """The package's wrapper: by default the torch.jit model, else ONNX fed with tensors."""
    try:
        import torch
        from silero_vad import load_silero_vad
    except ImportError as error:
        sys.exit(
            f"the peer is missing ({error.name}): `make bench NAME=vad` sets up .venv-bench, "
            "or run `pip install torch==2.13.0` in this environment"
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model: Any = load_silero_vad(onnx=onnx)
    tensors = [torch.from_numpy(frame) for frame in frames.copy()]

    def run() -> Samples:
        model.reset_states()
        with torch.no_grad():
            heard = [model(tensor, 16_000).item() for tensor in tensors]
        return np.array(heard, np.float32)

    return run


def ours(frames: Samples, n: int) -> Callable[[], Samples]:
    vad = SileroVad()

    def run() -> Samples:
        vad.reset()
        pieces = [vad.probabilities(frames[at : at + n]) for at in range(0, len(frames), n)]
        return np.concatenate(pieces)

    return run


def check_they_agree(sides: dict[str, Callable[[], Samples]]) -> None:
    heard = {name: side() for name, side in sides.items()}
    for name, probabilities in heard.items():
        difference = float(np.abs(probabilities - heard["torch"]).max())
        if difference > 1e-3:
            sys.exit(f"{name} differs from the torch wrapper by {difference}")
