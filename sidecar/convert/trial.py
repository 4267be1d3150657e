"""How fast each kind of weights is on this machine: random layers of each are run.

Layers are those of Qwen3-ASR 0.6B, and as many as no processor's cache holds. What counts is
how the kinds compare, which hardly depends on the size of a model.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np

from sidecar.convert.architecture import Architecture, AudioShape, TextShape
from sidecar.convert.decoder_gguf import write_decoder
from sidecar.convert.graph import GraphWriter
from sidecar.convert.quantise import product, rows
from sidecar.convert.tensors import needed_tensors
from sidecar.convert.vocabulary import END_OF_TEXT, END_OF_TURN, TokenType, Vocabulary
from sidecar.inference.context import DecoderOptions
from sidecar.inference.decoder import Decoder, Run
from sidecar.inference.quantiser import Kind, quantise
from sidecar.inference.session import Session, SessionOptions

if TYPE_CHECKING:
    import numpy.typing as npt

    from sidecar.model_store.manifest import EncoderKind

    Floats = npt.NDArray[np.float32]

T = TypeVar("T", bound=str)

N_TRIES: Final = 15
N_LAYERS: Final = 6  # 50 MB in four bits
N_TOKENS: Final = 256
WINDOW: Final = 104  # rows of an encoder's products: eight seconds
N_PRODUCTS: Final = 4

_AUDIO = AudioShape(128, 480, 896, 18, 14, 3584, 1024, 100, 8)
_TEXT = TextShape(1024, N_LAYERS, 16, 8, 128, 3072, N_TOKENS, 1e-6, 1e6, 4096, tied=True)
_MODEL = Architecture("qwen3-asr", "original", _AUDIO, _TEXT)


def decoder_steps_s(kinds: Sequence[Kind], n_threads: int) -> Mapping[Kind, float]:
    """Time of a step of some layers in llama.cpp, with weights of each kind.

    Raises:
        LoadFailedError: llama.cpp is not there.
        DiskFullError: there is no room for 400 MB of temporary files.
    """
    options = DecoderOptions(
        n_cells=256, n_sequences=1, n_threads=n_threads, n_batch_threads=n_threads
    )
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        write_decoder(folder / "half.gguf", _MODEL, _random_blocks, _vocabulary(), "f16")
        decoders = {}
        for kind in kinds:
            path = folder / f"{kind}.gguf"
            quantise(folder / "half.gguf", path, kind, row=_TEXT.width, n_threads=n_threads)
            decoders[kind] = Decoder(path, options)
            stack.callback(decoders[kind].close)
        return _in_turns({kind: _step_of(decoder) for kind, decoder in decoders.items()})


def encoder_products_s(kinds: Sequence[EncoderKind], n_threads: int) -> Mapping[EncoderKind, float]:
    """Time of some products of an encoder in ONNX Runtime, with weights of each kind."""
    weights = _random((_AUDIO.ffn, _AUDIO.width)), _random((_AUDIO.width, _AUDIO.ffn))
    x = _random((WINDOW, _AUDIO.width))
    # Windows deletes no file that a session has mapped.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        works = {}
        for kind in kinds:
            path = Path(name) / f"{kind}.onnx"
            _write_products(path, weights, kind)
            works[kind] = _run_of(Session(path, SessionOptions(n_threads)), x)
        return _in_turns(works)


def _in_turns(works: Mapping[T, Callable[[], object]]) -> Mapping[T, float]:
    """What each takes, as a rule: whatever else the machine does hits all of them."""
    took_s: dict[T, list[float]] = {kind: [] for kind in works}
    for _ in range(1 + N_TRIES):
        for kind, work in works.items():
            began_s = time.perf_counter()
            work()
            took_s[kind].append(time.perf_counter() - began_s)
    return {kind: median(times[1:]) for kind, times in took_s.items()}  # the first one warms up


def _step_of(decoder: Decoder) -> Callable[[], object]:
    def step() -> None:
        decoder.advance([Run(0, [0])], _never)
        decoder.rewind(0, 0)

    return step


def _run_of(session: Session, x: Floats) -> Callable[[], object]:
    return lambda: session.run({"x": x}, _never)


def _write_products(path: Path, weights: tuple[Floats, Floats], kind: EncoderKind) -> None:
    with GraphWriter(path) as graph:
        x = graph.input("x", np.float32, ["n", _AUDIO.width])
        for _ in range(N_PRODUCTS):
            for weight in weights:
                entering = rows(graph, x, kind)
                x = product(graph, entering, weight, kind)
        graph.output("y", x, np.float32, ["n", _AUDIO.width])


def _random(shape: tuple[int, ...]) -> Floats:
    return np.random.default_rng(0).standard_normal(shape, np.float32) * np.float32(0.03)


def _random_blocks(name: str) -> Iterator[Floats]:
    yield _random(needed_tensors(_MODEL)[name])


def _vocabulary() -> Vocabulary:
    others = [f"t{number}" for number in range(N_TOKENS - 2)]
    return Vocabulary((*others, END_OF_TURN, END_OF_TEXT), (TokenType.NORMAL,) * N_TOKENS, ("t 0",))


def _never() -> bool:
    return False
