"""Train the tiny speech models from nothing: `python -m tests.tiny.train OUT`.

Speaks the corpus, learns the tokenizer, trains the recogniser and then the aligner on the
CPU for a set time, and writes `OUT/tiny-qwen3-asr/` and `OUT/tiny-qwen3-aligner/`.
README.md beside this file says what to expect.
"""

from __future__ import annotations

import argparse
import logging
import math
import time
from dataclasses import dataclass, fields
from multiprocessing import Pool
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import torch
from torch.utils.data import DataLoader
from transformers import Qwen3ASRForConditionalGeneration

from tests.tiny.aligner import N_CLASSES, AlignerTeacher, AlignmentExamples, accuracy
from tests.tiny.corpus import spoken_lines, write_shard
from tests.tiny.examples import Examples, n_heard_classes
from tests.tiny.learning import Learner, Pace
from tests.tiny.model import Teacher, new_aligner, new_model, save_model
from tests.tiny.recognition import held_out, word_error_rates
from tests.tiny.tokenizer import train_tokenizer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tokenizers import Tokenizer

    from tests.tiny.model import Batch

N_SHARDS: Final = 24
GENTLE_MINUTES: Final = 3  # on short clips alone
SHORT_S: Final = 2.2
RECOGNISER: Final = "tiny-qwen3-asr"
ALIGNER: Final = "tiny-qwen3-aligner"

_log = logging.getLogger(__name__)


def synthesise(folder: Path) -> list[Path]:
    """Speak the corpus on all cores; shards that are there already are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    shards = [folder / f"{at:02d}" for at in range(N_SHARDS)]
    missing = [shard for shard in shards if not shard.with_suffix(".jsonl").exists()]
    with Pool(maxtasksperchild=1) as pool:
        pool.map(_write, missing, chunksize=1)
    return shards


def _write(shard: Path) -> None:
    write_shard(shard, spoken_lines(int(shard.name)))


def train_recogniser(
    shards: Sequence[Path], tokenizer: Tokenizer, out: Path, pace: Pace, start: Path | None
) -> None:
    """Train from nothing, or on from a checkpoint; the best average of the weights is saved."""
    torch.manual_seed(0)
    teacher = Teacher(new_model(tokenizer), n_heard_classes())
    if start:
        teacher.load_state_dict(torch.load(start), strict=False)
    clips = held_out(40)
    best = math.inf

    def evaluate(average: Any) -> None:
        nonlocal best
        rates = word_error_rates(average.model, tokenizer, clips)
        _log.info("word error rates: %s", rates)
        torch.save(average.state_dict(), out / "last.pt")
        mean = sum(rates.values()) / len(rates)
        if mean <= best:
            best = mean
            save_model(average.model, tokenizer, out / RECOGNISER)

    gentle_minutes = 0 if start else GENTLE_MINUTES
    Learner(teacher, pace).learn(_batches(shards, tokenizer, gentle_minutes), evaluate)


def _batches(
    shards: Sequence[Path], tokenizer: Tokenizer, gentle_minutes: float
) -> Iterator[Batch]:
    began_s = time.monotonic()
    for short_s, minutes in ((SHORT_S, gentle_minutes), (None, math.inf)):
        examples = Examples(shards, tokenizer, seed=len(shards), short_s=short_s)
        if minutes:
            for batch in DataLoader(examples, batch_size=None, num_workers=1, prefetch_factor=64):
                yield batch
                if time.monotonic() - began_s > 60 * minutes:
                    break


def train_aligner(shards: Sequence[Path], tokenizer: Tokenizer, out: Path, pace: Pace) -> None:
    """Teach the recogniser that was saved to place words."""
    torch.manual_seed(0)
    recogniser = Qwen3ASRForConditionalGeneration.from_pretrained(
        out / RECOGNISER, dtype=torch.float32
    )
    clips = held_out(30)

    def evaluate(average: Any) -> None:
        for field in fields(clips):
            reached = accuracy(average.model, tokenizer, getattr(clips, field.name))
            _log.info("%s: %s", field.name, reached)
        save_model(average.model, tokenizer, out / ALIGNER)

    examples = AlignmentExamples(shards, tokenizer, seed=1)
    loader = DataLoader(examples, batch_size=None, num_workers=1, prefetch_factor=64)
    teacher = AlignerTeacher(new_aligner(recogniser, N_CLASSES))
    Learner(teacher, pace).learn(loader, evaluate)


@dataclass(frozen=True, slots=True)
class Options:
    """The command line."""

    out: Path
    corpus: Path | None
    start: Path | None
    threads: int
    minutes: float
    aligner_minutes: float
    rate: float


def _options() -> Options:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--corpus", type=Path, help="where shards are kept (default: OUT/corpus)")
    parser.add_argument("--start", type=Path, help="a last.pt to go on from")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=45, help="for the recogniser")
    parser.add_argument("--aligner-minutes", type=float, default=15)
    parser.add_argument("--rate", type=float, default=1.5e-3, help="highest learning rate")
    return Options(**vars(parser.parse_args()))


def main() -> None:
    """Speak, train both models, save them."""
    options = _options()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    shards = synthesise(options.corpus or options.out / "corpus")
    tokenizer = train_tokenizer()
    if options.minutes:
        pace = Pace(options.minutes, options.rate)
        train_recogniser(shards, tokenizer, options.out, pace, options.start)
    if options.aligner_minutes:
        pace = Pace(options.aligner_minutes, 1e-3, evaluate_every_s=120)
        train_aligner(shards, tokenizer, options.out, pace)


if __name__ == "__main__":
    main()
