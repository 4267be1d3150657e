"""An installed model in memory: its encoder, its decoder, and what is kept in it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sidecar.engine.backends.feeding import Feeding, Graph
from sidecar.engine.backends.generation import FIRST_GUESSES
from sidecar.engine.backends.prompt import Prompter
from sidecar.engine.backends.sequences import Sequences
from sidecar.errors import ModelCorruptError
from sidecar.inference.context import DecoderOptions
from sidecar.inference.decoder import Decoder, Run
from sidecar.inference.embeddings import Table
from sidecar.inference.encoder import Encoder, EncoderOptions
from sidecar.inference.prefill import LayerOptions, Prefill
from sidecar.inference.session import Provider, SessionOptions
from sidecar.inference.threads import Threads
from sidecar.model_store.manifest import DECODER, EMBEDDINGS, ENCODER, PREFILL, STEM

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from sidecar.engine.backends.family import Family
    from sidecar.engine.base import Abort
    from sidecar.model_store.manifest import Manifest

    Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class MachineOptions:
    """How a model is run.

    Attributes:
        n_threads: one per physical core; fewer are used while other programs want them.
        n_together: passes that are made at once.
        n_cells: positions that all segments have together.
        kv: type of keys and values.
        n_gpu_layers: see `DecoderOptions`.
        providers: who computes the encoder, best first.
        prefill: use the model's graph for keys and values, if it has one.
    """

    n_threads: int
    n_together: int = 4
    n_cells: int = 2048
    kv: Literal["f16", "f32"] = "f16"
    n_gpu_layers: int = 0
    providers: tuple[Provider, ...] = (Provider.CPU,)
    prefill: bool = True


class Machine:
    """The parts of a model, loaded. For one thread.

    Args:
        folder: of the model.
        manifest: its description.
        family: how it is asked.
        options: see there.

    Attributes:
        encoder, decoder, prompter, feeding, sequences: its parts.

    Raises:
        LoadFailedError: a library or a file is missing.
        ModelCorruptError: the files do not fit together, or one is damaged.
        OutOfMemoryError: no room for it.
    """

    def __init__(
        self, folder: Path, manifest: Manifest, family: Family, options: MachineOptions
    ) -> None:
        self._threads = Threads(options.n_threads)
        # A segment more than are heard at once, so that a prompt has a place to stay in.
        n_sequences = 2 * options.n_together
        prefills = options.prefill and not options.n_gpu_layers and PREFILL in manifest.files
        with ThreadPoolExecutor(1) as beside:  # both take about as long
            graphs = beside.submit(_graphs, folder, options, prefills=prefills)
            table = folder / EMBEDDINGS if manifest.decoder.rough_head else None
            settings = _decoder_options(options, n_sequences)
            self.decoder = Decoder(folder / DECODER, settings, table)
            hands_over = prefills and self.decoder.hands_over(manifest.kv_heads * manifest.head_dim)
            self.encoder, prefill = graphs.result()
        self.prompter = _prompter(folder, manifest, family, self.decoder)
        graph = None
        if prefill is not None and hands_over:
            n_tokens = self.decoder.vocabulary.n_tokens
            graph = Graph(prefill, Table(folder / EMBEDDINGS, manifest.width, n_tokens))
        self.feeding = Feeding(self.decoder, graph)
        self.sequences = Sequences(self.decoder, self.feeding, n_sequences)

    def advance(self, runs: Sequence[Run], abort: Abort) -> list[Floats]:
        """Take a step in several sequences, and learn from it how many threads are worth it."""
        self.decoder.set_threads(self._threads.count, self._threads.count)
        began_s, used_s = time.perf_counter(), time.process_time()
        found = self.decoder.advance(runs, abort)
        self._threads.took(time.perf_counter() - began_s, time.process_time() - used_s)
        return found

    def rewind(self, sequence: int, length: int) -> None:
        """Forget what a sequence has beyond that length."""
        self.decoder.rewind(sequence, length)

    def make_room(self) -> bool:
        """Empty the sequence of an idle segment; whether there was one."""
        return self.sequences.make_room()


def _graphs(
    folder: Path, options: MachineOptions, *, prefills: bool
) -> tuple[Encoder, Prefill | None]:
    """The encoder, and what computes keys and values, if that is wanted."""
    session = SessionOptions(options.n_threads, options.providers)
    # One by one, so that they are the same to the last bit whenever they are computed.
    encoder = Encoder(folder / STEM, folder / ENCODER, EncoderOptions(session, 1, 1))
    if not prefills:
        return encoder, None
    on_cpu = LayerOptions(SessionOptions(options.n_threads))
    return encoder, Prefill(folder / PREFILL, on_cpu)


def _decoder_options(options: MachineOptions, n_sequences: int) -> DecoderOptions:
    return DecoderOptions(
        n_cells=options.n_cells,
        n_sequences=n_sequences,
        n_outputs=FIRST_GUESSES + 4,  # each takes 1 MB in a vocabulary of 150 000
        n_threads=options.n_threads,
        n_batch_threads=options.n_threads,
        kv=options.kv,
        n_gpu_layers=options.n_gpu_layers,
    )


def _prompter(folder: Path, manifest: Manifest, family: Family, decoder: Decoder) -> Prompter:
    try:
        if decoder.width != manifest.width or decoder.n_layers != manifest.layers:
            raise ValueError(f"{decoder.n_layers} layers of width {decoder.width}")
        return Prompter(family, decoder.vocabulary)
    except ValueError as error:
        raise ModelCorruptError(
            f"The files of the model {folder.name} do not fit together. Install it again.",
            detail=DECODER,
        ) from error
