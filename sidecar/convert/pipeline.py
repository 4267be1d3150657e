"""A conversion from its first to its last step: official checkpoint in, installed model out.

Graphs, decoder and hashes of the source are made side by side, each in a thread and each with
one tensor in memory at a time. Then the finished model is compared with its checkpoint, and
only if it computes the same does it appear under its name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from sidecar.convert.architecture import FILE as CONFIG
from sidecar.convert.check import check_decoder, check_encoder
from sidecar.convert.checkpoint import INDEX, Checkpoint
from sidecar.convert.decoder_gguf import write_decoder, write_embeddings, write_tokenizer
from sidecar.convert.description import manifest_of
from sidecar.convert.encoder_graph import write_encoder
from sidecar.convert.order import Order
from sidecar.convert.prefill_graph import write_aligner, write_prefill
from sidecar.convert.progress import Abort, Progress, Report
from sidecar.convert.room import DECODER_BYTES, check_room, needs, sizes
from sidecar.convert.stem_graph import write_stem
from sidecar.convert.team import Team, left_alone
from sidecar.convert.tensor_order import reorder
from sidecar.convert.vocabulary import Vocabulary, read_vocabulary, tokenizer_files
from sidecar.convert.workplace import LOCK, workplace
from sidecar.errors import OutOfMemoryError
from sidecar.inference.quantiser import Kind, quantise
from sidecar.model_store.manifest import (
    CLASSIFIER,
    DECODER,
    EMBEDDINGS,
    ENCODER,
    PREFILL,
    STEM,
    TOKENIZER,
    EncoderKind,
    KeptKind,
    Manifest,
    Stored,
    describe,
    write_manifest,
)

HALF: Final = "half.gguf"
"""What llama.cpp quantises; gone afterwards."""
SORTED: Final = "sorted.gguf"
"""What it writes, sorted by layer; gone, too."""
MARKS: Final = {"qwen3-asr": "<asr_text>", "qwen3-forced-aligner": "<timestamp>"}


def convert(order: Order, report: Report, abort: Abort) -> Manifest:
    """Make an installed model of a checkpoint.

    Args:
        order: what to convert, and how.
        report: told how far it is, from any thread.
        abort: asked often, from any thread; True means stop now.

    Returns:
        The manifest of the model, which is in its place.

    Raises:
        LoadFailedError: the checkpoint is of a kind that Sotto cannot run, or the model does
            not compute what the checkpoint does.
        ModelCorruptError: a file of the checkpoint is damaged; `detail` is its name.
        OutOfMemoryError: too little memory is free.
        DiskFullError: too little disk is.
        InvalidParamsError: there is something at the target.
        BusyError: another process is making the same model.
        CancelledError: `abort` returned True.
        In every case nothing is left behind.
    """
    progress = Progress(report, abort)
    checkpoint = Checkpoint(order.source, progress.add)
    order.target.parent.mkdir(parents=True, exist_ok=True)
    work = _Work(order, checkpoint, progress)
    check_room(work.needs, order.target.parent)
    try:
        with workplace(order.target) as folder:
            return work.run(folder)
    except MemoryError:
        raise OutOfMemoryError(
            "Memory ran out while the model was converted. Close other programs."
        ) from None


class _Work:
    """One conversion."""

    def __init__(self, order: Order, checkpoint: Checkpoint, progress: Progress) -> None:
        self._order = order
        self._checkpoint = checkpoint
        self._model = checkpoint.model
        self._progress = progress
        self._prefill = order.prefill and not self._model.n_classes
        self._vocabulary: Vocabulary = read_vocabulary(
            order.source, self._model.text.rows, MARKS[self._model.family]
        )
        self._kept = self._decoder_kind()
        self._rough_head = (
            self._prefill and self._model.text.tied and self._kept in ("q8_0", "q5_k", "q4_k")
        )
        self.needs = needs(
            *(self._model, order.encoder, self._kept),
            prefill=self._prefill,
            rough_head=self._rough_head,
        )

    def run(self, folder: Path) -> Manifest:
        """Fill the folder.

        Raises:
            SottoError: as `convert`.
        """
        source = [self._order.source / name for name in self._source_files()]
        n = sizes(self._model)
        n_times = 1 if self._model.n_classes else 2  # that a weight is written, then quantised
        weights = n.encoder + n_times * n.decoder + self._rough_head * n.embeddings
        weights += self._prefill * (n.layers + n.embeddings)
        total = 4 * weights + _bytes_of(source)
        self._progress.begin("converting", total)
        with Team(self._progress) as team:
            read = team.start(self._hash, source)
            team.start(self._write_graphs, folder)
            team.start(self._write_decoder, folder)
        made = sorted(path for path in folder.iterdir() if path.name != LOCK)
        self._progress.begin("checking", 4 * (n.encoder + n.decoder) + _bytes_of(made))
        kinds, ended = (self._order.encoder, self._kept), self._progress.ended
        with Team(self._progress) as team:
            files = team.start(self._hash, made)
            heard = team.start(check_encoder, folder, self._checkpoint, kinds[0], ended)
            said = team.start(
                check_decoder, folder, self._checkpoint, kinds[1], self._rough_head, ended
            )
        repo = self._order.source.resolve().name.encode(errors="replace").decode() or "local"
        manifest = manifest_of(
            *(self._model, self._order.id, repo, kinds),
            read=read.result(),
            files=files.result(),
            measured=heard.result() | said.result(),
            rough_head=self._rough_head,
        )
        write_manifest(folder, manifest)
        return manifest

    def _source_files(self) -> list[str]:
        folder = self._order.source
        index = [INDEX] if (folder / INDEX).is_file() else []
        return [CONFIG, *tokenizer_files(folder), *index, *self._checkpoint.files]

    def _hash(self, paths: Sequence[Path]) -> dict[str, Stored]:
        return {path.name: describe(path, _counted(self._progress)) for path in paths}

    def _write_graphs(self, folder: Path) -> None:
        checkpoint, kind = self._checkpoint, self._order.encoder
        write_stem(folder / STEM, self._model.audio, checkpoint, kind)
        write_encoder(folder / ENCODER, self._model.audio, checkpoint, kind)
        if self._prefill:
            write_prefill(folder / PREFILL, self._model.text, checkpoint, "int8")
        if self._prefill or self._model.n_classes:
            write_embeddings(folder / EMBEDDINGS, self._model, checkpoint.blocks)

    def _write_decoder(self, folder: Path) -> None:
        model, blocks, kind = self._model, self._checkpoint.blocks, self._order.decoder
        if model.n_classes:
            self._write_aligner(folder)
            return
        if kind == "f32" or kind == "f16":  # noqa: PLR1714 - mypy follows this
            write_decoder(folder / DECODER, model, blocks, self._vocabulary, kind)
            return
        write_decoder(
            folder / HALF, model, blocks, self._vocabulary, "f16", with_head=self._rough_head
        )
        self._quantise(folder / HALF, folder / SORTED, kind)
        (folder / HALF).unlink()
        reorder(folder / SORTED, folder / DECODER)
        (folder / SORTED).unlink()

    def _write_aligner(self, folder: Path) -> None:
        model, checkpoint = self._model, self._checkpoint
        write_tokenizer(folder / TOKENIZER, model, self._vocabulary)
        kind: EncoderKind = "fp32" if self._kept == "f32" else "int8"
        write_aligner(folder / CLASSIFIER, model.text, model.n_classes, checkpoint, kind)

    def _decoder_kind(self) -> KeptKind:
        if self._model.n_classes and self._order.decoder != "f32":
            return "int8"
        return self._order.decoder

    def _quantise(self, half: Path, target: Path, kind: Kind) -> None:
        """Let llama.cpp quantise, and count what it writes."""
        n, row, counted = sizes(self._model).decoder, self._model.text.width, 0
        whole = n * DECODER_BYTES[kind]

        def look() -> None:
            nonlocal counted
            written = target.stat().st_size if target.exists() else 0
            now = min(4 * n, round(4 * n * written / whole))
            self._progress.add(now - counted)
            counted = now

        def work() -> None:
            n_threads, rough_head = self._order.n_threads, self._rough_head
            quantise(half, target, kind, row=row, n_threads=n_threads, rough_head=rough_head)

        left_alone(work, look)
        self._progress.add(4 * n - counted)


def _counted(progress: Progress) -> Callable[[int, int], None]:
    """Tell how many bytes came since it was last told."""
    before = 0

    def count(done: int, _: int) -> None:
        nonlocal before
        progress.add(done - before)
        before = done

    return count


def _bytes_of(paths: Sequence[Path]) -> int:
    return sum(path.stat().st_size for path in paths)
